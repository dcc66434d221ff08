import type { NewsletterConfig } from '../../config';
import type { Context } from '../../context';
import { bindWebhookToken, noteSource } from '../../storage';
import { takeFeedback, type FeedbackItem } from '../act';
import { readBrevo } from './brevo';
import { readGeneric } from './generic';
import { readMailgun } from './mailgun';
import { readPostmark } from './postmark';
import { readResend } from './resend';
import { readSendgrid } from './sendgrid';
import { readSes } from './ses';
import {
  WebhookRefusal,
  type Outside,
  type ProviderEvent,
  type ProviderName,
  type ReadWebhook,
  type WebhookRequest,
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

const KIB = 1024;
/** Octets of a body of those that send one event at a time, and of those that send many. */
const ONE = 512 * KIB;
const MANY = 2048 * KIB;

/** What is read of a request before its signature, which for SNS and Mailgun is in the body, is known to be wrong. */
const MAX_OCTETS: Record<ProviderName, number> = {
  // 256 KiB of text (https://docs.aws.amazon.com/general/latest/gr/sns.html), of which JSON escapes each quote
  ses: 1024 * KIB,
  sendgrid: MANY,
  mailgun: ONE,
  postmark: ONE,
  brevo: MANY,
  resend: ONE,
  generic: MANY,
};

/** @returns octets that a request may have; null: this provider is not configured, and nothing of it need be read */
export function maxWebhookOctets(
  config: Pick<NewsletterConfig, 'feedback'>,
  provider: string,
): number | null {
  const name = webhookProviders(config).find((one) => one === provider);
  return name ? MAX_OCTETS[name] : null;
}

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
  const { events, warning, bound } = await read(name, ctx.config, request, outside);
  if (bound && !(await bindWebhookToken(ctx.knex, { provider: name, ...bound })))
    throw new WebhookRefusal(401, 'The token of the signature came with another event before.');
  const results = await takeFeedback(
    ctx,
    events.map((event) => itemOf(ctx, name, event)),
  );
  const taken = results.filter(({ result }) => result === 'applied' || result === 'held').length;
  const ignored = results.length - taken;
  const note = { taken, ignored, ...(warning ? { error: warning } : { seenAt: outside.now() }) };
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
  await noteSource(ctx.knex, 'webhook', provider, { refused: 1, refusal: refusal.message });
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
