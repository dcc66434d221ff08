import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { TABLE } from '../../server/src/storage';
import type { Misbehaviour } from '../helpers/receiver';
import { services } from '../helpers/services';
import { createBed, kill, until, type Bed, type BedOptions } from './faults-bed';
import { judge, KILLS, SEED } from './faults-judge';

const RECIPIENTS = KILLS === null ? 200 : 1000;
const MINUTES = 60_000;
/** How long a reply may take; the receiver never answers later, but says nothing at all. */
const PATIENCE_MS = 800;

/** RSET comes seldom without CHUNKING: after a refusal only. */
const every = (chunking: boolean): Misbehaviour['every'] => ({
  greeting: 25,
  ehlo: 25,
  starttls: 25,
  auth: 25,
  rset: chunking ? 50 : 3,
  mail: 50,
  rcpt: 50,
  data: 50,
  body: 50,
  dot: 50,
  idle: 3,
  slow: 5,
});

interface Platform {
  name: string;
  options: Pick<BedOptions, 'database' | 'config'>;
}

const { redis, postgres } = services;
const platforms: Platform[] = [{ name: 'embedded queue, SQLite', options: { database: 'sqlite' } }];
if (KILLS !== null && redis && postgres) {
  platforms.push({
    name: 'Redis, PostgreSQL',
    options: { database: 'postgres', config: { queue: { redis } } },
  });
}
const cases = platforms.flatMap((platform) => [
  { ...platform, how: 'DATA', chunking: false },
  { ...platform, how: 'CHUNKING', chunking: true },
]);

/** Waits for a condition; meanwhile what waits for its next try is due at once, and a person goes on after a pause. */
async function soon(bed: Bed, what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const waiting = (table: string) => bed.db.knex(table).where('next_at', '>', Date.now());
  const hurry = async () => {
    await waiting(TABLE.deliveries).where({ state: 'deferred' }).update({ next_at: 0 });
    await waiting(TABLE.batches).update({ next_at: 0 });
    await bed.db.knex(TABLE.campaigns).where({ state: 'paused' }).update({ state: 'sending' });
    await sleep(200);
    return condition();
  };
  await until(what, hurry, KILLS === null ? 200 : 900);
}

// At once: most of the time they wait for the receiver, which says nothing.
it.concurrent.for(cases)(
  'a receiver that misbehaves at every step: nobody twice, nobody forgotten, in doubt only what may have come: $name, $how',
  { timeout: KILLS === null ? 4 * MINUTES : 20 * MINUTES },
  async ({ name, how, chunking, options }, { onTestFinished }) => {
    const bed = await createBed({
      recipients: RECIPIENTS,
      chunking,
      sockets: true,
      ...options,
      relay: {
        auth: { user: 'news', pass: 'secret' },
        tls: { rejectUnauthorized: false },
        timeouts: { connect: 10_000, greeting: PATIENCE_MS, socket: PATIENCE_MS },
        // Few, so that several messages are on one.
        pool: { maxConnections: 3, maxMessages: 40 },
      },
      name: (n) => (n % 40 === 7 ? 'gone' : n % 20 === 11 ? 'full' : 'person'),
      domain: (n) => `inbox-${n % 5}.test`,
    });
    onTestFinished(() => bed.destroy());
    const misbehave = (ways: Misbehaviour['ways']) =>
      bed.receiver.script({
        refuse: { gone: '550 5.1.1 no such user', full: '552 5.2.2 mailbox full' },
        misbehave: { seed: SEED, every: every(chunking), ways },
      });
    await misbehave(['drop', '421', 'stall']);
    const child = await bed.start();
    // After a malformed reply a sender gives one command at a time.
    await soon(bed, 'a half of the campaign', () => bed.receiver.count() >= RECIPIENTS / 2);
    await misbehave(['drop', '421', 'stall', 'malformed']);
    await soon(bed, 'the campaign is sent', async () => (await bed.state()) === 'sent');
    await kill(child, 'SIGTERM');
    expect(child.exitCode).toBe(0);

    const misdeeds = await bed.receiver.misdeeds();
    const all = Object.entries(misdeeds).map(([what, times]) => `${what} ${times}`);
    console.log(`misdeeds: ${name}, ${how}, seed ${SEED}: ${all.sort().join(', ')}`);
    judge(bed, `${name}, ${how}, the receiver misbehaves, seed ${SEED}`, 0, await bed.tally());
    // With CHUNKING a short campaign has too few commands one by one, and so too few DATA.
    const steps = new Set(Object.keys(misdeeds).map((what) => what.split(' ')[0]));
    expect(steps.size).toBeGreaterThanOrEqual(KILLS === null && chunking ? 11 : 12);
  },
);
