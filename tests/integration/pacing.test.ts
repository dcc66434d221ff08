import { afterEach, describe, expect, it } from 'vitest';
import { TABLE } from '../../server/src/storage';
import { services } from '../helpers/services';
import { createBed, kill, until, type Bed } from './faults-bed';

/** Two sending processes, the rate of one destination. Half of the people are there. */
const PER_SECOND = 20;
const PEOPLE = 240;

let bed: Bed | undefined;
afterEach(async () => {
  await bed?.destroy();
  bed = undefined;
});

const BACKENDS = [
  { name: 'Redis', queue: { backend: 'redis', redis: services.redis ?? '' } as const },
  { name: 'PostgreSQL', queue: { backend: 'postgres', postgres: services.postgres ?? '' } as const },
];

describe.each(BACKENDS)('two processes that share rates on $name', ({ name, queue }) => {
  const isMissing = !services.postgres || (name === 'Redis' && !services.redis);
  it.skipIf(isMissing)(
    'send no more together than the rate of a destination, and hold up nobody else',
    async () => {
      bed = await createBed({
        database: 'postgres',
        recipients: PEOPLE,
        name: (n) => (n % 2 ? 'gee' : 'person'),
        domain: (n) => (n % 2 ? 'gmail.com' : 'inbox.test'),
        config: {
          queue: { ...queue, prefix: `pacing${Date.now().toString(36)}` },
          pacing: { destinations: { google: { messagesPerSecond: PER_SECOND } } },
          worker: { batchSize: 30, ticketSeconds: 5 },
        },
      });
      await Promise.all([bed.start(), bed.start()]);
      await until('the campaign is sent', async () => (await bed!.state()) === 'sent');
      const tally = await bed.tally();
      expect(tally.states).toEqual({ accepted: PEOPLE });
      expect(tally).toMatchObject({ twice: [], denied: [], invented: [] });

      const ledger = await bed.receiver.ledger();
      const google = ledger.filter(({ to }) => to.startsWith('gee')).map(({ at }) => at);
      const others = ledger.filter(({ to }) => to.startsWith('person')).map(({ at }) => at);
      const seconds = (google.at(-1)! - google[0]!) / 1000;
      // Two windows of a second may meet, each with all of its tokens, and a busy receiver may note the first message late;
      // over the whole run it is the rate: two rates beside each other would need half the time.
      expect(google.length).toBeLessThanOrEqual(PER_SECOND * (seconds + 2));
      for (const from of google) {
        expect(google.filter((at) => at >= from && at < from + 1000).length).toBeLessThanOrEqual(
          2 * PER_SECOND,
        );
      }
      // The others did not stand in one line with them: they were through when a good part still waited.
      const before = google.filter((at) => at <= others.at(-1)!).length;
      expect(before).toBeLessThan(google.length * 0.8);
      await until('the counters are written', async () => {
        const row = await bed!.db
          .knex(TABLE.destinationCounts)
          .where({ destination: 'google' })
          .first('accepted');
        return Number(row?.accepted) === PEOPLE / 2;
      });
    },
  );

  it.skipIf(isMissing)('tell each other that a destination is suspended, and that it goes on', async () => {
    bed = await createBed({
      database: 'postgres',
      recipients: 120,
      name: (n) => (n % 2 ? 'gee' : 'person'),
      domain: (n) => (n % 2 ? 'gmail.com' : 'inbox.test'),
      config: {
        queue: { ...queue, prefix: `pacing${Date.now().toString(36)}` },
        worker: { batchSize: 20, slots: 4, ticketSeconds: 2 },
      },
    });
    const { db, receiver } = bed;
    await receiver.script({ refuse: { gee: '421 4.7.0 Rate limit exceeded, try again in 30 minutes' } });
    const first = await bed.start();
    const waits = async () =>
      (await db.knex(TABLE.deliveries).where({ reason: 'held', state: 'deferred' })).length;
    await until('the destination is suspended', async () => (await waits()) > 40);
    await until('the others are through', async () => {
      const [row] = await db.knex(TABLE.deliveries).where({ state: 'accepted' }).count({ total: '*' });
      return Number(row?.total) === 60;
    });
    const tried = async () =>
      (await db.knex(TABLE.deliveries).where('email', 'like', 'gee%').where('attempt', '>', 0)).length;
    // What was on its way has its outcome when the process has ended.
    await kill(first, 'SIGTERM');
    const before = await tried();
    expect(before).toBeLessThanOrEqual(8);

    // Another process, which never saw a refusal, holds back what comes due.
    await receiver.script({});
    await db.knex(TABLE.deliveries).where({ state: 'deferred' }).update({ next_at: 0 });
    await db.knex(TABLE.batches).update({ next_at: 0 });
    const second = await bed.start();
    await until('all are put off again', async () => {
      const [row] = await db
        .knex(TABLE.deliveries)
        .where({ state: 'deferred' })
        .where('next_at', '>', Date.now() + 60_000)
        .count({ total: '*' });
      return Number(row?.total) === 60;
    });
    expect(await tried()).toBe(before);
    expect((await bed.tally()).states).toEqual({ accepted: 60, deferred: 60 });
    await kill(second, 'SIGTERM');
  });
});
