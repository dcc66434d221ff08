import type { NewsletterConfig } from '../../config';
import type { Context } from '../../context';
import { noteSource } from '../../storage';
import { takeFeedback, type FeedbackItem } from '../act';
import { readBrevo } from './brevo';
import { readGeneric } from './generic';
import { readMailgun } from './mailgun';
import { readPostmark } from './postmark';
import { readResend } from './resend';
import { readSendgrid } from './sendgrid';
import { readSes } from './ses';
import type {
  WebhookRefusal,
  Outside,
  ProviderEvent,
  ProviderName,
  ReadWebhook,
  WebhookRequest,
} from './types';

const READERS: { [N in ProviderName]: ReadWebhook<N> } = {
  ses: readSes,
  sendgrid: readSendgrid,
  mailgun: readMailgun,
  postmark: readPostmark,
  brevo: readBrevo,
  resend: readResend,
  generic: readGeneric,
};

/** Providers that the configuration has. */
export const webhookProviders = ({ feedback }: Pick<NewsletterConfig, 'feedback'>): ProviderName[] =>
  (Object.keys(READERS) as ProviderName[]).filter((name) => feedback[name] !== undefined);

/** Octets of a body. SendGrid's largest batches have a few hundred kilobytes; SNS stays below 256 KiB. */
export const MAX_WEBHOOK_OCTETS = 2 * 1024 * 1024;

export type WebhookContext = Pick<Context, 'knex' | 'emit' | 'log' | 'tokens' | 'config'>;

const REAL: Outside = { fetch: (...args) => fetch(...args), now: Date.now };

/**
 * Takes one request of a provider: verified, understood, and committed when this resolves.
 * @param provider of the path; may be anything
 * @returns how many events counted; null: this provider is not configured
 * @throws WebhookRefusal for what is not genuine or cannot be read; the database's error when it is away
 */
export async function receiveWebhook(
  ctx: WebhookContext,
  provider: string,
  request: WebhookRequest,
  outside: Outside = REAL,
): Promise<{ taken: number; ignored: number } | null> {
  const name = webhookProviders(ctx.config).find((one) => one === provider);
  if (!name) return null;
  const { events, warning } = await read(name, ctx.config, request, outside);
  const results = await takeFeedback(
    ctx,
    events.map((event) => itemOf(ctx, name, event)),
  );
  const taken = results.filter(({ result }) => result === 'applied' || result === 'held').length;
  const ignored = results.length - taken;
  const note = { seenAt: outside.now(), taken, ignored, ...(warning ? { error: warning } : {}) };
  await noteSource(ctx.knex, 'webhook', name, note);
  if (warning) ctx.log.warn(`newsletter: webhook ${name}: ${warning}`);
  return { taken, ignored };
}

/** Shows in the panel that a configured webhook was called in vain. For callers that keep the number of calls low. */
export async function noteRefusal(
  ctx: Pick<Context, 'knex' | 'config'>,
  provider: string,
  refusal: WebhookRefusal,
): Promise<void> {
  if (!webhookProviders(ctx.config).some((one) => one === provider)) return;
  await noteSource(ctx.knex, 'webhook', provider, { refused: 1, error: refusal.message });
}

async function read<N extends ProviderName>(
  name: N,
  { feedback }: Pick<NewsletterConfig, 'feedback'>,
  request: WebhookRequest,
  outside: Outside,
) {
  const reader: ReadWebhook<N> = READERS[name];
  return reader(request, feedback[name]!, outside);
}

/** A mark of ours in it says exactly which mail; else the provider's word for the address counts, since it signed. */
function itemOf(
  { tokens }: Pick<Context, 'tokens'>,
  name: ProviderName,
  { id, marks, evidence, ...event }: ProviderEvent,
): FeedbackItem {
  const deliveryId = marks.map((mark) => readMark(tokens, mark)).find((found) => found !== null) ?? null;
  return {
    ...event,
    source: { way: 'webhook', name },
    eventId: id,
    deliveryId,
    proof: deliveryId === null ? 'provider' : 'message-id',
    evidence: JSON.stringify(evidence),
  };
}

/** A Message-ID with or without brackets, or its left side alone. */
function readMark(tokens: Pick<Context['tokens'], 'readMessageId'>, mark: string | null): number | null {
  if (!mark || mark.length > 998) return null;
  return tokens.readMessageId(mark.includes('@') ? mark : `${mark}@`);
}
