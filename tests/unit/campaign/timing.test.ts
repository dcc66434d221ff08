import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NO_TIMING, type Timing } from '../../../shared/contracts';
import {
  cancel,
  freezeStep,
  pause,
  resume,
  schedule,
  startDue,
  unschedule,
} from '../../../server/src/campaign';
import { createReleases, groupByRelease } from '../../../server/src/campaign/timing';
import { planTiming } from '../../../server/src/campaign/timing-plan';
import { timingPlan } from '../../../server/src/campaign';
import type { RunTiming } from '../../../server/src/compose';
import type { Context } from '../../../server/src/context';
import { campaignReport } from '../../../server/src/insight';
import { saveSettings } from '../../../server/src/settings';
import { dueSince, findCampaign, TABLE, type Candidate } from '../../../server/src/storage';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../../helpers/database';
import { addCampaign, addList, addPeople, toLists } from './fixtures';

const HOUR = 3_600_000;
const AT = Date.parse('2026-12-01T08:00:00Z'); // a Tuesday, 09:00 in Berlin
const timing = (input: Partial<RunTiming> = {}): RunTiming => ({
  ...NO_TIMING,
  timezone: 'Europe/Berlin',
  wallTime: '2026-12-01T09:00',
  ...input,
});
const iso = (ms: number) => new Date(ms).toISOString();

function people(count: number, zone: string | null = null): Candidate[] {
  return Array.from({ length: count }, (_, row) => ({
    row,
    subscriberId: `s${row}`,
    email: `p${row}@example.org`,
    emailKey: `p${row}@example.org`,
    addressHash: `hash ${row}`,
    language: null,
    timezone: zone,
    refusal: null,
  }));
}

/** How many each wave gets when a list is frozen in pages of different sizes. */
function waveSizes(input: RunTiming, count: number, pages: number[]): number[] {
  const all = people(count);
  const releases = createReleases(input, AT, count);
  const sizes: number[] = Array.from({ length: releases.waves }, () => 0);
  let at = 0;
  for (let nth = 0; at < count; nth++) {
    const page = all.slice(at, at + pages[nth % pages.length]!);
    for (const group of groupByRelease(releases, 'campaign', at, page))
      sizes[group.slot.wave]! += group.candidates.length;
    at += page.length;
  }
  return sizes;
}

describe('waves', () => {
  it('have the share that was asked for, the last one the rest', () => {
    const sizes = waveSizes(timing({ waves: { everyMinutes: 60, share: 30 } }), 10_000, [500, 50, 1200]);
    expect(sizes).toHaveLength(4);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(10_000);
    for (const [nth, share] of [0.3, 0.3, 0.3, 0.1].entries())
      expect(Math.abs(sizes[nth]! - share * 10_000)).toBeLessThan(30);
    expect(waveSizes(timing({ waves: { everyMinutes: 60, share: 10 } }), 1000, [1000])).toEqual(
      Array.from({ length: 10 }, () => 100),
    );
  });

  it('have the count that was asked for, exactly in one page and within a hundredth in many', () => {
    const waves = { everyMinutes: 60, count: 700 };
    expect(waveSizes(timing({ waves }), 2000, [2000])).toEqual([700, 700, 600]);
    const sizes = waveSizes(timing({ waves }), 20_000, [300, 70, 900]);
    expect(sizes).toHaveLength(29);
    for (const size of sizes.slice(0, -1)) expect(Math.abs(size - 700)).toBeLessThan(21);
    expect(waveSizes(timing({ waves: { everyMinutes: 60, count: 5000 } }), 2000, [100])).toEqual([2000]);
  });

  it('are samples: not the first rows first, and others in another campaign', () => {
    const releases = createReleases(timing({ waves: { everyMinutes: 60, share: 50 } }), AT, 1000);
    const first = (campaign: string) => {
      const groups = groupByRelease(releases, campaign, 0, people(1000));
      return new Set(groups.find((group) => group.slot.wave === 0)!.candidates.map(({ row }) => row));
    };
    const [a, b] = [first('one'), first('two')];
    expect([...a].filter((row) => row < 500).length).toBeGreaterThan(200);
    expect([...a].filter((row) => row < 500).length).toBeLessThan(300);
    const both = [...a].filter((row) => b.has(row)).length;
    expect(both).toBeGreaterThan(200);
    expect(both).toBeLessThan(300);
    expect(first('one')).toEqual(a);
  });

  it('follow each other from where the window opens', () => {
    const releases = createReleases(
      timing({
        waves: { everyMinutes: 180, share: 25 },
        window: { from: '09:00', to: '14:00', weekdays: [2, 4] },
      }),
      AT,
      100,
    );
    const due = [0, 0.25, 0.5, 0.75].map((position) => iso(releases.slot(null, position).nextAt));
    expect(due).toEqual([
      '2026-12-01T08:00:00.000Z',
      '2026-12-01T11:00:00.000Z',
      '2026-12-03T08:00:00.000Z',
      '2026-12-03T11:00:00.000Z',
    ]);
  });
});

