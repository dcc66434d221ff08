import { emailKey } from '../../../shared/address';
import type { Sender, Settings } from '../../../shared/contracts';
import type { Context } from '../context';
import { findSender, loadSettings } from '../settings';
import { claimDueMails, settleMail, type ClaimedMail, type MailPayloads, type MailResult } from '../storage';
import { confirmMail, pageLanguage } from './mails-confirm';
import type { MessageBuilder } from './message';
import { classify, GIVE_UP_AFTER, type Verdict } from './replies';
import { oneLine } from './replies-parse';
import { routesOf, sendSingle } from './routes';
import type { SendOutcome, Transport } from './types';

/**
 * Sends the single mails that are due: claims up to `limit`, sends them at the same time, writes how each ended.
 * At least once: what may or may not have arrived is sent again, with the same Message-ID, so that nobody waits for a
 * confirmation in vain. Back-off and give-up as for campaigns; each failure leaves a sentence in its row.
 * @returns how many were claimed; 0: nothing is due
 */
export async function processDueMails(
  ctx: Context,
  transports: ReadonlyMap<string, Transport>,
  builder: MessageBuilder,
  { limit }: { limit: number },
): Promise<number> {
  const mails = await claimDueMails(ctx.knex, limit, leaseOf(ctx));
  if (mails.length === 0) return 0;
  const settings = await loadSettings(ctx.knex);
  await Promise.all(
    mails.map(async (mail) => {
      const result = await sendMail(ctx, transports, builder, settings, mail);
      await settleMail(ctx.knex, mail, result);
      if (result.state === 'failed')
        ctx.log.warn(`newsletter: mail ${mail.id} (${mail.kind}) failed: ${result.text}`);
    }),
  );
  return mails.length;
}

/** Longer than one attempt can take with the slowest transport. */
function leaseOf(ctx: Context): number {
  const slowest = Object.values(ctx.config.transports).map(
    ({ timeouts }) => timeouts.connect + timeouts.greeting + 2 * timeouts.socket,
  );
  return Math.max(60_000, ...slowest);
}

async function sendMail(
  ctx: Context,
  transports: ReadonlyMap<string, Transport>,
  builder: MessageBuilder,
  settings: Settings,
  mail: ClaimedMail,
): Promise<MailResult> {
  const sender = findSender(settings, null);
  if (!sender) return waiting(mail, 'There is no sender yet. Add one in Settings › Newsletter.');
  const routes = routesOf(transports, sender);
  if (routes.length === 0)
    return waiting(mail, `The sender "${sender.name}" has no transport. Check newsletter.config.transports.`);
  try {
    const message = await build(ctx, builder, settings, sender, mail);
    const { outcome, transport } = await sendSingle(routes, { ...message, urgent: true });
    return resultOf(outcome, mail, transport.type === 'mx');
  } catch (error) {
    // A key, a domain or an address that cannot be used now; a person may mend it within the 48 hours.
    return waiting(mail, (error as Error).message);
  }
}

function build(ctx: Context, builder: MessageBuilder, settings: Settings, sender: Sender, mail: ClaimedMail) {
  if (mail.kind !== 'confirm') throw new Error(`This version cannot send mails of the kind "${mail.kind}".`);
  const { addressHash, language, lists } = mail.payload as MailPayloads['confirm'];
  const url = ctx.urls.confirm({ subscriberId: mail.subscriberId, addressHash, deliveryId: null });
  return builder.buildPlain({
    from: sender,
    to: { email: mail.email },
    ...confirmMail(pageLanguage(language), lists, url, settings.brand),
    messageIdLocal: messageIdLocal(ctx, mail),
  });
}

/** The same for each attempt, not to be guessed, and never taken for a delivery's. */
function messageIdLocal(ctx: Context, mail: ClaimedMail): string {
  return `mail-${mail.id}.${ctx.tokens.addressHash(`mail ${mail.id} ${emailKey(mail.email)}`)}`;
}

function resultOf(outcome: SendOutcome, mail: ClaimedMail, isDirect: boolean): MailResult {
  if (outcome.kind === 'unknown') {
    return waiting(mail, `It is unknown whether the mail arrived; it is sent again (${outcome.message}).`);
  }
  const text =
    outcome.kind === 'lost'
      ? outcome.message
      : [outcome.reply.code, outcome.reply.status, outcome.reply.text].filter(Boolean).join(' ');
  const verdict = classify(outcome, { ...factsOf(mail), isDirect });
  switch (verdict.state) {
    case 'accepted':
      return { state: 'accepted', text: oneLine(text) };
    case 'deferred':
      return { state: 'queued', nextAt: verdict.nextAt, text: oneLine(text) };
    case 'in_doubt':
      return waiting(mail, `It is unknown whether the mail arrived; it is sent again (${text}).`);
    case 'bounced':
    case 'failed':
      return { state: 'failed', text: oneLine(`${sentenceOf(verdict)} ${text}`) };
  }
}

/** Tried again by the back-off table, or given up when it is too late for that. */
function waiting(mail: ClaimedMail, text: string): MailResult {
  const verdict = classify(
    { kind: 'refused', stage: 'rcpt', reply: { code: 450, status: null, text: '' } },
    factsOf(mail),
  );
  if (verdict.state === 'deferred') return { state: 'queued', nextAt: verdict.nextAt, text: oneLine(text) };
  return { state: 'failed', text: oneLine(`${sentenceOf(verdict)} ${text}`) };
}

const factsOf = (mail: ClaimedMail) => ({
  attempt: mail.attempt,
  firstQueuedAt: mail.createdAt,
  now: Date.now(),
  email: mail.email,
});

function sentenceOf(verdict: Verdict): string {
  if (verdict.state === 'failed') return `Given up after ${GIVE_UP_AFTER / 3_600_000} hours.`;
  if (verdict.reason === 'invalid') return 'The address does not exist.';
  return 'The mail server refused the mail.';
}
