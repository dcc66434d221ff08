import type { PacingReason } from '../../../../shared/contracts';
import type { ReplyClass } from '../reply-rules';
import type { SmtpReply, Transport } from '../types';
import { DEFAULT_RULES, type ReplyRule } from './providers';
import type { Learned } from './types';

const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Where there is a limit to learn, it is begun with, and gone back to after a suspension. */
export const FIRST_LIMIT = 2;
/** Messages or connections at the same time before anything is learned. Infinity: a relay has nothing to learn until it refuses. */
export const firstLimit = (type: Transport['type']): number => (type === 'mx' ? FIRST_LIMIT : Infinity);
/** Learned limits of a relay above this are none: a process has no more messages in flight (`worker.slots`). */
const NO_LIMIT = 512;
/** A receiver that cannot be reached rests so many minutes, the first, second, … time in a row. */
const UNREACHABLE = [2, 5, 15, 30, 60];
/** Halved rates hold for so many minutes, after the first, second, … refusal in a row. */
const SLOWED = [15, 30, 60, 90];
const REPUTATION_MINUTES = 60;
/** Slower is no rate any more but a suspension. */
const SLOWEST = 1 / 60;
/** Messages per second, where nothing was accepted yet that could be halved. */
const UNMEASURED = 1;
const LONGEST_ASKED = 24 * HOUR;
/** A refusal so long after the last one is the first one again. */
const FORGOTTEN = 3 * HOUR;

/** What a refusal says about the destination as a whole. Null: nothing, only about its message or its recipient. */
export type Judgement =
  | { kind: 'suspend'; ms: number; reason: PacingReason }
  /** `perSecond` null: half of what it was. */
  | { kind: 'slow'; perSecond: number | null; ms: number | null; reason: PacingReason }
  /** Fewer at the same time. `to` null: half. */
  | { kind: 'narrow'; to: number | null; reason: PacingReason };

/** Counts how often a rule met within the last hour. */
export type CountHits = (rule: ReplyRule) => number;

/**
 * Reads a refusal. The order: a duration that the receiver names, the provider's own rules, rules for all, then the class.
 * @param hits counts this refusal, too
 */
export function judge(
  reply: SmtpReply,
  reason: ReplyClass,
  rules: readonly ReplyRule[],
  hits: CountHits,
): Judgement | null {
  const said = [reply.code, reply.status, reply.text].filter(Boolean).join(' ');
  // "Receiving mail at a rate": the mailbox of one person. Greylisting: strangers, one by one.
  const isAboutOne =
    reason === 'greylist' ||
    /\breceiving (?:e-?)?(?:mails?|messages?)\b/i.test(reply.text) ||
    reply.status === '4.2.1';
  if (isAboutOne) return null;
  const asked =
    reason === 'rate' || reason === 'reputation' || reply.code === 421 ? askedMs(reply.text) : null;
  if (asked !== null) return { kind: 'suspend', ms: asked, reason: 'asked' };
  for (const rule of [...rules, ...DEFAULT_RULES]) {
    if (rule.when.test(said) && hits(rule) >= (rule.times ?? 1)) return judgementOf(rule);
  }
  if (/too many (?:concurrent |simultaneous )?(?:smtp )?(?:connections|sessions)/i.test(reply.text)) {
    return { kind: 'narrow', to: null, reason: 'connections' };
  }
  // RFC 5321 §4.5.3.1.10: too many recipients in one session, which we never have.
  if (reply.status?.endsWith('.5.3')) return null;
  if (reason === 'reputation')
    return { kind: 'suspend', ms: REPUTATION_MINUTES * MINUTE, reason: 'reputation' };
  if (reason === 'rate') return { kind: 'slow', perSecond: null, ms: null, reason: 'rate' };
  // RFC 3463 §3.8: what is refused for now by a rule of the receiver.
  const isRule = reply.code === 421 || (reply.code < 500 && reply.status?.startsWith('4.7.'));
  return isRule ? { kind: 'narrow', to: null, reason: 'rate' } : null;
}

function judgementOf({ then, minutes, reason }: ReplyRule): Judgement {
  const ms = minutes * MINUTE;
  if ('suspend' in then) return { kind: 'suspend', ms, reason };
  if ('rate' in then) return { kind: 'slow', perSecond: then.rate / 60, ms, reason };
  return { kind: 'narrow', to: 1, reason };
}

