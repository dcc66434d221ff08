import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ResolvedAudience, Rule, RuleGroup } from '../../../shared/contracts';
import { countAudience, resolveAudience } from '../../../server/src/audience';
import { freezeStep, preflightCampaign, schedule } from '../../../server/src/campaign';
import type { Context } from '../../../server/src/context';
import {
  candidatesQuery,
  countSegment,
  CountTimeout,
  dueDeliveries,
  insertSegment,
  TABLE,
  updateSegment,
} from '../../../server/src/storage';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../../helpers/database';
import { addCampaign, addList, addPeople, addRun } from '../campaign/fixtures';

const and = (...rules: (Rule | RuleGroup)[]): RuleGroup => ({ combinator: 'and', not: false, rules });
const speaks = (language: string): RuleGroup => and({ field: 'language', operator: 'is', value: language });
const resolved = (rules: RuleGroup) => ({ documentId: 'segment00001', name: 'Some', rules });
const DAY = 86_400_000;

describe.each(databaseKinds)('an audience with segments on %s', (kind) => {
  let db: TestDatabase;
  let ctx: Context;
  let news: string;
  let offers: string;

  beforeAll(async () => {
    db = await createTestDatabase(kind);
    ctx = await createTestContext(db.knex, { worker: { batchSize: 2 } });
    news = await addList(db.knex, 'news');
    offers = await addList(db.knex, 'offers');
    const people = await addPeople(ctx, [
      { email: 'a-news-ja@example.org', lists: [news], language: 'ja' },
      { email: 'b-news-en@example.org', lists: [news], language: 'en' },
      { email: 'c-offers-ja@example.org', lists: [offers], language: 'ja' },
      { email: 'd-nolist-ja@example.org', lists: [], language: 'ja' },
      { email: 'e-left-ja@example.org', lists: [news, offers], language: 'ja' },
      { email: 'f-bounced-ja@example.org', lists: [offers], language: 'ja', status: 'bounced' },
      { email: 'g-suppressed-ja@example.org', lists: [offers], language: 'ja' },
      { email: 'h-offers-en@example.org', lists: [offers], language: 'en' },
    ]);
    await db
      .knex(TABLE.subscriptions)
      .where({ subscriber_id: people[4]!, list_id: news })
      .update({ status: 'unsubscribed' });
    await db.knex(TABLE.suppressions).insert({
      address_hash: ctx.tokens.addressHash('g-suppressed-ja@example.org'),
      reason: 'manual',
      since: Date.now(),
    });
  });
  afterAll(() => db?.destroy());

  const audience = (
    include: Partial<ResolvedAudience['include']>,
    exclude: Partial<ResolvedAudience['exclude']> = {},
  ): ResolvedAudience => ({
    include: { lists: [], segments: [], ...include },
    exclude: { lists: [], segments: [], ...exclude },
  });

  async function frozen(of: ResolvedAudience, startAt = 0): Promise<Record<string, string | null>> {
    const id = await addRun(ctx, 'sending', of, startAt);
    while ((await freezeStep(ctx, id, { span: 3 })) === 'more');
    const rows: { email: string; reason: string | null }[] = await db
      .knex(TABLE.deliveries)
      .where({ campaign_id: id })
      .orderBy('email')
      .select('email', 'reason');
    return Object.fromEntries(rows.map(({ email, reason }) => [email.split('@')[0], reason]));
  }

  it('counts and freezes the people of lists and segments, each once, without those left out', async () => {
    const all = audience({ lists: [news], segments: [resolved(speaks('ja'))] });
    expect(await countAudience(ctx, all)).toEqual({
      matched: 7,
      suppressed: 3,
      duplicates: 0,
      recipients: 4,
    });
    expect(await frozen(all)).toEqual({
      'a-news-ja': null,
      'b-news-en': null,
      'c-offers-ja': null,
      'd-nolist-ja': null,
      // Found by the segment, but the mail names a list that they have left.
      'e-left-ja': 'left-list',
      'f-bounced-ja': 'bounced',
      'g-suppressed-ja': 'suppressed',
    });
    const without = audience({ lists: [news, offers] }, { segments: [resolved(speaks('ja'))] });
    expect(await countAudience(ctx, without)).toMatchObject({ matched: 2, recipients: 2 });
    expect(await frozen(without)).toEqual({ 'b-news-en': null, 'h-offers-en': null });
  });

  it('sends to people of a segment alone who are subscribed, on a list or not', async () => {
    const alone = audience({ segments: [resolved(speaks('ja'))] }, { lists: [offers] });
    expect(await frozen(alone)).toEqual({ 'a-news-ja': null, 'd-nolist-ja': null });
  });

  it('keeps those out at the last moment who left a named list, not those who never were on one', async () => {
    const id = await addRun(ctx, 'sending', audience({ lists: [news], segments: [resolved(speaks('ja'))] }));
    while ((await freezeStep(ctx, id)) === 'more');
    const onList = async (segments: boolean) => {
      const batches: { id: number }[] = await db.knex(TABLE.batches).where({ campaign_id: id }).select('id');
      const rows = [];
      for (const batch of batches) {
        rows.push(
          ...(await dueDeliveries(db.knex, {
            batchId: Number(batch.id),
            afterId: 0,
            limit: 10,
            lists: [news],
            segments,
          })),
        );
      }
      return Object.fromEntries(rows.map((row) => [row.email.split('@')[0], row.onList]));
    };
    const leaver = db.knex(TABLE.subscribers).where({ email: 'a-news-ja@example.org' }).select('document_id');
    const row = () => db.knex(TABLE.subscriptions).whereIn('subscriber_id', leaver);
    try {
      await row().update({ status: 'unsubscribed' });
      expect(await onList(true)).toEqual({
        'a-news-ja': false,
        'b-news-en': true,
        'c-offers-ja': true,
        'd-nolist-ja': true,
      });
      expect(await onList(false)).toMatchObject({ 'c-offers-ja': false, 'b-news-en': true });
    } finally {
      await row().update({ status: 'subscribed' });
    }
  });

  it('reads relative dates as of the start of the campaign on every page', async () => {
    const start = Date.parse('2026-06-01T00:00:00Z');
    const days = [0, 9, 10, 11, 30].map((ago) => new Date(start - ago * DAY));
    const emails = ['a-news-ja', 'b-news-en', 'c-offers-ja', 'd-nolist-ja', 'h-offers-en'];
    for (const [i, email] of emails.entries()) {
      await db
        .knex(TABLE.subscribers)
        .where({ email: `${email}@example.org` })
        .update({ last_sent_at: days[i] });
    }
    const recent = resolved(and({ field: 'lastSentAt', operator: 'inLast', value: 10 }));
    expect(await frozen(audience({ segments: [recent] }), start)).toEqual({
      'a-news-ja': null,
      'b-news-en': null,
      'c-offers-ja': null,
    });
    await db.knex(TABLE.subscribers).update({ last_sent_at: null });
  });

  it('copies the rules at scheduling: what is edited afterwards changes nothing', async () => {
    const segment = await insertSegment(db.knex, {
      name: 'Japanese',
      description: null,
      rules: speaks('ja'),
    });
    const { audience: now } = await resolveAudience(db.knex, {
      include: { lists: [], segments: [segment] },
      exclude: { lists: [], segments: [] },
    });
    await updateSegment(db.knex, segment, { rules: speaks('en') });
    expect(await countAudience(ctx, now)).toMatchObject({ matched: 6 });
  });

  it('refuses to schedule when a segment is gone, unreadable or asks for a deleted list', async () => {
    const broken = await insertSegment(db.knex, { name: 'Broken', description: null, rules: speaks('ja') });
    await db.knex(TABLE.segments).where({ document_id: broken }).update({ rules: '{"combinator":"xor"}' });
    const dangling = await insertSegment(db.knex, {
      name: 'Dangling',
      description: null,
      rules: and({ field: 'list', operator: 'notOn', list: 'deletedlist1', status: 'subscribed' }),
    });
    const empty = await insertSegment(db.knex, { name: 'Empty', description: null, rules: speaks('xx') });
    const id = await addCampaign(db.knex, {
      audience: {
        include: { lists: [], segments: [dangling, empty] },
        exclude: { lists: [], segments: ['deletedsegment', broken] },
      },
    });
    const items = (await preflightCampaign(ctx, id)).filter((item) => item.id.startsWith('segment-'));
    expect(items.map((item) => [item.id, item.level]).sort()).toEqual([
      ['segment-empty', 'warning'],
      ['segment-gone', 'blocking'],
      ['segment-unknown-list', 'blocking'],
      ['segment-unreadable', 'blocking'],
    ]);
    await expect(schedule(ctx, id, {})).rejects.toThrow(/A segment of the audience \(excluded\) was deleted/);
  });

  it('counts a segment, those that mail reaches apart, and stops when the time is over', async () => {
    const rules = speaks('ja');
    expect(await countSegment(db.knex, rules, { now: Date.now(), timeoutMs: 10_000 })).toEqual({
      matched: 6,
      reachable: 4,
    });
    if (kind === 'sqlite') {
      await expect(countSegment(db.knex, rules, { now: 0, timeoutMs: -1 })).rejects.toThrow(CountTimeout);
      return;
    }
    // The table is locked by somebody else for as long as it takes.
    await db.knex.transaction(async (trx) => {
      if (kind === 'postgres') await trx.raw(`lock table ${TABLE.subscribers} in access exclusive mode`);
      else await trx.raw(`lock tables ${TABLE.subscribers} write`);
      await expect(countSegment(db.knex, rules, { now: 0, timeoutMs: 200 })).rejects.toThrow(CountTimeout);
      if (kind === 'mariadb' || kind === 'mysql') await trx.raw('unlock tables');
    });
    // The connection is usable again.
    expect(await countSegment(db.knex, rules, { now: 0, timeoutMs: 10_000 })).toMatchObject({ matched: 6 });
  });

  it('probes subscriptions, events and deliveries of a page by person', async () => {
    // Where a campaign has no rows at all, its rows are as near as those of a person.
    await db.knex(TABLE.deliveries).insert(
      Array.from({ length: 200 }, (_, n) => ({
        campaign_id: 'campaign0001',
        batch_id: 0,
        subscriber_id: `somebody${n}`,
        email: `${n}@example.net`,
        email_key: `${n}@example.net`,
        address_hash: `hash${n}`,
        language: 'en',
        state: 'accepted',
        created_at: 1,
      })),
    );
    const isMysql = kind === 'mariadb' || kind === 'mysql';
    await db.knex.raw(`analyze ${isMysql ? 'table ' : ''}${TABLE.deliveries}`);
    const rules = and(
      { field: 'list', operator: 'on', list: news, status: 'subscribed' },
      {
        combinator: 'or',
        not: false,
        rules: [
          { field: 'activity', operator: 'did', action: 'opened', campaign: null, link: null, days: 30 },
          {
            field: 'activity',
            operator: 'didNot',
            action: 'received',
            campaign: 'campaign0001',
            link: null,
            days: null,
          },
        ],
      },
    );
    const query = candidatesQuery(db.knex, audience({ segments: [resolved(rules)] }), 100, 2900, Date.now());
    const { sql, bindings } = query.toSQL();
    const explain = kind === 'sqlite' ? 'explain query plan' : 'explain';
    const plan = JSON.stringify(await db.knex.raw(`${explain} ${sql}`, bindings as string[]));
    expect(plan).toMatch(/newsletter_subscriptions_(uq|list_idx)/);
    expect(plan).toMatch(/newsletter_events_person_idx/);
    expect(plan).toMatch(/newsletter_deliveries_person_uq/);
    expect(plan).not.toMatch(/Hash|Seq Scan on newsletter_(subscriptions|events|deliveries)|SCAN a/);
  });
});
