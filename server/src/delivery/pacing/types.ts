import type { PacingReason } from '../../../../shared/contracts';
import type { SendOutcome, Site, Transport } from '../types';

/** What a receiver may get, as it is configured or as its table says. */
export interface Limits {
  /** Connections over all processes; over a relay, messages at the same time. Infinity: no limit. */
  connections: number;
  /** Messages over one connection. */
  messagesPerConnection: number;
  /** Messages per second over all processes. Infinity: no limit. */
  messagesPerSecond: number;
}

/** What was learned about one destination from one source: kept in a table, the same in all processes. */
export interface Learned {
  /** Messages at the same time over all processes; Infinity: nothing was learned. */
  limit: number;
  /** Messages per second over all processes; Infinity: nothing was learned. */
  rate: number;
  /** When the rate is forgotten, milliseconds since 1970; 0: there is none. */
  rateUntil: number;
  /** Nothing is sent before, milliseconds since 1970; 0: not suspended. */
  suspendedUntil: number;
  reason: PacingReason | null;
  /** What was said: code, status, text. */
  reply: string | null;
  /** When it was said, milliseconds since 1970. */
  at: number;
  /** Refusals in a row that made it slower or narrower. */
  cuts: number;
  /** Suspensions in a row without an accepted message between them. */
  suspensions: number;
  /** When the first of them began; 0: none. */
  refusingSince: number;
}

/**
 * One destination as one source sees it, in this process. Nothing here waits or asks anybody: the hot loop calls it for
 * each message.
 */
export interface Lane {
  readonly source: string;
  readonly destination: string;
  /** Milliseconds until a message may go, 0: now. Infinity: when one that is on its way has its reply. */
  wait(now: number): number;
  /** Set while nothing may go at all. */
  suspendedUntil(now: number): number | null;
  /** Counts a message that is about to be handed over; call it when `wait` said 0. */
  begin(now: number): void;
  /** Nothing was handed over after all. */
  cancel(): void;
  /** What became of it. */
  report(outcome: SendOutcome, startedAt: number, now: number): void;
}

/** All lanes of a process. */
export interface Pacer {
  /** The lane of an address's domain over a transport. Answers at once for a relay; an mx transport says the site. */
  lane(transport: Pick<Transport, 'name' | 'type'>, domain: string, site: Site | null): Lane;
}
