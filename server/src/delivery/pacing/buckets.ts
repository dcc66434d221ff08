import { Pace } from '../engine-pace';

/** A number of messages in a number of whole seconds: what the shared store counts in. */
export interface Window {
  points: number;
  seconds: number;
}

/** Tokens that all processes share. */
export interface TokenStore {
  /**
   * Takes up to `wanted` tokens of a window.
   * @returns how many it got, and when there are more, in milliseconds from now
   * @throws Error when the store does not answer
   */
  take(key: string, wanted: number, window: Window): Promise<{ granted: number; moreInMs: number }>;
}

/** What the buckets of a process have in common. */
export interface BucketEnv {
  /** Null: this process sends alone, so that its own pace is exact. */
  store: TokenStore | null;
  /** Processes that send: each takes its share while the store is away. */
  processes(): number;
  /** Told when the store stops answering, and when it answers again. */
  onStore(error: Error | null): void;
}

/** At most one in so many parts of a window is leased at once, and no more than so many tokens. */
const PARTS = 8;
const MOST_LEASED = 50;
const STORE_AWAY_MS = 1_000;
const POLL_MS = 5;
const LONGEST_SECONDS = 10;

/** The window that comes within 2 % of a rate, as short as possible: a short one has the smallest bursts. */
export function windowOf(perSecond: number): Window {
  if (perSecond < 1 / LONGEST_SECONDS) return { points: 1, seconds: Math.ceil(1 / perSecond) };
  let best: Window = { points: 1, seconds: LONGEST_SECONDS };
  for (let seconds = 1; seconds <= LONGEST_SECONDS; seconds++) {
    const points = Math.floor(perSecond * seconds + 1e-9);
    if (points === 0) continue;
    if (points / seconds >= perSecond * 0.98) return { points, seconds };
    if (points / seconds > best.points / best.seconds) best = { points, seconds };
  }
  return best;
}

/**
 * A rate over all processes. Tokens are leased in chunks ahead of need, so that the hot loop asks nobody, and spent evenly:
 * no burst of a whole window. While the store is away, each process takes its share of the rate.
 */
export class Bucket {
  private readonly pace: Pace;
  private window: Window;
  private tokens = 0;
  /** Leased tokens are not kept for a later window. */
  private expireAt = 0;
  private askAgainAt = 0;
  private asking = false;
  private away = false;

  constructor(
    private readonly key: string,
    private rate: number,
    private readonly env: BucketEnv,
  ) {
    this.pace = new Pace(rate);
    this.window = windowOf(rate);
  }

  get perSecond(): number {
    return this.rate;
  }

  set perSecond(rate: number) {
    if (rate === this.rate) return;
    this.rate = rate;
    this.pace.perSecond = rate;
    this.window = windowOf(rate);
    this.tokens = 0;
  }

  /** Milliseconds until the next message may go; 0: now. */
  wait(now: number): number {
    if (this.env.store === null) return this.pace.wait(now);
    if (this.away) {
      this.pace.perSecond = this.rate / Math.max(1, this.env.processes());
      this.lease(now);
      return this.pace.wait(now);
    }
    if (now >= this.expireAt) this.tokens = 0;
    if (this.tokens === 0) {
      this.lease(now);
      return Math.max(POLL_MS, this.askAgainAt - now, this.pace.wait(now));
    }
    return this.pace.wait(now);
  }

  /** Counts a message. Call it when `wait` said 0. */
  take(now: number): void {
    this.pace.take(now);
    if (this.env.store === null || this.away) return;
    if (this.tokens > 0) this.tokens -= 1;
    if (this.tokens * 2 < this.chunk()) this.lease(now);
  }

  private chunk(): number {
    return Math.max(1, Math.min(MOST_LEASED, Math.floor(this.window.points / PARTS)));
  }

  private lease(now: number): void {
    if (this.asking || now < this.askAgainAt || !this.env.store) return;
    this.asking = true;
    const { window } = this;
    this.env.store
      .take(this.key, this.chunk(), window)
      .then(
        ({ granted, moreInMs }) => {
          const at = Date.now();
          if (this.away) this.env.onStore(null);
          this.away = false;
          this.pace.perSecond = this.rate;
          if (window !== this.window) return;
          if (granted > 0) {
            this.tokens += granted;
            this.expireAt = at + window.seconds * 1000;
            this.askAgainAt = 0;
          } else {
            this.askAgainAt = at + Math.max(POLL_MS, moreInMs);
          }
        },
        (error: Error) => {
          if (!this.away) this.env.onStore(error);
          this.away = true;
          this.askAgainAt = Date.now() + STORE_AWAY_MS;
        },
      )
      .finally(() => (this.asking = false));
  }
}
