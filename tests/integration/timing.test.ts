import { DateTime } from 'luxon';
import { afterEach, expect, it } from 'vitest';
import type { CampaignSnapshot, RunTiming } from '../../server/src/compose';
import { createDelivery, type Delivery, type FaultPoint } from '../../server/src/delivery';
import { TABLE } from '../../server/src/storage';
import { createTestContext } from '../helpers/context';
import { createBed, until, type Bed } from './faults-bed';

let bed: Bed;
let delivery: Delivery | null = null;
afterEach(async () => {
  await delivery?.stop();
  delivery = null;
  await bed?.destroy();
});

/** Gives the campaign of the bed a timing, as scheduling would have written it. */
async function setTiming(timing: RunTiming): Promise<void> {
  const run = await bed.db.knex(TABLE.runs).first('snapshot');
  const snapshot = { ...(JSON.parse(run.snapshot) as CampaignSnapshot), timing };
  await bed.db.knex(TABLE.runs).update({ snapshot: JSON.stringify(snapshot) });
}

/** When each address got it, by what its batch was made for. */
async function arrivals(): Promise<{ to: string; zone: string; wave: number; at: number }[]> {
  const rows: { email: string; zone: string; wave: unknown }[] = await bed.db
    .knex({ d: TABLE.deliveries })
    .join({ b: TABLE.batches }, 'b.id', 'd.batch_id')
    .select('d.email', 'b.zone', 'b.wave');
  const known = new Map(rows.map((row) => [row.email, { zone: row.zone, wave: Number(row.wave) }]));
  return (await bed.receiver.ledger()).map(({ to, at }) => ({ to, at, ...known.get(to)! }));
}

const isSent = async () => (await bed.state()) === 'sent';

it('sends wave after wave through kills: each recipient once, none before the wave is due', async () => {
  bed = await createBed({ recipients: 160, config: { worker: { batchSize: 15 } } });
  const every = 1500;
  await setTiming({
    localTime: false,
    window: null,
    waves: { everyMinutes: every / 60_000, share: 25 },
    timezone: 'UTC',
    wallTime: null,
  });
  const points: [FaultPoint, number][] = [
    ['frozen-page', 1],
    ['claimed', 2],
    ['replied', 12],
  ];
  for (const [point, nth] of points) {
    const child = await bed.start({ fault: { point, nth } });
    await until(`a kill at ${point}`, () => child.signalCode === 'SIGKILL');
  }
  await bed.start();
  await until('the campaign is sent', isSent);
  const tally = await bed.tally();
  expect(tally).toMatchObject({ candidates: 160, twice: [], denied: [], invented: [], unfinished: 0 });
  expect((tally.states.accepted ?? 0) + (tally.states.in_doubt ?? 0)).toBe(160);
  const start = Number((await bed.db.knex(TABLE.runs).first('start_at')).start_at);
  const waves = [0, 0, 0, 0];
  for (const { to, wave, at } of await arrivals()) {
    expect(at, `${to} in wave ${wave}`).toBeGreaterThanOrEqual(start + wave * every);
    waves[wave]! += 1;
  }
  for (const size of waves) expect(Math.abs(size - 40)).toBeLessThan(12);
});

it('sends at the local time of each zone, woken on time without the reconciler', async () => {
  // After its first look the reconciler does not help within this test: what comes comes by a ticket.
  bed = await createBed({
    recipients: 60,
    config: { worker: { reconcileSeconds: 120, ticketSeconds: 0.2 } },
  });
  const campaign = bed.db.knex(TABLE.campaigns);
  await campaign.clone().update({ state: 'paused' });
  delivery = createDelivery(await createTestContext(bed.db.knex, bed.config), { work: true });
  await delivery.start();
  await until('the first look', () => delivery!.health().reconciledAt !== null);
  const zones = ['Asia/Tokyo', 'Asia/Dubai', 'America/New_York'] as const;
  for (const [nth, zone] of zones.entries()) {
    await bed.db.knex(TABLE.subscribers).whereRaw('id % 3 = ?', [nth]).update({ timezone: zone });
  }
  const soon = Date.now() + 3000;
  await setTiming({
    localTime: true,
    window: null,
    waves: null,
    timezone: 'UTC',
    wallTime: DateTime.fromMillis(soon, { zone: 'Asia/Dubai' }).toISO({ includeOffset: false }),
  });
  await campaign.clone().update({ state: 'sending' });
  await delivery.nudge(bed.campaignId);
  const got = async (zone: string) => (await arrivals()).filter((one) => one.zone === zone);
  await until('Tokyo, whose time has passed', async () => (await got('Asia/Tokyo')).length === 20);
  await until('Dubai, at its time', async () => (await got('Asia/Dubai')).length === 20);
  for (const { at } of await got('Asia/Dubai')) expect(at).toBeGreaterThanOrEqual(soon);
  expect(await got('America/New_York')).toEqual([]);
  // An arrival is seen before its outcome is committed.
  await until('the outcomes', async () => (await bed.tally()).states.accepted === 40);
  expect(await bed.state()).toBe('sending');
  const [later] = await bed.db.knex(TABLE.batches).where({ zone: 'America/New_York', done: false });
  expect(Number(later.next_at)).toBeGreaterThan(soon + 8 * 3_600_000);
  expect((await bed.tally()).states).toEqual({ accepted: 40, queued: 20 });
});
