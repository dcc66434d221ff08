import { createHash } from 'node:crypto';
import { REASON_CLASS, type FeedbackKind, type Reason } from '../../../../shared/contracts';
import type { Context } from '../../context';
import { findEventDelivery } from '../../storage';
import { takeFeedback, type FeedbackItem, type FeedbackResult } from '../act';
import { parseReport, type ParsedReport, type ReportRecipient } from '../report';
import { evidenceOf } from './evidence';
import { isOurAddress, readUnsubscribe, verifyMarks, type Proven } from './marks';
import type { InboundMail, InboundResult } from './types';

/** A mail that has been to so many servers is in a loop (RFC 5321 §6.3 counts the same way). */
const MAX_RECEIVED = 30;
/** Recipients of one report that is not about a mail of ours: kept for a person to look at. */
const MAX_STRANGERS = 5;
/** Addresses of a mail in a mailbox among which one of ours is looked for. */
const MAX_ADDRESSES = 50;
const DAY_MS = 24 * 3_600_000;

/**
 * Understands a mail that came in and acts on it: its effect is committed when this resolves, and the same mail again has
 * none. Nothing is ever answered (RFC 3834): there is nothing here that could send.
 * @throws what the database throws when it is away: the mail must be offered again
 */
export async function takeMail(ctx: Context, mail: InboundMail): Promise<InboundResult> {
  const report = await parseReport(mail.raw);
  if (report.received > MAX_RECEIVED) return { outcome: 'ignored', why: 'loop' };
  const from = [mail.envelope?.from, report.from].filter((address) => typeof address === 'string');
  if (from.some((address) => isOurAddress(ctx.tokens, address)))
    return { outcome: 'ignored', why: 'own-mail' };

  const leaving = unsubscribeItem(ctx, mail, report);
  if (leaving === 'auto-reply') return { outcome: 'ignored', why: leaving };
  if (leaving) return resultOf(await takeFeedback(ctx, [leaving]));

  const kind = kindOf(report);
  const proven = verifyMarks(ctx.tokens, mail.envelope?.to ?? null, report.ours);
  if (kind === null) {
    // A reply shows our Message-ID, too, and its reader is a person.
    const isStrange = proven.proof === null || isPersonal(report);
    return { outcome: isStrange ? 'strange' : 'ignored', why: 'no-report' };
  }
  if (kind === 'bounce' && (await isTooOld(ctx, proven))) return { outcome: 'ignored', why: 'too-old' };
  const result = resultOf(await takeFeedback(ctx, itemsOf(mail, report, kind, proven)));
  return proven.proof === null ? { ...result, outcome: 'strange' } : result;
}

/**
 * A mail to an address of List-Unsubscribe takes the person off, whatever it says. Not so a machine's answer or a bounce:
 * nobody asked for anything.
 */
function unsubscribeItem(
  { tokens }: Pick<Context, 'tokens'>,
  mail: InboundMail,
  report: ParsedReport,
): FeedbackItem | 'auto-reply' | null {
  const to = mail.envelope ? [mail.envelope.to] : report.ours.addresses.slice(0, MAX_ADDRESSES);
  const claim = to.map((address) => readUnsubscribe(tokens, address)).find((found) => found !== null);
  if (!claim) return null;
  if (mail.envelope?.from === '' || !isPersonal(report)) return 'auto-reply';
  return {
    ...itemOf(mail, report, 'unsubscribe'),
    deliveryId: claim.deliveryId,
    addressHash: claim.addressHash,
    proof: 'verp',
  };
}

/** A mail app that unsubscribes for its user may say that it is a program; its subject is the one of our link. */
const isPersonal = ({ kind, autoSubmitted }: ParsedReport) =>
  kind === 'unsubscribe' || (kind === 'other' && !autoSubmitted);

function kindOf({ kind, feedbackType }: ParsedReport): FeedbackKind | null {
  // RFC 6591 tells a domain that its authentication failed: no person said anything
  if (kind === 'other' || feedbackType === 'auth-failure') return null;
  return kind === 'complaint' && feedbackType === 'not-spam' ? 'not-spam' : kind;
}

async function isTooOld({ knex, config }: Context, { deliveryId }: Proven): Promise<boolean> {
  const delivery = deliveryId === null ? null : await findEventDelivery(knex, deliveryId);
  const since = delivery?.settledAt ?? Infinity;
  return since < Date.now() - config.bounce.maxAgeDays * DAY_MS;
}

/** A mail of ours has one recipient, so that a report on it is about one, whoever the address was forwarded to. */
function itemsOf(
  mail: InboundMail,
  report: ParsedReport,
  kind: FeedbackKind,
  proven: Proven,
): FeedbackItem[] {
  const { recipients } = report;
  const told = proven.proof === null ? recipients.slice(0, MAX_STRANGERS) : mildest(recipients);
  const common = { ...itemOf(mail, report, kind), ...proven };
  if (told.length === 0) return [common];
  return told.map((recipient, nth) => ({
    ...common,
    eventId: `${common.eventId}.${nth}`,
    recipient: recipient.recipient,
    reason: recipient.reason,
    class: recipient.class,
    severity: recipient.severity,
    replyCode: Number(recipient.replyCode) || null,
    status: recipient.status || null,
    text: recipient.text || null,
  }));
}

const MILD_FIRST = ['none', 'block', 'soft', 'hard'];

/** When an alias has living members, the dead one among them is not the person that we mailed. */
function mildest(recipients: readonly ReportRecipient[]): ReportRecipient[] {
  return [...recipients]
    .sort((a, b) => MILD_FIRST.indexOf(a.severity) - MILD_FIRST.indexOf(b.severity))
    .slice(0, 1);
}

/** What all recipients of a report share. */
function itemOf(mail: InboundMail, report: ParsedReport, kind: FeedbackKind): FeedbackItem {
  const reason = REASON_OF[kind] ?? 'undefined';
  const addresses = report.recipients.map(({ recipient }) => recipient);
  return {
    source: mail.source,
    eventId: createHash('sha256').update(mail.raw).digest('base64url'),
    kind,
    deliveryId: null,
    proof: null,
    addressHash: null,
    recipient: null,
    reason,
    class: REASON_CLASS[reason],
    severity: 'none',
    replyCode: null,
    status: null,
    text: null,
    reporter: report.reporter,
    feedbackType: report.feedbackType,
    at: mail.receivedAt,
    evidence: evidenceOf(mail.raw, addresses),
  };
}

const REASON_OF: Partial<Record<FeedbackKind, Reason>> = {
  complaint: 'feedback',
  delivered: 'delivered',
  'auto-reply': 'vacation',
};

function resultOf(results: readonly FeedbackResult[]): InboundResult {
  const first = results[0]!;
  const outcome = results.some(({ result }) => result === 'applied' || result === 'held')
    ? 'taken'
    : results.every(({ result }) => result === 'unmatched')
      ? 'strange'
      : 'ignored';
  return { outcome, why: first.why };
}
