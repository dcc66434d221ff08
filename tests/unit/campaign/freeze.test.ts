import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countAudience } from '../../../server/src/audience';
import { cancel, finishIfDone, freezeStep, loadRun } from '../../../server/src/campaign';
import { nextSpan } from '../../../server/src/campaign/freeze';
import type { Context } from '../../../server/src/context';
import { anonymiseTraces, candidatesQuery, TABLE } from '../../../server/src/storage';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../../helpers/database';
import { addList, addPeople, addRun, toLists } from './fixtures';

async function freeze(ctx: Context, id: string): Promise<number> {
  for (let pages = 1; ; pages++) if ((await freezeStep(ctx, id)) === 'done') return pages;
}

const outcome = async (ctx: Context, id: string) =>
  ctx
    .knex(TABLE.deliveries)
    .where({ campaign_id: id })
    .orderBy('email')
    .select('email', 'state', 'reason', 'language');

describe.each(databaseKinds)('the frozen audience on %s', (kind) => {
  let db: TestDatabase;
  let ctx: Context;
  let news: string;
  let offers: string;
  let staff: string;

  beforeAll(async () => {
    db = await createTestDatabase(kind);
    ctx = await createTestContext(db.knex, { worker: { batchSize: 40 } });
    news = await addList(db.knex, 'news');
    offers = await addList(db.knex, 'offers');
    staff = await addList(db.knex, 'staff');
    const [, , , , , suppressed] = await addPeople(ctx, [
      { email: 'a-both@example.org', lists: [news, offers], language: 'ja' },
      { email: 'b-news@example.org', lists: [news] },
      { email: 'c-staff@example.org', lists: [news, staff] },
      { email: 'd-none@example.org', lists: [] },
      {
        email: 'e-bounced@example.org',
        lists: [news],
        status: 'bounced',
        language: 'en-x'.padEnd(60, '-abc'),
      },
      { email: 'f-suppressed@example.org', lists: [offers] },
      { email: 'g-ended@example.org', lists: [news] },
    ]);
    await db.knex(TABLE.suppressions).insert({
      address_hash: ctx.tokens.addressHash('f-suppressed@example.org'),
      reason: 'manual',
      since: Date.now(),
    });
    expect(suppressed).toBeTruthy();
    await db
      .knex(TABLE.subscriptions)
      .whereIn(
        'subscriber_id',
        db.knex(TABLE.subscribers).where({ email: 'g-ended@example.org' }).select('document_id'),
      )
      .update({ status: 'unsubscribed' });
  });
  afterAll(() => db?.destroy());

  it('counts and freezes the same people, each once, with a reason for those that get nothing', async () => {
    const audience = toLists([news, offers], [staff]);
    expect(await countAudience(ctx, audience)).toEqual({
      matched: 4,
      suppressed: 2,
      duplicates: 0,
      recipients: 2,
    });
    const id = await addRun(ctx, 'sending', audience);
    await freeze(ctx, id);
    expect(await outcome(ctx, id)).toEqual([
      { email: 'a-both@example.org', state: 'queued', reason: null, language: 'ja' },
      { email: 'b-news@example.org', state: 'queued', reason: null, language: 'en' },
      {
        email: 'e-bounced@example.org',
        state: 'skipped',
        reason: 'bounced',
        language: 'en-x-abc-abc-abc-abc-abc-abc-abc-abc'.slice(0, 35),
      },
      { email: 'f-suppressed@example.org', state: 'skipped', reason: 'suppressed', language: 'en' },
    ]);
    expect((await loadRun(ctx, id))?.frozenAt).toBeGreaterThan(0);
    expect(await freezeStep(ctx, id)).toBe('done');
  });

  it('finds nobody without lists', async () => {
    const nobody = { matched: 0, suppressed: 0, duplicates: 0, recipients: 0 };
    expect(await countAudience(ctx, toLists())).toEqual(nobody);
    expect(await countAudience(ctx, toLists([], [news]))).toEqual(nobody);
    const id = await addRun(ctx, 'sending', toLists([], [news]));
    await freeze(ctx, id);
    expect(await outcome(ctx, id)).toEqual([]);
    expect(await finishIfDone(ctx, id)).toBe(true);
  });

  it('freezes each person once while two processes do it at once, in batches of the configured size', async () => {
    const list = await addList(db.knex, `many-${kind}`);
    const people = Array.from({ length: 1234 }, (_, i) => ({ email: `p${i}@many.example`, lists: [list] }));
    await addPeople(ctx, people);
    const id = await addRun(ctx, 'sending', toLists([list]));
    await Promise.all([freeze(ctx, id), freeze(ctx, id), freeze(ctx, id)]);
    const rows: { email: string; batch_id: unknown }[] = await outcomeRows(ctx, id);
    expect(new Set(rows.map((row) => row.email)).size).toBe(1234);
    expect(rows).toHaveLength(1234);
    const batches: { id: unknown; size: number }[] = await ctx.knex(TABLE.batches).where({ campaign_id: id });
    const perBatch = new Map<string, number>();
    for (const row of rows) perBatch.set(String(row.batch_id), (perBatch.get(String(row.batch_id)) ?? 0) + 1);
    expect(batches.map((batch) => [String(batch.id), Number(batch.size)]).sort()).toEqual(
      [...perBatch].sort(),
    );
    expect(Math.max(...perBatch.values())).toBeLessThanOrEqual(40);
    const run: { candidates: unknown } = await ctx
      .knex(TABLE.runs)
      .where({ campaign_id: id })
      .first('candidates');
    expect(Number(run.candidates)).toBe(1234);
  });

  it('keeps the row of an address that comes back as another person during the freeze', async () => {
    const list = await addList(db.knex, `again-${kind}`);
    const people = Array.from({ length: 400 }, (_, i) => ({ email: `q${i}@again.example`, lists: [list] }));
    const ids = await addPeople(ctx, people);
    const id = await addRun(ctx, 'sending', toLists([list]));
    await freezeUntilFirst(ctx, id);
    // Erased and subscribed anew: the same address in a new row behind the cursor.
    const first = ids[0]!;
    expect(
      await ctx.knex(TABLE.deliveries).where({ campaign_id: id, subscriber_id: first }).first(),
    ).toBeTruthy();
    await ctx.knex(TABLE.subscribers).where({ document_id: first }).delete();
    await addPeople(ctx, [{ email: 'q0@again.example', lists: [list] }]);
    await freeze(ctx, id);
    const rows = await outcomeRows(ctx, id);
    expect(rows).toHaveLength(400);
    expect(new Set(rows.map((row) => row.email)).size).toBe(400);
  });

  it('mails nobody twice when a person is erased and added again during the freeze', async () => {
    const list = await addList(db.knex, `erased-${kind}`);
    const people = Array.from({ length: 400 }, (_, i) => ({ email: `e${i}@erased.example`, lists: [list] }));
    const [first, second] = await addPeople(ctx, people);
    const id = await addRun(ctx, 'sending', toLists([list]));
    await freezeUntilFirst(ctx, id);
    await anonymiseTraces(ctx.knex, [first!, second!]);
    await ctx.knex(TABLE.subscribers).whereIn('document_id', [first!, second!]).delete();
    await addPeople(ctx, people.slice(0, 1));
    await freeze(ctx, id);
    const rows = await outcomeRows(ctx, id);
    expect(rows).toHaveLength(400);
    expect(rows.filter((row) => row.email === '')).toHaveLength(2);
    expect(rows.map((row) => row.email)).not.toContain('e0@erased.example');
  });

  it('stops at a cancellation, and skips who was frozen', async () => {
    const list = await addList(db.knex, `stop-${kind}`);
    await addPeople(
      ctx,
      Array.from({ length: 600 }, (_, i) => ({ email: `r${i}@stop.example`, lists: [list] })),
    );
    const id = await addRun(ctx, 'sending', toLists([list]));
    await freezeUntilFirst(ctx, id);
    await cancel(ctx, id);
    expect(await freezeStep(ctx, id)).toBe('done');
    const states = await ctx.knex(TABLE.deliveries).where({ campaign_id: id }).distinct('state', 'reason');
    expect(states).toEqual([{ state: 'skipped', reason: 'cancelled' }]);
    expect(await ctx.knex(TABLE.batches).where({ campaign_id: id, done: false })).toEqual([]);
    expect((await outcomeRows(ctx, id)).length).toBeLessThan(600);
    expect(await finishIfDone(ctx, id)).toBe(false);
  });
});

