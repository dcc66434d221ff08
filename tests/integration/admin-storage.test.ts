import type { Knex } from 'knex';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addPerson, unsubscribe } from '../../server/src/audience';
import type { Context } from '../../server/src/context';
import {
  countByStatus,
  countSubscriptions,
  deleteList,
  findList,
  findSubscriber,
  insertList,
  insertTemplate,
  pageLists,
  pageSubscribers,
  pageTemplates,
  TABLE,
  takenSlugs,
  timelineOf,
  updateList,
} from '../../server/src/storage';
import { createTestContext } from '../helpers/context';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../helpers/database';

describe.each(databaseKinds)('what the panel reads and writes, on %s', (kind) => {
  let database: TestDatabase;
  let db: Knex;
  let ctx: Context;

  beforeAll(async () => {
    database = await createTestDatabase(kind);
    db = database.knex;
    ctx = await createTestContext(db);
  });
  afterAll(() => database?.destroy());

  const list = (name: string, slug: string, isDefault = false) =>
    insertList(db, { name, slug, description: null, public: true, optIn: 'double', isDefault });
  const person = (email: string, lists: string[], more: object = {}) =>
    addPerson(ctx, { email, lists, consent: true, ...more }, { source: 'admin' });
  const page = async (query: object) =>
    (await pageSubscribers(db, { sort: 'email:asc', page: 1, pageSize: 50, ...query })).rows.map(
      ({ email }) => email,
    );

  it('keeps one default list, pages by name, and finds what a slug collides with', async () => {
    const first = await list('Beta', 'beta', true);
    await list('Älpha', 'alpha', true);
    expect(await findList(db, first)).toMatchObject({ isDefault: false, public: true, optIn: 'double' });
    await updateList(db, first, { isDefault: true, name: 'Beta 2' });
    const { rows, total } = await pageLists(db, { page: 1, pageSize: 10 });
    expect(rows.filter((row) => row.isDefault).map((row) => row.name)).toEqual(['Beta 2']);
    expect(total).toBe(2);
    expect((await pageLists(db, { page: 1, pageSize: 10, search: 'BETA' })).rows).toHaveLength(1);
    expect((await pageLists(db, { page: 1, pageSize: 10, search: '%' })).rows).toEqual([]);
    expect(await takenSlugs(db, 'bet')).toEqual(new Set(['beta']));
    expect(rows[0]?.createdAt).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
  });

  it('pages people by word, status and list', async () => {
    const news = await list('News', 'news');
    await person('aiko@example.com', [news], {
      firstName: 'Aiko',
      lastName: '佐藤',
      attributes: { vip: true },
    });
    await person('b_b@example.com', [news], { firstName: 'Bea' });
    const left = await person('cleo@example.com', [news]);
    await unsubscribe(ctx, { addressHash: ctx.tokens.addressHash('cleo@example.com') }, { via: 'page' });

    expect(await page({})).toEqual(['aiko@example.com', 'b_b@example.com', 'cleo@example.com']);
    expect(await page({ search: 'AIKO 佐' })).toEqual(['aiko@example.com']);
    expect(await page({ search: 'b_b' })).toEqual(['b_b@example.com']);
    expect(await page({ search: '_' })).toEqual(['b_b@example.com']);
    expect(await page({ search: '!' })).toEqual([]);
    expect(await page({ list: news })).toEqual(['aiko@example.com', 'b_b@example.com']);
    expect(await page({ list: news, status: 'unsubscribed' })).toEqual(['cleo@example.com']);
    expect((await page({ sort: 'statusChangedAt:desc' }))[0]).toBe('cleo@example.com');
    expect(await page({ sort: 'createdAt:desc', pageSize: 2, page: 2 })).toEqual(['aiko@example.com']);
    const { total } = await pageSubscribers(db, {
      search: 'example',
      sort: 'email:asc',
      page: 1,
      pageSize: 1,
    });
    expect(total).toBe(3);

    expect(await findSubscriber(db, left)).toMatchObject({
      status: 'unsubscribed',
      statusReason: 'page',
      suppression: { reason: 'unsubscribed' },
      lists: [{ list: { slug: 'news' }, status: 'unsubscribed' }],
      attributes: {},
    });
    const [aiko] = (await pageSubscribers(db, { search: 'aiko', sort: 'email:asc', page: 1, pageSize: 1 }))
      .rows;
    expect(aiko?.attributes).toEqual({ vip: true });
    expect(await countByStatus(db)).toMatchObject({ all: 3, subscribed: 2, unsubscribed: 1, pending: 0 });
    expect((await countSubscriptions(db, [news])).get(news)).toEqual({
      subscribed: 2,
      pending: 0,
      unsubscribed: 1,
    });
  });

  it('tells what happened, newest first', async () => {
    const id = await person('told@example.com', []);
    const at = Date.now() + 60_000;
    await db(TABLE.deliveries).insert({
      campaign_id: 'campaigncamp',
      batch_id: 1,
      subscriber_id: id,
      email: 'told@example.com',
      email_key: 'told@example.com',
      address_hash: 'x',
      language: 'en',
      state: 'bounced',
      reply_code: 550,
      reply_status: '5.1.1',
      reply_text: 'no such user',
      created_at: at,
      settled_at: at + 1,
    });
    await db(TABLE.links).insert({
      campaign_id: 'campaigncamp',
      url_hash: 'h',
      url: 'https://example.com/a',
    });
    const { id: link } = await db(TABLE.links).where({ url_hash: 'h' }).first();
    await db(TABLE.events).insert({
      type: 'click',
      subscriber_id: id,
      link_id: link,
      machine: true,
      at: at + 2,
    });
    expect(await timelineOf(db, id)).toMatchObject([
      { type: 'click', detail: 'https://example.com/a', machine: true },
      { type: 'bounced', detail: '550 5.1.1 no such user', campaign: null },
      { type: 'added', detail: 'admin' },
    ]);
  });

  it('deletes a list with more subscriptions than one portion', async () => {
    const big = await list('Big', 'big');
    const rows = Array.from({ length: 2500 }, (_, n) => ({
      subscriber_id: `person${String(n).padStart(8, '0')}`,
      list_id: big,
      status: 'subscribed',
      created_at: 1,
      updated_at: 1,
    }));
    await db.batchInsert(TABLE.subscriptions, rows, 200);
    expect(await deleteList(db, big)).toBe(true);
    expect(await db(TABLE.subscriptions).where({ list_id: big })).toEqual([]);
    expect(await deleteList(db, big)).toBe(false);
  });

  it('keeps one default template', async () => {
    await insertTemplate(db, { name: 'One', html: '<p>1</p>', isDefault: true });
    await insertTemplate(db, { name: 'Two', html: '<p>2</p>', isDefault: true });
    const { rows } = await pageTemplates(db, { page: 1, pageSize: 10 });
    expect(rows.map(({ name, isDefault }) => [name, isDefault])).toEqual([
      ['One', false],
      ['Two', true],
    ]);
  });
});
