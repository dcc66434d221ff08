import { DateTime } from 'luxon';
import { afterEach, expect, it, vi } from 'vitest';
import type { CampaignSnapshot, RunTiming } from '../../../server/src/compose';
import { createPumpEnv, pump, type PumpEnv } from '../../../server/src/delivery/pump';
import { SendWindows } from '../../../server/src/delivery/pump-window';
import { TABLE } from '../../../server/src/storage';
import { createTestContext } from '../../helpers/context';
import { createBed, until, type Bed, type BedOptions } from '../../integration/faults-bed';

const MINUTE = 60_000;
const realNow = Date.now.bind(Date);

let bed: Bed;
let env: PumpEnv;
afterEach(async () => {
  vi.restoreAllMocks();
  await env.epochs.stop();
  await env.pacer.stop();
  for (const transport of env.transports.values()) await transport.close();
  await bed.destroy();
});

/** A window that opened an hour ago and closes in one or two minutes. */
function closingSoon(): { timing: RunTiming; closes: number } {
  const closes = Math.floor(Date.now() / MINUTE) * MINUTE + 2 * MINUTE;
  const clock = (ms: number) => DateTime.fromMillis(ms, { zone: 'Asia/Tokyo' }).toFormat('HH:mm');
  const window = { from: clock(closes - 60 * MINUTE), to: clock(closes), weekdays: [1, 2, 3, 4, 5, 6, 7] };
  return {
    closes,
    timing: { localTime: false, window, waves: null, timezone: 'Asia/Tokyo', wallTime: null },
  };
}

async function setUp(options: BedOptions, timing: RunTiming): Promise<void> {
  bed = await createBed(options);
  const run = await bed.db.knex(TABLE.runs).first('snapshot');
  const snapshot = { ...(JSON.parse(run.snapshot) as CampaignSnapshot), timing };
  await bed.db.knex(TABLE.runs).update({ snapshot: JSON.stringify(snapshot) });
  env = createPumpEnv(await createTestContext(bed.db.knex, bed.config));
}

/** Lets this process believe that it is later. The database and the receiver keep their clocks. */
function travel(ms: number): void {
  vi.spyOn(Date, 'now').mockImplementation(() => realNow() + ms);
}
const ticket = () => pump(env, bed.campaignId, new AbortController().signal);
const idle = () => until('outcomes', () => env.places.inUse === 0);

it('stops in the middle of a batch when the window closes, waits until it opens, and goes on there', async () => {
  const { timing, closes } = closingSoon();
  await setUp({ recipients: 120, config: { worker: { batchSize: 120 } } }, timing);
  env.ctx.config.worker.ticketSeconds = 300; // the window closes within the ticket
  await bed.receiver.script({ delayMs: 30 });
  const running = ticket();
  await until('some mails', () => bed.receiver.count() >= 15);
  travel(closes - realNow() + 1000);
  const { again, wakeAt } = await running;
  expect(again).toBe(false);
  const opens = closes + 23 * 60 * MINUTE;
  await idle();
  await ticket(); // what the first ticket gave back while it ended
  const sent = bed.receiver.count();
  expect(sent).toBeLessThan(120);
  expect(wakeAt).not.toBeNull();
  const left = await bed.db.knex(TABLE.batches).where({ done: false }).distinct('next_at', 'epoch');
  expect(left.map((row) => [Number(row.next_at), row.epoch])).toEqual([[opens, null]]);
  expect((await ticket()).wakeAt).toBe(opens);
  expect(bed.receiver.count()).toBe(sent);
  expect((await bed.tally()).states).toEqual({ accepted: sent, queued: 120 - sent });

  travel(opens - realNow());
  await until('the campaign is sent', async () => {
    await ticket();
    return (await bed.state()) === 'sent';
  });
  expect(await bed.tally()).toMatchObject({ states: { accepted: 120 }, twice: [] });
});

it('lets a retry that falls outside the window wait until it opens', async () => {
  const { timing, closes } = closingSoon();
  await setUp({ recipients: 3, name: (n) => (n === 1 ? 'grey' : 'person') }, timing);
  await bed.receiver.script({ deferOnce: ['grey'] });
  await ticket();
  await idle();
  await until('the retry', async () => (await bed.tally()).states.deferred === 1);
  const retryAt = Number((await bed.db.knex(TABLE.batches).first('next_at')).next_at);
  travel(Math.max(retryAt, closes) - realNow() + 1000);
  expect((await ticket()).wakeAt).toBe(closes + 23 * 60 * MINUTE);
  expect((await bed.tally()).states).toEqual({ accepted: 2, deferred: 1 });
  travel(closes + 23 * 60 * MINUTE - realNow());
  await until('the campaign is sent', async () => {
    await ticket();
    return (await bed.state()) === 'sent';
  });
  expect((await bed.tally()).states).toEqual({ accepted: 3 });
});

it('counts the time of retries from the first attempt, however long the audience waited for its turn', async () => {
  const { timing } = closingSoon();
  await setUp({ recipients: 2, name: (n) => (n === 1 ? 'grey' : 'person') }, { ...timing, window: null });
  await bed.receiver.script({ deferOnce: ['grey'] });
  const days = 3 * 24 * 60 * MINUTE;
  travel(days);
  await bed.db.knex(TABLE.runs).update({ start_at: 1 });
  await ticket();
  await idle();
  await bed.db.knex(TABLE.deliveries).update({ created_at: realNow() });
  expect((await bed.tally()).states).toEqual({ accepted: 1, deferred: 1 });
  await bed.receiver.script({ refuse: { grey: '451 4.7.1 try again later' } });
  const retry = async (ms: number) => {
    travel(days + ms);
    await ticket();
    await idle();
    return (await bed.tally()).states;
  };
  expect(await retry(47 * 60 * MINUTE)).toEqual({ accepted: 1, deferred: 1 });
  // The window was closed or the campaign paused in between: a few tries come all the same.
  expect(await retry(73 * 60 * MINUTE)).toEqual({ accepted: 1, deferred: 1 });
  expect(await retry(78 * 60 * MINUTE)).toEqual({ accepted: 1, deferred: 1 });
  expect(await retry(83 * 60 * MINUTE)).toEqual({ accepted: 1, failed: 1 });
});

it('reads the window in the zone of a batch', async () => {
  const { timing } = closingSoon();
  await setUp({ recipients: 1 }, timing);
  const windows = new SendWindows({
    ...timing,
    window: { from: '09:00', to: '17:00', weekdays: [1, 2, 3, 4, 5] },
  });
  const at = Date.parse('2026-12-04T07:30:00Z'); // Friday, 16:30 in Tokyo, 02:30 in New York
  expect(windows.closedUntil({ zone: null }, at)).toBeNull();
  expect(windows.closedUntil({ zone: 'Asia/Tokyo' }, at + 29 * MINUTE)).toBeNull();
  expect(windows.closedUntil({ zone: 'Asia/Tokyo' }, at + 30 * MINUTE)).toBe(
    Date.parse('2026-12-07T00:00:00Z'),
  );
  expect(windows.closedUntil({ zone: 'America/New_York' }, at)).toBe(Date.parse('2026-12-04T14:00:00Z'));
  expect(new SendWindows(undefined).closedUntil({ zone: null }, at)).toBeNull();
});
