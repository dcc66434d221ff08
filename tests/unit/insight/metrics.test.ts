import { Resolver } from 'node:dns/promises';
import { afterEach, expect, it } from 'vitest';
import { createMetrics, diagnose, refuseMetrics } from '../../../server/src/insight';
import { TABLE } from '../../../server/src/storage';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, type TestDatabase } from '../../helpers/database';

let db: TestDatabase;
afterEach(() => db.destroy());
const TOKEN = 'a-token-for-prometheus';

it('counts outcomes by transport and class, with a bounded number of labels and no address', async () => {
  db = await createTestDatabase('sqlite');
  const transports = { relay: { host: '127.0.0.1' } };
  const ctx = await createTestContext(db.knex, { transports, metrics: { enabled: true } });
  const metrics = (await createMetrics(ctx))!;
  metrics.observer.ticked(0.003);
  const refused = { state: 'bounced', reason: 'invalid', replyCode: 550, transport: 'relay' } as const;
  metrics.observer.settled([
    refused,
    refused,
    { state: 'accepted', reason: null, replyCode: 250, transport: 'relay' },
    { state: 'deferred', reason: 'network', replyCode: null, transport: 'relay' },
    { state: 'skipped', reason: 'suppressed', replyCode: null, transport: null },
    { state: 'in_doubt', reason: 'in-doubt', replyCode: null, transport: 'relay' },
  ]);
  const later = { rate_until: 0, said_at: 1, version: 1, updated_at: 1 };
  await db.knex(TABLE.destinations).insert([
    { source: 'relay', destination: 'google', suspended_until: Date.now() + 60_000, ...later },
    { source: 'relay', destination: 'yahoo', suspended_until: Date.now() - 60_000, ...later },
  ]);
  const { type, body } = await metrics.read(null);
  expect(type).toContain('text/plain; version=0.0.4');
  expect(body.split('\n')).toEqual(
    expect.arrayContaining([
      'newsletter_deliveries_total{transport="relay",outcome="bounced"} 2',
      'newsletter_deliveries_total{transport="relay",outcome="accepted"} 1',
      'newsletter_deliveries_total{transport="none",outcome="skipped"} 1',
      'newsletter_refusals_total{transport="relay",reply="5",class="invalid"} 2',
      'newsletter_refusals_total{transport="relay",reply="none",class="network"} 1',
      'newsletter_ledger_tick_seconds_count 1',
      'newsletter_backlog_deliveries 0',
      'newsletter_oldest_due_age_seconds{kind="mails"} 0',
      'newsletter_campaigns{state="sending"} 0',
      'newsletter_queue_up 0',
      'newsletter_suspended_destinations{transport="relay"} 1',
    ]),
  );
  expect(body).not.toContain('in-doubt');
  expect(body).not.toContain('process_cpu');
});

it('is off by default, and wants its token', async () => {
  db = await createTestDatabase('sqlite');
  const off = await createTestContext(db.knex);
  expect(await createMetrics(off)).toBeNull();
  expect(refuseMetrics(off, `Bearer ${TOKEN}`)?.status).toBe(404);
  const open = await createTestContext(db.knex, { metrics: { enabled: true } });
  expect(refuseMetrics(open, undefined)).toBeNull();
  expect(refuseMetrics({ ...open, production: true }, undefined)).toMatchObject({ status: 403 });
  const closed = await createTestContext(db.knex, { metrics: { enabled: true, token: TOKEN } });
  expect(refuseMetrics(closed, undefined)?.status).toBe(401);
  expect(refuseMetrics(closed, `Bearer ${TOKEN}x`)?.status).toBe(401);
  expect(refuseMetrics(closed, `Bearer ${TOKEN}`)).toBeNull();
});

it('warns at boot, and the doctor too, when nobody may read them', async () => {
  db = await createTestDatabase('sqlite');
  const warnings: string[] = [];
  const given = async (metrics: { enabled: boolean; token?: string }, production: boolean) => {
    const ctx = await createTestContext(db.knex, { metrics });
    const log = { ...ctx.log, warn: (message: string) => void warnings.push(message) };
    return { ...ctx, production, log };
  };
  const closed = await given({ enabled: true }, true);
  await createMetrics(closed);
  expect(warnings).toEqual([expect.stringContaining('set newsletter.config.metrics.token')]);
  const resolver = new Resolver();
  expect(await diagnose(closed, resolver)).toContainEqual({
    level: 'warn',
    subject: 'metrics',
    text: expect.stringContaining('newsletter.config.metrics.token'),
  });
  for (const ctx of [
    await given({ enabled: true }, false),
    await given({ enabled: true, token: TOKEN }, true),
    await given({ enabled: false }, true),
  ]) {
    await createMetrics(ctx);
    expect((await diagnose(ctx, resolver)).map(({ subject }) => subject)).not.toContain('metrics');
  }
  expect(warnings).toHaveLength(1);
});
