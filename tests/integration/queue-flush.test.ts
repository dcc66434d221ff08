import Redis from 'ioredis';
import { afterEach, expect, it } from 'vitest';
import { services } from '../helpers/services';
import { createBed, kill, until, type Bed } from './faults-bed';
import { judge } from './faults-judge';

let bed: Bed;
afterEach(() => bed?.destroy());

it.skipIf(!services.redis)(
  'finishes when Redis is emptied in mid-campaign, each recipient once',
  async () => {
    // A database of its own: other tests use the server at the same time.
    const url = new URL('/9', services.redis!).href;
    bed = await createBed({ recipients: 400, config: { queue: { redis: url } } });
    await bed.receiver.script({ delayMs: 20 });
    await bed.start();
    const redis = new Redis(url);
    for (const share of [50, 150, 300]) {
      await until(`${share} messages`, () => bed.receiver.count() >= share);
      await redis.flushdb();
    }
    await redis.quit();
    await until('the campaign is sent', async () => (await bed.state()) === 'sent');
    const tally = await bed.tally();
    judge(bed, 'Redis emptied 3 times', 0, tally);
    expect(tally.states).toEqual({ accepted: 400 });
    expect(tally.receiver).toBe(400);
    expect(tally.twice).toEqual([]);
  },
);

it.skipIf(!services.redis || !services.postgres)(
  'lets two processes share a campaign, and the other one finish when one is killed',
  async () => {
    bed = await createBed({
      database: 'postgres',
      recipients: 600,
      config: { queue: { redis: services.redis! } },
    });
    // Nothing moves until both are there, however long the second one takes to start.
    await bed.receiver.script({ stall: true });
    const [first] = await Promise.all([bed.start(), bed.start()]);
    const sharing = async () =>
      (await bed.db.knex('newsletter_batches').whereNotNull('epoch').distinct('epoch')).length === 2;
    await until('both hold batches', sharing);
    await bed.receiver.script({ delayMs: 25 });
    await until('some mails', () => bed.receiver.count() >= 100);
    await kill(first);
    await until('the campaign is sent', async () => (await bed.state()) === 'sent');
    const tally = await bed.tally();
    judge(bed, 'two processes, one killed', 1, tally);
  },
);
