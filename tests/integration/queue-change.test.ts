import { afterEach, expect, it } from 'vitest';
import { openTickets } from '../../server/src/delivery/queue';
import { TABLE } from '../../server/src/storage';
import { createTestContext } from '../helpers/context';
import { services } from '../helpers/services';
import { createBed, kill, until, type Bed } from './faults-bed';
import { judge } from './faults-judge';

let bed: Bed;
afterEach(() => bed?.destroy());

const { redis, postgres } = services;

it.skipIf(!redis || !postgres)(
  'loses nothing when the queue is changed before the start and in mid-campaign',
  async () => {
    const onRedis = { backend: 'redis', redis: redis! } as const;
    const onPostgres = { backend: 'postgres', postgres: postgres! } as const;
    bed = await createBed({ recipients: 500, config: { queue: onRedis } });
    await bed.receiver.script({ delayMs: 15 });
    await schedule(bed);

    let sender = await bed.start();
    await kill(sender, 'SIGTERM');
    expect(await bed.state()).toBe('scheduled');
    await bed.db.knex(TABLE.runs).update({ start_at: Date.now() + 500 });

    const queues = [
      { name: 'postgres', queue: onPostgres, until: 120 },
      { name: 'embedded', queue: { backend: 'embedded' } as const, until: 250 },
      { name: 'redis', queue: onRedis, until: 500 },
    ];
    const sent: string[] = [];
    for (const { name, queue, until: messages } of queues) {
      const before = bed.receiver.count();
      sender = await bed.start({ queue });
      await until(`${messages} messages over ${name}`, () => bed.receiver.count() >= messages);
      if (messages < 500) await kill(sender, 'SIGTERM');
      sent.push(`${name} ${bed.receiver.count() - before}`);
    }
    await until('the campaign is sent', async () => (await bed.state()) === 'sent');
    const tally = await bed.tally();
    judge(bed, `queue changed (${sent.join(', ')})`, 0, tally);
    expect(tally).toMatchObject({ receiver: 500, twice: [], states: { accepted: 500 } });
  },
);

/** Puts the campaign back to before its start, in an hour, with its ticket in the bed's queue. */
async function schedule({ db, campaignId, config }: Bed): Promise<void> {
  const at = Date.now() + 3_600_000;
  await db.knex(TABLE.campaigns).update({ state: 'scheduled', started_at: null });
  await db.knex(TABLE.runs).update({ start_at: at });
  const ctx = await createTestContext(db.knex, config);
  const tickets = await openTickets(ctx, new AbortController().signal, () => {});
  await tickets!.addStart(campaignId, 1, at);
  await tickets!.close();
}
