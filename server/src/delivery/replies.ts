import { CLASS_SEVERITY } from '../../../shared/contracts';
import type { StateReason } from '../storage';
import { askedMs } from './pacing/controller';
import { replyClass, type ReplyClass } from './reply-rules';
import { lacksOwnAddress } from './transport-outcome';
import type { SendOutcome, SmtpReply, SmtpStage } from './types';

/** What an attempt means for the delivery, the person and the campaign. */
export interface Verdict {
  state: 'accepted' | 'deferred' | 'bounced' | 'failed' | 'in_doubt';
  /** Class of the refusal (`reply-rules.ts`), `expired` (`givenUpAs`) or `in-doubt`; null when accepted. */
  reason: string | null;
  /** For `deferred`: not tried again before this instant, in milliseconds since 1970. */
  nextAt?: number;
  /** True only when the address is dead. */
  suppress: boolean;
  /** Why the campaign cannot go on until a person has mended something: a sentence for an editor. */
  pauseCampaign: StateReason | null;
}

export interface AttemptFacts {
  /** 1 for the first attempt. */
  attempt: number;
  /**
   * When the 48 hours of retries began, milliseconds since 1970. Single mail: when it was queued. Delivery of a campaign:
   * its first attempt, or `now` as long as there were fewer than five (`engine-send.ts`).
   */
  firstQueuedAt: number;
  now: number;
  /** Recipient: some providers' words mean something else than everybody's. */
  email?: string;
  /** The server is the recipient's own: what it thinks of us says nothing about the others. */
  isDirect?: boolean;
  /** Milliseconds after `firstQueuedAt` after which "later" becomes "never"; 48 hours by default. */
  giveUpMs?: number;
  /** 0 ≤ x < 1; `Math.random` by default. */
  random?: () => number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Minutes to wait after the first, second, … attempt; the last one repeats. */
const BACK_OFF = [5, 15, 30, 60, 120, 240];
/** After a connection that was lost before the message was written: nothing speaks against a quick second try. */
const BACK_OFF_LOST = [1, 2, 5, 15, 30, 60, 120];
export const GIVE_UP_AFTER = 48 * HOUR;
const JITTER = 0.2;
/**
 * So many times a server is taken at its word for how long to wait, if it asks for a minute at least; then only for longer than
 * the table does. Some ask for a minute for days, and who comes each minute for two days is blocked.
 */
const ASKED_ATTEMPTS = 3;

/** Minutes that a class waits at least. A reputation needs time to recover; a fast mailbox half an hour. */
const AT_LEAST: Partial<Record<ReplyClass, number>> = { rate: 30, reputation: 60 };

/** Refusals that are about us: the same message goes out when the cause is mended. */
const RETRIED_WHEN_PERMANENT: readonly ReplyClass[] = [
  'authentication',
  'sender',
  'reputation',
  'rate',
  'network',
];

/** At MAIL a size is refused for whoever it is: everybody else's mail is about as large. */
const isTooLargeForServer = (stage: SmtpStage, reason: ReplyClass) => stage === 'mail' && reason === 'size';

/**
 * Judges one attempt. Pure but for the jitter. The rules: only a dead address is suppressed; a temporary refusal waits by
 * the back-off table and is given up `giveUpMs` (48 hours) after `firstQueuedAt`; a refusal that is about our login, domain or sender
 * pauses the campaign and costs no recipient, unless it may be one receiver's alone: that waits as a temporary one does;
 * what may have been accepted is never sent again by itself.
 */
export function classify(outcome: SendOutcome, facts: AttemptFacts): Verdict {
  switch (outcome.kind) {
    case 'accepted':
      return { state: 'accepted', reason: null, suppress: false, pauseCampaign: null };
    case 'unknown':
      return IN_DOUBT;
    case 'lost':
      return deferred(
        lostReason(outcome.stage),
        facts,
        BACK_OFF_LOST,
        lostPause(outcome.stage, outcome.message, facts),
      );
    case 'refused':
      return refused(outcome.stage, outcome.reply, facts);
  }
}

const IN_DOUBT: Verdict = { state: 'in_doubt', reason: 'in-doubt', suppress: false, pauseCampaign: null };

function refused(stage: SmtpStage, reply: SmtpReply, facts: AttemptFacts): Verdict {
  const reason = replyClass(stage, reply, facts.email);
  // A 421 without further words after the final dot is a server that goes away: whether it kept the message is unknown;
  // with words (Gmail's rate limits come there) it is a refusal.
  if (stage === 'dot' && reply.code === 421 && reason === 'network') return IN_DOUBT;
  const permanent = reply.code >= 500;
  if (!permanent) return deferred(reason, facts, BACK_OFF, null, askedMs(reply.text));
  if (RETRIED_WHEN_PERMANENT.includes(reason) || (isTooLargeForServer(stage, reason) && !facts.isDirect))
    return deferred(reason, facts, BACK_OFF, pauseSentence(stage, reason, reply, facts));
  if (reason === 'protocol' && facts.attempt === 1) return deferred(reason, facts, BACK_OFF, null);
  return { state: 'bounced', reason, suppress: reason === 'invalid', pauseCampaign: null };
}

function deferred(
  reason: ReplyClass,
  facts: AttemptFacts,
  table: number[],
  pauseCampaign: StateReason | null,
  asked: number | null = null,
): Verdict {
  const wait = table[Math.min(facts.attempt, table.length) - 1]!;
  const minutes = Math.max(wait, AT_LEAST[reason] ?? 0);
  const random = (facts.random ?? Math.random)();
  const isHeard = asked !== null && (facts.attempt <= ASKED_ATTEMPTS || asked > minutes * MINUTE);
  // A greylist lets nobody in before its five minutes are over.
  const unasked = reason === 'greylist' && facts.attempt === 1 ? 5 * MINUTE : null;
  const least = isHeard ? Math.max(asked, MINUTE) : unasked;
  const ms =
    least === null ? minutes * MINUTE * (1 - JITTER + 2 * JITTER * random) : least * (1 + JITTER * random);
  const nextAt = Math.round(facts.now + ms);
  if (facts.now - facts.firstQueuedAt >= (facts.giveUpMs ?? GIVE_UP_AFTER)) {
    return { state: 'failed', reason: givenUpAs(reason), suppress: false, pauseCampaign };
  }
  return { state: 'deferred', reason, nextAt, suppress: false, pauseCampaign };
}

/**
 * Reason of a delivery that is given up. `expired` counts against the mailbox (`audience/soft-bounces.ts`), so a refusal
 * that is about us keeps its class.
 */
const givenUpAs = (last: ReplyClass): ReplyClass | 'expired' =>
  CLASS_SEVERITY[last] === 'block' ? last : 'expired';

const lostReason = (stage: SmtpStage): ReplyClass => (stage === 'auth' ? 'authentication' : 'network');

/** A loss that waiting cannot cure: a certificate that is not trusted, a login that nodemailer cannot do, an address that we lack. */
function lostPause(stage: SmtpStage, message: string, { isDirect }: AttemptFacts): StateReason | null {
  if (lacksOwnAddress(message)) {
    return {
      sentence: `This machine does not have the address to send from (${message}). Ask the operator to check localAddress of the transport, then resume.`,
      cause: { id: 'no-local-address', values: { message } },
    };
  }
  if (isDirect) return null;
  if (stage === 'tls' && /certificate|self[- ]signed|altname/i.test(message)) {
    return {
      sentence: `The mail server's certificate is not trusted (${message}). Ask the operator to mend the transport's TLS settings, then resume.`,
      cause: { id: 'untrusted-certificate', values: { message } },
    };
  }
  if (stage === 'auth') {
    return {
      sentence: `Logging in to the mail server failed (${message}). Ask the operator to check the transport's login, then resume.`,
      cause: { id: 'login-failed', values: { message } },
    };
  }
  return null;
}

/**
 * From here on a refusal may be the whim of one receiver, or the malice of one subscriber, and must not stop the mail to
 * all the others; that many, or a large receiver, say the same is what the guards of campaigns look at.
 */
const ONE_RECEIVER: readonly SmtpStage[] = ['rcpt', 'data', 'dot'];

function pauseSentence(
  stage: SmtpStage,
  reason: ReplyClass,
  reply: SmtpReply,
  { isDirect }: AttemptFacts,
): StateReason | null {
  if (isDirect || ONE_RECEIVER.includes(stage)) return null;
  const said = [reply.code, reply.status, reply.text].filter(Boolean).join(' ').slice(0, 300);
  if (isTooLargeForServer(stage, reason)) {
    return {
      sentence: `The mail server does not take mails of this size: "${said}". Make the newsletter shorter or ask the operator to raise the server's limit, then resume; nobody was lost.`,
      cause: { id: 'too-large', values: { said } },
    };
  }
  if (reason === 'authentication') {
    return {
      sentence: `A mail server refused us because of our login or the authentication of our domain: "${said}". Ask the operator to check the transport's login and the SPF, DKIM and DMARC records, then resume; nobody was lost.`,
      cause: { id: 'not-authenticated', values: { said } },
    };
  }
  if (reason === 'sender') {
    return {
      sentence: `A mail server does not accept the sender address: "${said}". Check the sender in Settings › Newsletter, then resume; nobody was lost.`,
      cause: { id: 'sender-refused', values: { said } },
    };
  }
  return null;
}
