import { afterEach, describe, expect, it } from 'vitest';
import { services } from '../helpers/services';
import { createBed, kill, until, type Bed } from './faults-bed';
import { judge, SLOTS } from './faults-judge';

/** Holds the evidence of some fifty messages, a hundred where a block has 1024 octets. */
const BLOCKS = 32;
const RECIPIENTS = 300;
/** On the connections of a process that gets no reply. */
const MESSAGES = 5;

let bed: Bed;
afterEach(() => bed?.destroy());

const isSent = async () => (await bed.state()) === 'sent';
const warnings = () => bed.log().match(/evidence in .* cannot be written any more: EFBIG/g) ?? [];

// SQLite and the embedded queue would write files, too.
describe.skipIf(!services.postgres || process.platform !== 'linux')('no room for the evidence', () => {
  const start = async () => {
    bed = await createBed({
      database: 'postgres',
      recipients: RECIPIENTS,
      config: { queue: services.redis ? { redis: services.redis } : { backend: 'postgres' } },
    });
  };

  it('sends the campaign to its end, and says so once', async () => {
    await start();
    await bed.start({ blocks: BLOCKS });
    await until('the campaign is sent', isSent);
    const tally = await bed.tally();
    judge(bed, 'no room for the evidence', 0, tally);
    expect(tally.states).toEqual({ accepted: RECIPIENTS });
    expect(warnings()).toHaveLength(1);
  });

  it('believes none of it after a kill: all that was open is in doubt', async () => {
    await start();
    await bed.receiver.script({ stallAfter: 200 });
    const child = await bed.start({ blocks: BLOCKS });
    await until('messages without a reply', () => bed.receiver.count() >= 200 + MESSAGES);
    await until('all slots are taken', async () => (await bed.inHand()) === SLOTS);
    expect(warnings()).toHaveLength(1);
    await kill(child);
    await bed.died(child);
    await bed.receiver.script({});
    await bed.start();
    await until('the campaign is sent', isSent);
    const tally = await bed.tally();
    judge(bed, 'no room for the evidence, killed', 1, tally);
    // Those that had a slot and were never handed over, too.
    const open = bed.deaths[0]!.length;
    expect(open).toBeGreaterThanOrEqual(MESSAGES);
    expect(tally.states).toEqual({ accepted: RECIPIENTS - open, in_doubt: open });
  });
});
