import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Context } from '../../../server/src/context';
import {
  allowedBy,
  colourOf,
  DEFAULT_PLAN,
  nextAt,
  quotaOf,
  SPREAD_MS,
  stepOf,
  type WarmUpDay,
} from '../../../server/src/delivery/warm-up';
import { WarmUps, warmUpStates } from '../../../server/src/delivery/warm-up-quota';
import { lastWarmUpDay, TABLE } from '../../../server/src/storage';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../../helpers/database';

const HOUR = 3_600_000;
const day = (over: Partial<WarmUpDay> = {}): WarmUpDay => ({
  day: '2026-11-24',
  step: 5,
  quota: 770,
  accepted: 700,
  deferred: 0,
  hard: 0,
  blocked: 0,
  complaints: 0,
  ...over,
});

describe('the plan', () => {
  it('grows to 50,000 on day 18, then by 1.4 a day until the address is warm', () => {
    expect(DEFAULT_PLAN.map((_, i) => quotaOf(i + 1))).toEqual([...DEFAULT_PLAN]);
    expect([quotaOf(1), quotaOf(18), quotaOf(19), quotaOf(20), quotaOf(60)]).toEqual([
      200, 50_000, 70_000, 98_000, 1_000_000,
    ]);
    expect([quotaOf(1, [10, 20]), quotaOf(2, [10, 20]), quotaOf(3, [10, 20])]).toEqual([10, 20, 28]);
  });

  it.each([
    ['green', {}],
    ['yellow', { deferred: 40 }],
    ['yellow', { hard: 20 }],
    ['yellow', { complaints: 1 }],
    ['red', { hard: 50 }],
    ['red', { complaints: 3 }],
    ['red', { blocked: 8 }],
    ['green', { accepted: 5, hard: 5 }],
  ])('calls a day %s: %j', (colour, over) => {
    expect(colourOf(day(over))).toBe(colour);
  });

  it('goes on after a green day, waits after a yellow one, and goes back after a red one', () => {
    const config = { startedOn: '2026-11-20' };
    const next = (over: Partial<WarmUpDay>) => stepOf('2026-11-25', day(over), config);
    expect(next({})).toBe(6);
    expect(next({ deferred: 60 })).toBe(5);
    expect(next({ accepted: 300 })).toBe(5); // less than half of the day was used
    expect(next({ hard: 60 })).toBe(3);
    expect(next({ step: 1, hard: 60 })).toBe(1);
    expect(stepOf('2026-12-24', day(), config)).toBe(6);
    expect(stepOf('2026-12-25', day(), config)).toBe(1); // 31 days without mail
    expect(stepOf('2026-11-24', null, config)).toBe(5);
    expect(stepOf('2026-11-19', null, config)).toBe(0);
  });

  it('spreads a day over ten hours', () => {
    const start = Date.parse('2026-11-24T06:00:00Z');
    expect(allowedBy(start, 200, 0)).toBe(1);
    expect(allowedBy(start + 0.5 * SPREAD_MS, 200, start)).toBe(101);
    expect(allowedBy(start + 2 * SPREAD_MS, 200, start)).toBe(200);
    expect(nextAt('2026-11-24', 200, start, 1)).toBe(start + SPREAD_MS / 200);
    expect(nextAt('2026-11-24', 200, start, 200)).toBe(Date.parse('2026-11-25T00:00:00Z'));
    // Nobody waits for an instant at which nothing is allowed yet.
    for (let reserved = 1; reserved < 200; reserved++)
      expect(allowedBy(nextAt('2026-11-24', 200, start, reserved), 200, start)).toBeGreaterThan(reserved);
  });
});

