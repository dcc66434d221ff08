import type { Knex } from 'knex';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as storage from '../../../server/src/storage';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../../helpers/database';

const { TABLE } = storage;
const NOW = Date.now();
const HOUR = 3_600_000;

/** Rows of a generator `n(i)`, made by the database: 20,000 deliveries of 40 campaigns, and what belongs to them. */
async function fill(knex: Knex): Promise<void> {
  const rows = (table: string, count: number, columns: Record<string, string>) =>
    knex.raw(
      `insert into ${table} (${Object.keys(columns).join(', ')})
       with recursive n(i) as (select 0 union all select i + 1 from n where i < ${count - 1})
       select ${Object.values(columns).join(', ')} from n`,
    );
  const at = `${NOW - 40 * 24 * HOUR} + i`;
  await rows(TABLE.subscribers, 5000, {
    document_id: `'s' || i`,
    email: `'p' || i || '@example.com'`,
    email_key: `'p' || i || '@example.com'`,
    address_hash: `'h' || i`,
    status: `'subscribed'`,
    created_at: 'current_timestamp',
  });
  await rows(TABLE.batches, 10_000, { campaign_id: `'c' || (i / 10)`, size: '50' });
  await rows(TABLE.deliveries, 20_000, {
    campaign_id: `'c' || (i / 500)`,
    batch_id: '1 + i / 50',
    subscriber_id: `'s' || (i % 5000)`,
    email: `'p' || (i % 5000) || '@example.com'`,
    email_key: `'p' || (i % 5000) || '@example.com'`,
    address_hash: `'h' || (i % 5000)`,
    language: `'en'`,
    state: `case i % 10 when 0 then 'deferred' when 1 then 'bounced' when 2 then 'in_doubt' else 'accepted' end`,
    reason: `case i % 20 when 0 then 'paced' when 10 then 'authentication' when 1 then 'mailbox-full' end`,
    destination: `case i % 20 when 0 then 'google' when 10 then 'google' end`,
    transport: `'relay'`,
    next_at: `case i % 10 when 0 then ${NOW + HOUR} else 0 end`,
    settled_at: `case i % 10 when 0 then null else ${at} end`,
    created_at: at,
  });
  await rows(TABLE.events, 20_000, {
    type: `case i % 100 when 0 then 'complaint' else 'open' end`,
    campaign_id: `'c' || (i / 500)`,
    delivery_id: 'i + 1',
    subscriber_id: `'s' || (i % 5000)`,
    at,
  });
  await rows(TABLE.suppressions, 40_000, {
    address_hash: `'x' || i`,
    reason: `'hard-bounce'`,
    scope: `'all'`,
    since: at,
  });
  await rows(TABLE.feedback, 10_000, {
    event_key: `'e' || i`,
    way: `'mailbox'`,
    source: `'box'`,
    kind: `'bounce'`,
    result: `case i % 100 when 0 then 'held' when 1 then 'unmatched' else 'applied' end`,
    why: `'hard'`,
    delivery_id: 'i + 1',
    campaign_id: `'c' || (i / 500)`,
    subscriber_id: `'s' || (i % 5000)`,
    reason: `'userunknown'`,
    class: `'invalid'`,
    severity: `'hard'`,
    reporter: `'mx' || (i % 500) || '.example.com'`,
    at,
    received_at: at,
  });
  await rows(TABLE.hygieneFindings, 10_000, {
    run_id: `'r' || (i / 1000)`,
    kind: `case i % 2 when 0 then 'role' else 'typo' end`,
    subscriber_id: `'s' || (i % 5000)`,
  });
  await rows(TABLE.sunset, 1000, { subscriber_id: `'s' || (i * 5)`, marked_at: at });
  await rows(TABLE.destinationCounts, 4000, {
    campaign_id: `'c' || (i / 100)`,
    source: `'relay'`,
    destination: `'d' || (i % 100)`,
    accepted: '7',
  });
  await rows(TABLE.stsPolicies, 5000, {
    domain: `'d' || i || '.example.com'`,
    policy_id: `'1'`,
    mode: `'enforce'`,
    mx: `'[]'`,
    max_age: '86400',
    fetched_at: at,
    expires_at: `${NOW - 100 * HOUR} + i * 100000`,
  });
  await rows(TABLE.runs, 40, {
    campaign_id: `'c' || i`,
    version: '1',
    snapshot: `'{}'`,
    start_at: '1',
    ended_at: '2',
    created_at: '1',
  });
  await knex.raw('analyze');
}