/** "Try again in 30 minutes", "retry after 300 seconds", "wait 1 hour": as milliseconds, at most a day; null: no such words. */
export function askedMs(text: string): number | null {
  const found =
    /(?:try|retry|again|wait|come back|defer(?:red)?|blocked|suspended)\b[^.;]{0,40}?\b(?:in|after|for|at least|wait)\s+(?:about |another |at least )?(\d{1,5})\s*(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?)\b/i.exec(
      text,
    ) ?? /\b(?:wait|after)\s+(\d{1,5})\s*(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?)\b/i.exec(text);
  if (!found) return null;
  const unit = { s: SECOND, m: MINUTE, h: HOUR }[found[2]![0]!.toLowerCase() as 's' | 'm' | 'h'];
  const ms = Number(found[1]) * unit;
  return ms === 0 ? null : Math.min(LONGEST_ASKED, ms);
}

/** @param first Infinity for relays: there is nothing to learn until they refuse */
export const nothingLearned = (first: number): Learned => ({
  limit: first,
  rate: Infinity,
  rateUntil: 0,
  suspendedUntil: 0,
  reason: null,
  reply: null,
  at: 0,
  cuts: 0,
  suspensions: 0,
  refusingSince: 0,
});

export interface Moment {
  now: number;
  /** Messages on their way to the destination when it was said, over all processes. */
  load: number;
  /** Messages per second that it took lately, over all processes. */
  perSecond: number;
  /** What was said, or why it was not reached. */
  reply: string;
}

/** What is known after a refusal: half as many at the same time, half as fast, or nothing for a while. */
export function afterRefusal(known: Learned, judgement: Judgement, moment: Moment): Learned {
  const { now, load, perSecond, reply } = moment;
  const cuts = now - known.at > FORGOTTEN ? 0 : known.cuts;
  const half = Math.max(1, Math.floor(Math.min(known.limit, load) / 2));
  const next: Learned = { ...known, reason: judgement.reason, reply, at: now, cuts: cuts + 1 };
  switch (judgement.kind) {
    case 'narrow':
      return { ...next, limit: judgement.to ?? half };
    case 'slow': {
      const before = Math.min(known.rate, perSecond || UNMEASURED);
      const rate = Math.max(SLOWEST, judgement.perSecond ?? before / 2);
      const ms = judgement.ms ?? SLOWED[Math.min(cuts, SLOWED.length - 1)]! * MINUTE;
      // A rule that names a rate means a receiver that is angry: one connection is enough for it.
      return {
        ...next,
        rate: Math.min(known.rate, rate),
        rateUntil: now + ms,
        limit: judgement.perSecond === null ? half : 1,
      };
    }
    case 'suspend':
      return suspended(next, now + judgement.ms, now);
  }
}

/** After as many messages in a row that could not be handed to it as may be on their way: it rests longer each time. */
export function afterUnreachable(known: Learned, { now, reply }: Pick<Moment, 'now' | 'reply'>): Learned {
  const minutes = UNREACHABLE[Math.min(known.suspensions, UNREACHABLE.length - 1)]!;
  const next: Learned = { ...known, reason: 'network', reply, at: now };
  return suspended(next, now + minutes * MINUTE, now);
}

function suspended(next: Learned, until: number, now: number): Learned {
  return {
    ...next,
    suspendedUntil: Math.max(next.suspendedUntil, until),
    // It is tried again with a few.
    limit: Math.min(next.limit, FIRST_LIMIT),
    suspensions: next.suspensions + 1,
    refusingSince: next.refusingSince || now,
  };
}

/** After as many messages as the limit were taken without a refusal: one more at the same time. @param cap Infinity: none */
export function afterCohort(known: Learned, cap: number): Learned {
  const limit = Math.min(cap, known.limit + 1);
  const next = { ...known, limit: limit > NO_LIMIT ? Infinity : limit, suspensions: 0, refusingSince: 0 };
  return next;
}

/** What time alone undoes: a halved rate, once its minutes are over. */
export function afterTime(known: Learned, now: number): Learned {
  return known.rateUntil !== 0 && now >= known.rateUntil ? { ...known, rate: Infinity, rateUntil: 0 } : known;
}

/**
 * What holds when two processes learned at the same time: the more careful of both.
 */
export function moreCareful(a: Learned, b: Learned): Learned {
  const later = a.at >= b.at ? a : b;
  return {
    ...later,
    limit: Math.min(a.limit, b.limit),
    rate: Math.min(a.rate, b.rate),
    rateUntil: Math.max(a.rateUntil, b.rateUntil),
    suspendedUntil: Math.max(a.suspendedUntil, b.suspendedUntil),
    cuts: Math.max(a.cuts, b.cuts),
    suspensions: Math.max(a.suspensions, b.suspensions),
    refusingSince:
      a.refusingSince && b.refusingSince
        ? Math.min(a.refusingSince, b.refusingSince)
        : a.refusingSince || b.refusingSince,
  };
}