describe('local times', () => {
  const local = timing({ localTime: true });

  it('are the same wall-clock time in each zone; who has none, or a wrong one, gets the campaign’s', () => {
    const start = Date.parse('2026-11-30T19:00:00Z');
    const releases = createReleases(local, start, 0);
    const due = (zone: string | null) => iso(releases.slot(zone, 0).nextAt);
    expect(due('Pacific/Kiritimati')).toBe('2026-11-30T19:00:00.000Z');
    expect(due('Asia/Tokyo')).toBe('2026-12-01T00:00:00.000Z');
    expect(due(null)).toBe('2026-12-01T08:00:00.000Z');
    expect(due('Mars/Olympus')).toBe('2026-12-01T08:00:00.000Z');
    expect(due('America/Los_Angeles')).toBe('2026-12-01T17:00:00.000Z');
  });

  const plan = (input: RunTiming, now: number, zones: { zone: string | null; people: number }[]) =>
    planTiming({ timing: input, at: AT, zones, pacePerHour: null, now, undoMs: 30_000 });

  it('start with the earliest zone that somebody is in', () => {
    const { startAt, plan: told } = plan(local, AT - 48 * HOUR, [
      { zone: null, people: 3 },
      { zone: 'Asia/Tokyo', people: 4 },
      { zone: 'America/Los_Angeles', people: 5 },
    ]);
    expect(iso(startAt)).toBe('2026-12-01T00:00:00.000Z');
    expect(told).toMatchObject({
      firstAt: '2026-12-01T00:00:00.000Z',
      lastAt: '2026-12-01T17:00:00.000Z',
      zones: 3,
      recipients: 12,
      withoutZone: 3,
      passed: 0,
      problems: [],
    });
  });

  it('that have passed are told, and mean at once, with the time to undo', () => {
    const now = AT - HOUR;
    const { startAt, plan: told } = plan(local, now, [
      { zone: 'Asia/Tokyo', people: 4 },
      { zone: 'Asia/Seoul', people: 2 },
      { zone: 'Europe/Berlin', people: 5 },
    ]);
    expect(startAt).toBe(now + 30_000);
    expect(told.passed).toBe(6);
    expect(told.problems).toEqual([
      expect.objectContaining({ id: 'time-passed', level: 'warning', values: { count: 6, window: 'no' } }),
    ]);
    expect(told.problems[0]!.message).toMatch(/^6 recipients .* at once/);
    const releases = createReleases(local, startAt, 0);
    expect(releases.slot('Asia/Tokyo', 0).nextAt).toBe(startAt);
    expect(releases.slot('Europe/Berlin', 0).nextAt).toBe(AT);
  });

  it('warn when nobody has a zone and when the window is closed then', () => {
    const ids = (input: RunTiming) =>
      plan(input, AT - 48 * HOUR, [{ zone: null, people: 3 }]).plan.problems.map(({ id }) => id);
    expect(ids(local)).toEqual(['no-zones']);
    const window = { from: '10:00', to: '12:00', weekdays: [1, 2, 3, 4, 5] };
    expect(ids({ ...local, window })).toEqual(['no-zones', 'outside-window']);
  });
});