const people = Array.from({ length: 20 }, (_, i) => `s${i * 7}`);
const ids = Array.from({ length: 20 }, (_, i) => i * 11 + 1);
const noLimits = { page: 1, pageSize: 20, waitMs: HOUR };

/** What runs while large tables grow, by room. */
const CALLS: Record<string, (db: Knex) => Promise<unknown>> = {
  'destinations: who waits': (db) => storage.deferredByDestination(db, ['c3']),
  'destinations: put off': (db) =>
    storage.holdDeliveries(
      db,
      [{ ids, source: 'relay', destination: 'google', reason: 'held', nextAt: NOW + HOUR }],
      NOW,
    ),
  'destinations: noted': (db) => storage.noteDestination(db, 'google', ids),
  'destinations: resume': (db) =>
    storage.releaseHeld(db, 'c4', { source: 'relay', destination: 'google' }, NOW),
  'destinations: counters': (db) => storage.destinationCounts(db, ['c3'], NOW),
  'claim: rows': (db) =>
    storage.dueDeliveries(db, { batchId: 30, afterId: 0, limit: 500, lists: ['l'], segments: true }),
  'claim: batch': (db) => storage.claimBatch(db, 'c5', 1),
  'claim: give back': (db) => storage.releaseBatch(db, 31, 1),
  'reconciler: due': (db) => storage.hasDueBatch(db, 'c5'),
  'in doubt: page': (db) => storage.pageInDoubt(db, 'c3', noLimits),
  'in doubt: count': (db) => storage.countInDoubt(db, 'c3', HOUR),
  'in doubt: leave': (db) => storage.leaveInDoubt(db as Knex.Transaction, 'c6'),
  'in doubt: send again': (db) => db.transaction((trx) => storage.requeueInDoubt(trx, 'c7', HOUR)),
  'guards: refused': (db) => storage.countRefused(db, 'c3'),
  'guards: accepted': (db) => storage.countAccepted(db, 'c3'),
  'guards: domains': (db) => storage.refusedAddresses(db, 'c3', ['authentication'], 200),
  'guards: receivers': (db) => storage.waitingByDestination(db, 'c3', ['authentication']),
  'guards: took': (db) => storage.acceptedByDestination(db, 'c3'),
  'guards: soft': (db) => storage.softFailuresAfter(db, 'c3', ['mailbox-full'], { at: 0, id: 0 }, NOW, 200),
  'guards: complaints': (db) => storage.countPeopleWith(db, 'c3', 'complaint'),
  'guards: forget': (db) => storage.pruneFeedback(db, NOW - 60 * 24 * HOUR, 100),
  'feedback: seen before': (db) => storage.newestMailed(db, people, 0),
  'feedback: outcomes': (db) => storage.mailOutcomes(db, people, 0),
  'feedback: bounce': (db) =>
    storage.bounceDeliveries(db, [{ id: 5, reason: 'invalid', replyCode: 550, status: null, text: null }]),
  'feedback: in doubt': (db) => storage.resolveDoubtful(db, ids),
  'feedback: page': (db) => storage.pageFeedback(db, { result: 'held' }, null, 20),
  'feedback: page of a reporter': (db) => storage.pageFeedback(db, { reporter: 'mx3.example.com' }, null, 20),
  'feedback: counts': (db) => storage.countFeedback(db),
  'suppressions: page': (db) => storage.pageSuppressions(db, {}, null, 20),
  'deliverability: settled': (db) => storage.settledDeliveries(db, 'c3', 'accepted', 0, 200),
  'deliverability: complained': (db) => storage.complainedDeliveries(db, 'c3'),
  'hygiene: people': (db) => storage.peopleToCheck(db, { kind: 'list', id: 'l', name: 'l' }, 0, 100),
  'hygiene: findings': (db) => storage.openFindings(db, 'r3', 'role', 100),
  'hygiene: quiet people': (db) => storage.quietPeople(db, NOW, 0, 100),
  'hygiene: mails of quiet people': (db) => storage.acceptedSince(db, people, ['c1', 'c2', 'c3'], 0),
  'warm-up: complaints': (db) => storage.complaintsOfDay(db, 'relay', NOW - 24 * HOUR, NOW),
  'warm-up: turns': (db) => storage.engagementTurns(db, people, NOW),
  tick: (db) =>
    storage.commitTick(db, { epoch: 1, leaseMs: HOUR, asked: ids, open: [], outcomes: [], now: NOW }),
  'mx: policy': (db) => storage.readStsPolicy(db, 'd7.example.com', NOW),
  'mx: old policies': (db) => storage.forgetStsPolicies(db, NOW - 99 * HOUR),
};

