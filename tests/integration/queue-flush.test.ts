import Redis from 'ioredis';
import { afterEach, expect, it } from 'vitest';
import { services } from '../helpers/services';
import { createBed, until, type Bed } from './faults-bed';

let bed: Bed;
afterEach(() => bed?.destroy());

it.skipIf(!services.redis)(
  'finishes when Redis is emptied in mid-campaign, each recipient once',
  async () => {
    bed = await createBed({ recipients: 400, config: { queue: { redis: services.redis! } } });
    await bed.receiver.script({ delayMs: 20 });
    await bed.start();
    const redis = new Redis(services.redis!);
    for (const share of [50, 150, 300]) {
      await until(`${share} messages`, () => bed.receiver.count() >= share);
      await redis.flushall();
    }
    await redis.quit();
    await until('the campaign is sent', async () => (await bed.state()) === 'sent');
    const tally = await bed.tally();
    console.log(
      `ledger: Redis emptied 3 times: receiver accepted ${tally.receiver}, ours ${JSON.stringify(tally.states)}`,
    );
    expect(tally.states).toEqual({ accepted: 400 });
    expect(tally.receiver).toBe(400);
    expect(tally.twice).toEqual([]);
  },
);