describe('the estimate', () => {
  const zones = [{ zone: null, people: 1000 }];
  const plan = (input: Partial<RunTiming>, pacePerHour: number | null = null, at = AT) =>
    planTiming({ timing: timing(input), at, zones, pacePerHour, now: AT - HOUR, undoMs: 30_000 });

  it('refuses more waves, or longer ones, than anybody means', () => {
    const ids = (waves: RunTiming['waves']) => plan({ waves }).plan.problems;
    expect(ids({ everyMinutes: 60, count: 100 })).toEqual([]);
    expect(ids({ everyMinutes: 10_080, share: 1 })).toMatchObject([
      { id: 'waves-too-long', level: 'blocking' },
    ]);
    const many = planTiming({
      timing: timing({ waves: { everyMinutes: 5, count: 1 } }),
      at: AT,
      zones: [{ zone: null, people: 5000 }],
      pacePerHour: null,
      now: AT,
      undoMs: 0,
    });
    expect(many.plan.problems).toMatchObject([{ id: 'too-many-waves', level: 'blocking' }]);
    expect(many.plan.waves).toBe(5000);
  });

  it('starts when the window opens, and ends when pace and window have let everybody through', () => {
    const window = { from: '08:00', to: '10:00', weekdays: [1, 2, 3, 4, 5] };
    expect(plan({}, 500).plan).toMatchObject({ firstAt: iso(AT), endsAt: iso(AT + 2 * HOUR) });
    expect(plan({}, null).plan.endsAt).toBeNull();
    // 09:00–10:00, then 08:00–09:00 on the next day.
    expect(plan({ window }, 500).plan.endsAt).toBe(iso(AT + 24 * HOUR));
    const saturday = plan({ window }, null, Date.parse('2026-12-05T12:00:00Z'));
    expect(iso(saturday.startAt)).toBe('2026-12-07T07:00:00.000Z');
    const waves = { everyMinutes: 60, share: 25 };
    expect(plan({ waves }, 500).plan).toMatchObject({
      lastAt: iso(AT + 3 * HOUR),
      endsAt: iso(AT + 3 * HOUR),
    });
  });
});