describe.each(databaseKinds)('the quota of a day on %s', (kind) => {
  let db: TestDatabase;
  let ctx: Context;
  beforeEach(async () => {
    db = await createTestDatabase(kind);
    ctx = await createTestContext(db.knex, {
      transports: {
        fresh: { host: 'a', warmUp: { startedOn: '2026-11-24', plan: [100, 1000] } },
        warm: { host: 'b' },
      },
    });
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-11-24T06:00:00Z') });
  });
  afterEach(async () => {
    vi.useRealTimers();
    await db.destroy();
  });

  const pass = (ms: number) => vi.setSystemTime(Date.now() + ms);
  /** Sends as the pump does: asks, and waits for the table while it is asked. */
  async function sendAll(quota: WarmUps, most: number, destination = 'example.net'): Promise<number> {
    for (let sent = 0; ; sent++) {
      for (const since = performance.now(); quota.wait('fresh', Date.now()) > 0; ) {
        // Short: the table is being asked. The clock of the plan stands still meanwhile.
        if (sent === most || quota.wait('fresh', Date.now()) > 1_000) return sent;
        if (performance.now() - since > 60_000) throw new Error('the table gives no answer');
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      if (sent === most || quota.waitFor('fresh', destination, Date.now()) > 0) return sent;
      quota.take('fresh', destination);
    }
  }

  it('is shared by all processes and spread over the day', async () => {
    const processes = [new WarmUps(ctx), new WarmUps(ctx)];
    const all = async () => {
      const sent = await Promise.all(
        processes.map((quota, i) => sendAll(quota, 1000, `${i}-${Math.floor(Date.now() / HOUR)}.example`)),
      );
      return sent[0]! + sent[1]!;
    };
    expect(await all()).toBe(1);
    pass(5 * HOUR);
    expect(await all()).toBe(50);
    pass(9 * HOUR);
    expect(await all()).toBe(49);
    expect(processes[0]!.wait('fresh', Date.now())).toBe(4 * HOUR);
    expect(processes[0]!.wait('warm', Date.now())).toBe(0);
    expect((await warmUpStates(ctx, Date.now())).get('fresh')).toEqual({ step: 1, quota: 100, used: 100 });
    await Promise.all(processes.map((quota) => quota.stop()));
  });

  it('gives at most half of a day to one destination', async () => {
    const quota = new WarmUps(ctx);
    await sendAll(quota, 1);
    pass(10 * HOUR);
    expect(await sendAll(quota, 1000)).toBe(49);
    expect(quota.waitFor('fresh', 'example.net', Date.now())).toBe(8 * HOUR);
    expect(await sendAll(quota, 1000, 'example.org')).toBe(50);
    await quota.stop();
    expect(
      await db.knex(TABLE.warmUps).where({ destination: 'example.net' }).first('reserved'),
    ).toMatchObject({
      reserved: expect.toSatisfy((count: unknown) => Number(count) === 50),
    });
  });

  it('takes the next step by what the day brought, and gives back what was not used', async () => {
    const quota = new WarmUps(ctx);
    await sendAll(quota, 1);
    pass(12 * HOUR);
    await sendAll(quota, 40, 'a.example');
    await sendAll(quota, 40, 'b.example');
    for (let i = 0; i < 81; i++) quota.report('fresh', { state: 'accepted', reason: null });
    quota.cancel('fresh', 'b.example');
    await quota.stop();
    expect(await lastWarmUpDay(db.knex, 'fresh')).toMatchObject({ step: 1, reserved: 80, accepted: 81 });

    pass(24 * HOUR);
    const next = new WarmUps(ctx);
    expect(await sendAll(next, 1)).toBe(1);
    expect((await warmUpStates(ctx, Date.now())).get('fresh')).toMatchObject({ step: 2, quota: 1000 });
    pass(10 * HOUR);
    await sendAll(next, 400);
    for (let i = 0; i < 50; i++) next.report('fresh', { state: 'bounced', reason: 'invalid' });
    for (let i = 0; i < 10; i++) next.report('fresh', { state: 'deferred', reason: 'reputation' });
    for (let i = 0; i < 10; i++) next.report('fresh', { state: 'deferred', reason: 'rate' });
    await next.stop();
    expect(await lastWarmUpDay(db.knex, 'fresh')).toMatchObject({ hard: 50, blocked: 10, deferred: 10 });
    pass(24 * HOUR);
    expect((await warmUpStates(ctx, Date.now())).get('fresh')).toMatchObject({
      step: 1,
      quota: 100,
      used: 0,
    });
  });

  it('counts complaints about the mail of a day', async () => {
    const quota = new WarmUps(ctx);
    await sendAll(quota, 1);
    pass(12 * HOUR);
    await sendAll(quota, 60, 'a.example');
    for (let i = 0; i < 61; i++) quota.report('fresh', { state: 'accepted', reason: null });
    await quota.stop();
    const now = Date.now();
    await db
      .knex(TABLE.runs)
      .insert({ campaign_id: 'c', version: 1, snapshot: '{}', start_at: now, created_at: now });
    await db.knex(TABLE.deliveries).insert({
      ...{ id: 1, campaign_id: 'c', batch_id: 1, subscriber_id: 's', email: 'x@a.example' },
      ...{ email_key: 'x@a.example', address_hash: 'h', language: 'en', state: 'accepted' },
      ...{ transport: 'fresh', created_at: now, settled_at: now },
    });
    await db.knex(TABLE.events).insert({ type: 'complaint', campaign_id: 'c', delivery_id: 1, at: now });
    pass(24 * HOUR);
    const next = new WarmUps(ctx);
    await sendAll(next, 1);
    // One in 61 is more than 0.3 %.
    expect(await lastWarmUpDay(db.knex, 'fresh')).toMatchObject({ day: '2026-11-25', step: 1 });
    await next.stop();
  });

  it('waits when the table is away', async () => {
    const warn = vi.fn();
    const away = { ...ctx, log: { ...ctx.log, warn } };
    const quota = new WarmUps(away);
    await db.knex.schema.renameTable(TABLE.warmUps, 'elsewhere');
    expect(await sendAll(quota, 1)).toBe(0);
    expect(warn).toHaveBeenCalledWith(
      expect.stringContaining('warm-up of the transport "fresh" is not known'),
    );
    await db.knex.schema.renameTable('elsewhere', TABLE.warmUps);
    pass(6000);
    expect(await sendAll(quota, 1)).toBe(1);
    await quota.stop();
  });
});