/** Small pages until the first delivery rows are there: the freeze is half done then. */
async function freezeUntilFirst(ctx: Context, id: string): Promise<void> {
  while (!(await ctx.knex(TABLE.deliveries).where({ campaign_id: id }).first()))
    await freezeStep(ctx, id, { span: 100 });
}

const outcomeRows = async (ctx: Context, id: string): Promise<{ email: string; batch_id: unknown }[]> =>
  ctx.knex(TABLE.deliveries).where({ campaign_id: id }).select('email', 'batch_id');

describe.each(databaseKinds)('the plan of a page on %s', (kind) => {
  it('probes the subscriptions by person, even before the database has statistics', async () => {
    const db = await createTestDatabase(kind);
    try {
      const ctx = await createTestContext(db.knex);
      const list = await addList(db.knex, 'plan');
      const people = Array.from({ length: 3000 }, (_, i) => ({ email: `p${i}@plan.example`, lists: [list] }));
      await addPeople(ctx, people);
      const { sql, bindings } = candidatesQuery(db.knex, toLists([list], ['other']), 100, 2900, 0).toSQL();
      const explain = kind === 'sqlite' ? 'explain query plan' : 'explain';
      const plan = JSON.stringify(await db.knex.raw(`${explain} ${sql}`, bindings as string[]));
      expect(plan).toMatch(/newsletter_subscriptions_(uq|list_idx)/);
      expect(plan).not.toMatch(/Hash|Seq Scan on newsletter_subscriptions|SCAN x/);
    } finally {
      await db.destroy();
    }
  });
});

describe('the size of a page', () => {
  it('shrinks in proportion when a page was slow and grows when it was fast', () => {
    expect(nextSpan(1000, 40)).toBe(500);
    expect(nextSpan(1000, 5)).toBe(1500);
    expect(nextSpan(1000, 15)).toBe(1000);
    expect(nextSpan(200, 10_000)).toBe(100);
    expect(nextSpan(5000, 1)).toBe(5000);
  });
});
