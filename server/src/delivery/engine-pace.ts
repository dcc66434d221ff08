import type { SendOutcome } from './types';

/**
 * An upper bound of a rate. Messages are spread evenly: at most a tenth of a second's worth may catch up after a pause,
 * so that timers' coarseness does not lower the rate and a pause is not followed by a burst.
 */
export class Pace {
  private next = 0;

  /** @param perSecond Infinity: no bound */
  constructor(public perSecond: number) {}

  /** Milliseconds until the next message may go; 0: now. */
  wait(now = Date.now()): number {
    return Math.max(0, Math.ceil(this.next - now));
  }

  /** Counts a message. Call it when `wait` said 0. */
  take(now = Date.now()): void {
    this.next = Math.max(this.next, now - 100) + 1000 / this.perSecond;
  }
}

const FAILURES_BEFORE_REST = 3;
const FIRST_REST_MS = 2_000;
const LONGEST_REST_MS = 300_000;

/**
 * Backs off from a server that cannot be reached instead of hammering it: after three messages in a row for which there
 * was no session, it rests, twice as long each time, and then lets one message try.
 */
export class Breaker {
  private failures = 0;
  private rests = 0;
  private until = 0;
  private probing = false;
  /** The last failure to get a session; null when the last message reached the server. */
  lastError: string | null = null;
  /** Whether any message has had an answer or a failure yet. */
  used = false;
  /** When, in milliseconds since 1970. */
  usedAt = 0;

  /** Milliseconds until a message may try; 0: now. */
  wait(now = Date.now()): number {
    if (this.failures < FAILURES_BEFORE_REST) return 0;
    if (now < this.until) return this.until - now;
    return this.probing ? 250 : 0;
  }

  /** Nothing may try now, one that probes aside. */
  isResting(now = Date.now()): boolean {
    return this.failures >= FAILURES_BEFORE_REST && now < this.until;
  }

  /** Call when a message is about to try. */
  begin(): void {
    if (this.failures >= FAILURES_BEFORE_REST) this.probing = true;
  }

  /** Call when nothing was sent after all. */
  cancel(): void {
    this.probing = false;
  }

  report(outcome: SendOutcome, now = Date.now()): void {
    this.used = true;
    this.usedAt = now;
    this.probing = false;
    if (!withoutSession(outcome)) {
      this.failures = 0;
      this.rests = 0;
      this.lastError = null;
      return;
    }
    this.lastError = outcome.kind === 'refused' ? outcome.reply.text : outcome.message;
    this.failures += 1;
    // Of messages that failed together, only the first one lengthens the rest.
    if (this.failures < FAILURES_BEFORE_REST || now < this.until) return;
    this.until = now + Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** Math.min(this.rests, 10));
    this.rests += 1;
  }
}

function withoutSession(outcome: SendOutcome): outcome is Extract<SendOutcome, { kind: 'lost' | 'refused' }> {
  if (outcome.kind !== 'lost' && outcome.kind !== 'refused') return false;
  return outcome.stage === 'connect' || outcome.stage === 'tls' || outcome.stage === 'auth';
}
