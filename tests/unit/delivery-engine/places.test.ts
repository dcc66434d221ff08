import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Places, type PlaceUser, type ReleasePlace } from '../../../server/src/delivery/places';

const never = new AbortController().signal;

/** Campaigns that always want one more, as tickets do. Returns what each one got out of `count` places. */
async function contend(places: Places, users: PlaceUser[], count: number, bunch: number): Promise<number[]> {
  const got = users.map(() => 0);
  const held: ReleasePlace[] = [];
  let done = false;
  const loops = users.map(async (user, i) => {
    while (!done) {
      const release = places.take(user) ?? (await places.acquire(user, never));
      if (done || !release) return release?.();
      got[i] = got[i]! + 1;
      held.push(release);
      // As a ticket does between two rows: it waits for promises that are settled already.
      for (let n = 0; n < 6; n++) await Promise.resolve();
    }
  });
  while (got.reduce((sum, n) => sum + n, 0) < count) {
    await new Promise((resolve) => setImmediate(resolve));
    // A group commit gives back several at once, the oldest first.
    if (places.inUse === places.size) for (const release of held.splice(0, bunch)) release();
  }
  done = true;
  for (const release of held.splice(0)) release();
  await Promise.all(loops);
  expect(places.inUse).toBe(0);
  return got;
}

it('shares places by weight, within a fifth', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(1, 3, 9), { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 6 }),
      async (weights, bunch) => {
        const users = weights.map((weight, n) => ({ id: `c${n}`, weight }));
        const got = await contend(new Places(64), users, 4000, bunch);
        const sum = weights.reduce((total, weight) => total + weight, 0);
        got.forEach((n, i) => {
          const fair = (4000 * weights[i]!) / sum;
          expect(Math.abs(n - fair), `${got.join()} of ${weights.join()}`).toBeLessThan(fair * 0.2 + 64);
        });
      },
    ),
    { numRuns: 15 },
  );
});

it('gives all to one that is alone, and a place at once to one that comes', async () => {
  const places = new Places(8);
  const large = { id: 'large', weight: 9 };
  const small = { id: 'small', weight: 1 };
  const held = Array.from({ length: 8 }, () => places.take(large)!);
  expect(places.take(large)).toBeNull();
  const waits = [places.acquire(large, never), places.acquire(large, never), places.acquire(small, never)];
  held[0]!();
  expect(await Promise.race(waits.map((wait, n) => wait.then(() => n)))).toBe(2);
  const gone = new AbortController();
  const cancelled = places.acquire(small, gone.signal);
  gone.abort();
  expect(await cancelled).toBeNull();
  held[1]!();
  held[1]!();
  held[2]!();
  for (const wait of waits) expect(await wait).not.toBeNull();
  expect(places.inUse).toBe(8);
});
