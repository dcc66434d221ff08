import type { PacingReason } from '../../../../shared/contracts';

/** What a receiver may get, as it is configured or as its table says. */
export interface Limits {
  /** Connections over all processes; over a relay, messages at the same time. Infinity: no limit. */
  connections: number;
  /** Messages over one connection. */
  messagesPerConnection: number;
  /** Messages per second over all processes. Infinity: no limit. */
  messagesPerSecond: number;
  /** Whether encryption is required; undefined: as the transport says. */
  requireTLS?: boolean;
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
  /** When it was said, milliseconds since 1970; 0: never. */
  at: number;
  /** Refusals in a row that made it slower or narrower. */
  cuts: number;
  /** Suspensions in a row without an accepted message between them. */
  suspensions: number;
  /** When the first of them began; 0: none. */
  refusingSince: number;
}
