import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  Bucket,
  windowOf,
  type BucketEnv,
  type TokenStore,
  type Window,
} from '../../../server/src/delivery/pacing/buckets';

beforeEach(() => void vi.useFakeTimers({ now: 1_800_000_000_000 }));
afterEach(() => void vi.useRealTimers());

/** A store as rate-limiter-flexible keeps it: fixed windows that begin with the first token. */
class Windows implements TokenStore {
  private readonly open = new Map<string, { used: number; until: number }>();
  calls = 0;
  error: Error | null = null;

  async take(key: string, wanted: number, { points, seconds }: Window) {
    this.calls += 1;
    await new Promise((resolve) => setTimeout(resolve, 2));
    if (this.error) throw this.error;
    const now = Date.now();
    let window = this.open.get(key);
    if (!window || now >= window.until) {
      this.open.set(key, (window = { used: 0, until: now + seconds * 1000 }));
    }
    const granted = Math.max(0, Math.min(wanted, points - window.used));
    window.used += wanted;
    return { granted, moreInMs: window.until - now };
  }
}

const env = (store: TokenStore | null, processes = 1): BucketEnv => ({
  store,
  processes: () => processes,
  onStore: () => {},
});

/** Sends as fast as the buckets let it, for so long; looks every `everyMs`. @returns when each message went */
async function run(buckets: Bucket[], forMs: number, everyMs = 5): Promise<number[]> {
  const sent: number[] = [];
  for (const end = Date.now() + forMs; Date.now() < end; await vi.advanceTimersByTimeAsync(everyMs)) {
    for (const bucket of buckets) {
      for (let n = 0; n < 1000 && bucket.wait(Date.now()) === 0; n++) {
        bucket.take(Date.now());
        sent.push(Date.now());
      }
    }
  }
  return sent;
}

/** The most in any window of so many milliseconds. */
function most(sent: number[], ms: number): number {
  let best = 0;
  for (let from = 0, to = 0; to < sent.length; to++) {
    while (sent[to]! - sent[from]! >= ms) from += 1;
    best = Math.max(best, to - from + 1);
  }
  return best;
}

it('counts in the shortest window that comes near the rate, and never above it', () => {
  expect(windowOf(10)).toEqual({ points: 10, seconds: 1 });
  expect(windowOf(2.5)).toEqual({ points: 5, seconds: 2 });
  expect(windowOf(0.1)).toEqual({ points: 1, seconds: 10 });
  expect(windowOf(1 / 60)).toEqual({ points: 1, seconds: 60 });
  fc.assert(
    fc.property(fc.double({ min: 0.0001, max: 100_000, noNaN: true }), (rate) => {
      const { points, seconds } = windowOf(rate);
      expect(Number.isInteger(points) && Number.isInteger(seconds)).toBe(true);
      expect(points).toBeGreaterThanOrEqual(1);
      expect(points / seconds).toBeLessThanOrEqual(rate * (1 + 1e-6));
    }),
  );
});

describe('a process that sends alone', () => {
  it('spreads messages evenly, whatever the rate', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 200 }), async (rate) => {
        const sent = await run([new Bucket('x', rate, env(null))], 10_000);
        expect(sent.length).toBeGreaterThanOrEqual(Math.floor(rate * 9.5));
        expect(sent.length).toBeLessThanOrEqual(rate * 10 + Math.ceil(rate / 10) + 1);
        // A pause is not followed by a burst: a tenth of a second may be caught up.
        expect(most(sent, 1000)).toBeLessThanOrEqual(rate + Math.ceil(rate / 10) + 1);
      }),
      { numRuns: 10 },
    );
  });
});

describe('processes that share a store', () => {
  it.each([
    [50, 2],
    [7.5, 3],
    [400, 4],
  ])('send %d a second together, %d of them', async (rate, processes) => {
    const store = new Windows();
    const buckets = Array.from({ length: processes }, () => new Bucket('x', rate, env(store, processes)));
    const sent = await run(buckets, 20_000);
    expect(sent.length).toBeLessThanOrEqual(rate * 21);
    expect(sent.length).toBeGreaterThanOrEqual(rate * 20 * 0.85);
    // Two windows may meet, each of them with all of its tokens at the ends: never more.
    expect(most(sent, 1000)).toBeLessThanOrEqual(2 * Math.ceil(rate) + processes);
  });

  it('ask the store once for many messages', async () => {
    const store = new Windows();
    const sent = await run([new Bucket('x', 800, env(store))], 5_000);
    expect(sent.length).toBeGreaterThan(3_000);
    expect(store.calls).toBeLessThan(sent.length / 25);
  });

  it('let one that is alone have the whole rate', async () => {
    const store = new Windows();
    const sent = await run([new Bucket('x', 20, env(store, 5))], 10_000);
    expect(sent.length).toBeGreaterThanOrEqual(170);
  });

  it('take their share each while the store is away, and share again when it is back', async () => {
    const store = new Windows();
    const heard: (string | null)[] = [];
    const own = { ...env(store, 4), onStore: (error: Error | null) => heard.push(error?.message ?? null) };
    const bucket = new Bucket('x', 40, own);
    store.error = new Error('gone');
    await run([bucket], 2_000);
    const away = await run([bucket], 10_000);
    expect(away.length).toBeGreaterThanOrEqual(90);
    expect(away.length).toBeLessThanOrEqual(112);
    store.error = null;
    await run([bucket], 2_000);
    const back = await run([bucket], 10_000);
    expect(back.length).toBeGreaterThanOrEqual(340);
    expect(back.length).toBeLessThanOrEqual(440);
    expect(heard).toEqual(['gone', null]);
  });

  it('do not keep what they leased for later', async () => {
    const store = new Windows();
    const bucket = new Bucket('x', 80, env(store));
    await run([bucket], 1_000);
    await vi.advanceTimersByTimeAsync(60_000);
    bucket.wait(Date.now());
    const calls = store.calls;
    await vi.advanceTimersByTimeAsync(10);
    expect(calls).toBeGreaterThan(0);
    const sent = await run([bucket], 100, 1);
    expect(sent.length).toBeLessThanOrEqual(80 / 10 + 80 / 10 + 1);
  });

  it('follow a rate that changes', async () => {
    const store = new Windows();
    const bucket = new Bucket('x', 100, env(store));
    await run([bucket], 2_000);
    bucket.perSecond = 5;
    const sent = await run([bucket], 10_000);
    expect(sent.length).toBeGreaterThanOrEqual(40);
    expect(sent.length).toBeLessThanOrEqual(57);
  });
});