const kinds = databaseKinds.filter((kind) => kind === 'sqlite' || kind === 'postgres');

describe.each(kinds)('statements on large tables on %s', (kind) => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase(kind);
    await fill(db.knex);
  }, 120_000);
  afterAll(() => db.destroy());

  async function plansOf(work: () => Promise<unknown>): Promise<string[]> {
    const said: { sql: string; bindings: Knex.RawBinding[] }[] = [];
    const hear = (query: { sql: string; bindings: Knex.RawBinding[] }) => said.push(query);
    db.knex.on('query', hear);
    await work();
    db.knex.removeListener('query', hear);
    const plans: string[] = [];
    for (const { sql, bindings } of said) {
      if (!/^\s*(select|update|delete|with)\b/i.test(sql)) continue;
      const explain = kind === 'sqlite' ? 'explain query plan' : 'explain';
      // knex has numbered them for PostgreSQL.
      const text = kind === 'sqlite' ? sql : sql.replace(/\$\d+/g, '?');
      const result: unknown = await db.knex.raw(`${explain} ${text}`, bindings ?? []);
      const lines = kind === 'sqlite' ? result : (result as { rows: unknown[] }).rows;
      const plan = (lines as Record<string, string>[]).map((row) => row.detail ?? row['QUERY PLAN']);
      plans.push(`${sql}\n${plan.join('\n')}`);
    }
    return plans;
  }

  it.each(Object.keys(CALLS))('%s', async (name) => {
    const plans = await plansOf(() => CALLS[name]!(db.knex));
    expect(plans.length).toBeGreaterThan(0);
    for (const plan of plans) expect(plan).not.toMatch(SCANS[kind]);
  });

  it('shows a statement without an index as such', async () => {
    const plans = await plansOf(() => db.knex(TABLE.deliveries).where({ language: 'ja' }).select('id'));
    expect(plans[0]).toMatch(SCANS[kind]);
  });
});

const LARGE = [
  ...[TABLE.deliveries, TABLE.events, TABLE.batches, TABLE.feedback, TABLE.suppressions, TABLE.subscribers],
  ...[TABLE.hygieneFindings, TABLE.destinationCounts, TABLE.stsPolicies],
].join('|');
/** SQLite names tables by their alias, which has one letter; `c` is what a statement is given. */
const SCANS = {
  sqlite: new RegExp(`SCAN (${LARGE}|[abd-z])\\b`),
  postgres: new RegExp(`Seq Scan on (${LARGE})`),
};