describe.each(databaseKinds)('a timed campaign on %s', (kind) => {
  let db: TestDatabase;
  let ctx: Context;
  let list: string;
  beforeAll(async () => {
    db = await createTestDatabase(kind);
    ctx = await createTestContext(db.knex, {
      publicUrl: 'https://news.example.org',
      transports: { relay: { host: 'localhost' } },
      domains: { 'example.org': { dkim: 'relay' } },
      worker: { batchSize: 40 },
    });
    ctx.log.warn = () => {};
    await saveSettings(db.knex, {
      senders: [{ id: 'news', name: 'News', email: 'news@example.org' }],
      brand: { name: 'Example', postalAddress: '1 Street', contact: 'https://example.org/contact' },
    });
    list = await addList(db.knex, 'news');
    await addPeople(
      ctx,
      Array.from({ length: 300 }, (_, i) => ({ email: `p${i}@example.org`, lists: [list] })),
    );
    const set = (from: number, to: number, timezone: string) =>
      db
        .knex(TABLE.subscribers)
        .whereIn(
          'email',
          Array.from({ length: to - from }, (_, i) => `p${from + i}@example.org`),
        )
        .update({ timezone });
    await set(0, 100, 'Asia/Tokyo');
    await set(100, 200, 'America/New_York');
  });
  afterAll(() => db?.destroy());

  async function timed(input: Partial<Timing>): Promise<string> {
    const id = await addCampaign(db.knex, { audience: toLists([list]) });
    await db
      .knex(TABLE.campaigns)
      .where({ document_id: id })
      .update({ timing: JSON.stringify({ ...NO_TIMING, ...input }) });
    return id;
  }
  async function begin(id: string): Promise<void> {
    await db.knex(TABLE.runs).where({ campaign_id: id }).update({ start_at: 1 });
    expect(await startDue(ctx)).toContain(id);
    while ((await freezeStep(ctx, id, { span: 70 })) === 'more');
  }
  const batches = async (id: string) => {
    const rows: Record<string, unknown>[] = await db
      .knex(TABLE.batches)
      .where({ campaign_id: id })
      .orderBy(['next_at', 'id']);
    return rows.map((row) => ({
      nextAt: Number(row.next_at),
      zone: row.zone,
      wave: Number(row.wave),
      size: Number(row.size),
    }));
  };
  const rowsIn = async (id: string) => {
    const rows: { zone: string; wave: unknown; total: unknown }[] = await db
      .knex({ d: TABLE.deliveries })
      .join({ b: TABLE.batches }, 'b.id', 'd.batch_id')
      .where('d.campaign_id', id)
      .groupBy('b.zone', 'b.wave')
      .orderBy(['b.zone', 'b.wave'])
      .select('b.zone', 'b.wave')
      .count({ total: '*' });
    return rows.map((row) => `${row.zone} ${Number(row.wave)}: ${Number(row.total)}`);
  };
  const nextYear = new Date().getFullYear() + 1;

  it('keeps the timing through scheduling and back, and tells what it means', async () => {
    const id = await timed({ localTime: true });
    await expect(schedule(ctx, id, {})).rejects.toMatchObject({ code: 'timing', status: 400 });
    const when = { at: `${nextYear}-06-01T09:00`, timezone: 'Europe/Berlin' };
    const told = await timingPlan(ctx, id, when);
    const { at } = await schedule(ctx, id, when);
    expect(iso(at)).toBe(`${nextYear}-06-01T00:00:00.000Z`);
    expect(told).toMatchObject({ firstAt: iso(at), lastAt: `${nextYear}-06-01T13:00:00.000Z`, zones: 3 });
    expect(told).toMatchObject({ withoutZone: 100, recipients: 300, passed: 0 });
    expect(await timingPlan(ctx, id, {})).toEqual(told);
    await unschedule(ctx, id);
    expect((await findCampaign(db.knex, id))?.timing).toEqual({ ...NO_TIMING, localTime: true });
  });

  it('puts each zone into batches of its own, filled over the pages', async () => {
    const id = await timed({ localTime: true });
    await schedule(ctx, id, { at: `${nextYear}-06-01T09:00`, timezone: 'Europe/Berlin' });
    await begin(id);
    const found = await batches(id);
    expect(found.map(({ zone, nextAt, size }) => [zone, iso(nextAt).slice(5, 16), size])).toEqual([
      ['Asia/Tokyo', '06-01T00:00', 40],
      ['Asia/Tokyo', '06-01T00:00', 40],
      ['Asia/Tokyo', '06-01T00:00', 20],
      ['Europe/Berlin', '06-01T07:00', 40],
      ['Europe/Berlin', '06-01T07:00', 40],
      ['Europe/Berlin', '06-01T07:00', 20],
      ['America/New_York', '06-01T13:00', 40],
      ['America/New_York', '06-01T13:00', 40],
      ['America/New_York', '06-01T13:00', 20],
    ]);
    expect(await rowsIn(id)).toEqual([
      'America/New_York 0: 100',
      'Asia/Tokyo 0: 100',
      'Europe/Berlin 0: 100',
    ]);
    const { waiting, speed } = await campaignReport(ctx, id);
    expect(waiting).toEqual({
      count: 300,
      nextAt: `${nextYear}-06-01T00:00:00.000Z`,
      lastAt: `${nextYear}-06-01T13:00:00.000Z`,
    });
    expect(speed?.secondsLeft ?? null).toBeNull();
    expect((await dueSince(db.knex, Date.now())).deliveries).toBeNull();
    await cancel(ctx, id);
    expect((await campaignReport(ctx, id)).waiting).toBeNull();
  });

  it('freezes waves of a count once, whoever joins meanwhile, and lets them follow a late start', async () => {
    const id = await timed({ waves: { everyMinutes: 60, count: 90 } });
    await schedule(ctx, id, {});
    const before = Date.now();
    await begin(id);
    const found = await batches(id);
    const first = found[0]!.nextAt;
    expect(first).toBeGreaterThanOrEqual(before);
    expect((await dueSince(db.knex, Date.now())).deliveries).toBeGreaterThanOrEqual(first);
    const waves = [...new Set(found.map(({ wave, nextAt }) => `${wave} ${nextAt - first}`))];
    expect(waves).toEqual(['0 0', `1 ${HOUR}`, `2 ${2 * HOUR}`, `3 ${3 * HOUR}`]);
    const sizes = found.reduce(
      (sum, { wave, size }) => ((sum[wave] = (sum[wave] ?? 0) + size), sum),
      [] as number[],
    );
    expect(sizes.reduce((sum, size) => sum + size)).toBe(300);
    for (const size of sizes.slice(0, 3)) expect(Math.abs(size - 90)).toBeLessThanOrEqual(5);
    await cancel(ctx, id);
  });

  it('does not let the waves of a long pause out all at once', async () => {
    const id = await timed({ waves: { everyMinutes: 60, share: 25 } });
    await schedule(ctx, id, {});
    await begin(id);
    await pause(ctx, id);
    // Two and a half hours go by: three of the four waves are due.
    const ago = 2.5 * HOUR;
    await db.knex(TABLE.batches).where({ campaign_id: id }).decrement('next_at', ago);
    const now = Date.now();
    await resume(ctx, id);
    const due = new Map((await batches(id)).map(({ wave, nextAt }) => [wave, nextAt]));
    expect(due.get(0)!).toBeLessThanOrEqual(now);
    for (const wave of [1, 2, 3]) {
      expect(due.get(wave)! - now).toBeGreaterThanOrEqual(wave * HOUR - 1000);
      expect(due.get(wave)! - now).toBeLessThan(wave * HOUR + 60_000);
    }
    // Nothing has piled up now: another pause leaves the times alone.
    await pause(ctx, id);
    await resume(ctx, id);
    expect(new Map((await batches(id)).map(({ wave, nextAt }) => [wave, nextAt]))).toEqual(due);
    await cancel(ctx, id);
  });
});
