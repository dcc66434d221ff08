import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addPerson, eraseMe } from '../../../server/src/audience';
import type { Context } from '../../../server/src/context';
import { recordClick, recordOpen } from '../../../server/src/feedback';
import { saveSettings } from '../../../server/src/settings';
import { TABLE } from '../../../server/src/storage';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../../helpers/database';
import { addDelivery, claimOf, count, personOf } from '../audience/support';

const BROWSER = { userAgent: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0', ip: '192.0.2.1' };
const APPLE = { userAgent: 'Mozilla/5.0', ip: '192.0.2.2' };

describe.each(databaseKinds)('tracking on %s', (kind) => {
  let db: TestDatabase;
  let ctx: Context;
  const links: number[] = [];

  beforeAll(async () => {
    db = await createTestDatabase(kind);
    ctx = await createTestContext(db.knex);
    for (const [campaign, url] of [
      ['campaign1', 'https://example.com/a?b=1&c=%20'],
      ['campaign1', 'https://example.com/b'],
      ['campaign2', 'https://example.com/other'],
    ]) {
      await db.knex(TABLE.links).insert({ campaign_id: campaign, url_hash: url, url });
      const row = await db.knex(TABLE.links).where({ url_hash: url }).first('id');
      links.push(Number(row.id));
    }
  });
  afterAll(() => db.destroy());

  async function receive(email: string, fields: Parameters<typeof addDelivery>[2] = {}): Promise<number> {
    await addPerson(ctx, { email, consent: true }, { source: 'admin' });
    return addDelivery(ctx, email, fields);
  }
  const kept = async (deliveryId: number) => {
    const rows: Record<string, unknown>[] = await db
      .knex(TABLE.events)
      .where({ delivery_id: deliveryId })
      .orderBy('id');
    return rows.map((row) => [
      row.type,
      row.link_id === null ? null : Number(row.link_id),
      Boolean(row.machine),
    ]);
  };

  it('keeps opens of people and of machines apart', async () => {
    const id = await receive('open@example.com');
    await recordOpen(ctx, id, APPLE);
    expect((await personOf(ctx, 'open@example.com'))!.lastOpenedAt).toBeNull();
    await recordOpen(ctx, id, BROWSER);
    expect(await kept(id)).toEqual([
      ['open', null, true],
      ['open', null, false],
    ]);
    expect(Date.now() - (await personOf(ctx, 'open@example.com'))!.lastOpenedAt!).toBeLessThan(60_000);
  });

  it('leads to the stored target and keeps the click', async () => {
    const id = await receive('click@example.com');
    expect(await recordClick(ctx, { deliveryId: id, linkId: links[0]! }, BROWSER)).toBe(
      'https://example.com/a?b=1&c=%20',
    );
    expect(await kept(id)).toEqual([['click', links[0], false]]);
    expect((await personOf(ctx, 'click@example.com'))!.lastClickedAt).not.toBeNull();
  });

  it('leads nowhere for the link of another campaign, an unknown link or an unknown delivery', async () => {
    const id = await receive('foreign@example.com');
    expect(await recordClick(ctx, { deliveryId: id, linkId: links[2]! }, BROWSER)).toBeNull();
    expect(await recordClick(ctx, { deliveryId: id, linkId: 999_999 }, BROWSER)).toBeNull();
    expect(await recordClick(ctx, { deliveryId: 999_999, linkId: links[0]! }, BROWSER)).toBeNull();
    expect(await kept(id)).toEqual([]);
  });

  it('takes two links in one second for a scanner, the first one too', async () => {
    const id = await receive('scanner@example.com');
    await recordClick(ctx, { deliveryId: id, linkId: links[0]! }, BROWSER);
    await recordClick(ctx, { deliveryId: id, linkId: links[1]! }, BROWSER);
    expect(await kept(id)).toEqual([
      ['click', links[0], true],
      ['click', links[1], true],
    ]);
  });

  it('takes what comes before the acceptance is recorded for a machine', async () => {
    const id = await receive('early@example.com', { state: 'queued', settled_at: null });
    await recordOpen(ctx, id, BROWSER);
    expect(await kept(id)).toEqual([['open', null, true]]);
  });

  it.each(['open', 'click'])('takes an %s as proof that a mail in doubt arrived', async (type) => {
    const id = await receive(`doubt-${type}@example.com`, { state: 'in_doubt' });
    if (type === 'open') await recordOpen(ctx, id, APPLE);
    else await recordClick(ctx, { deliveryId: id, linkId: links[0]! }, BROWSER);
    expect((await db.knex(TABLE.deliveries).where({ id }).first()).state).toBe('accepted');
  });

  it('does not turn a bounce into an acceptance', async () => {
    const id = await receive('bounced@example.com', { state: 'bounced' });
    await recordOpen(ctx, id, BROWSER);
    expect((await db.knex(TABLE.deliveries).where({ id }).first()).state).toBe('bounced');
  });

  it('keeps fifty events of a type per mail at most', async () => {
    const id = await receive('loop@example.com');
    for (let i = 0; i < 55; i++) await recordOpen(ctx, id, BROWSER);
    expect(await count(db.knex, TABLE.events, { delivery_id: id })).toBe(50);
  });

  it('records nothing more about who was erased, but their links work', async () => {
    const id = await receive('erased@example.com');
    await eraseMe(ctx, await claimOf(ctx, 'erased@example.com', id), {});
    await recordOpen(ctx, id, BROWSER);
    expect(await recordClick(ctx, { deliveryId: id, linkId: links[0]! }, BROWSER)).not.toBeNull();
    expect(await kept(id)).toEqual([]);
  });

  it('records nothing when it is switched off, and for a mere look at the target', async () => {
    const id = await receive('off@example.com', { state: 'in_doubt' });
    expect(await recordClick(ctx, { deliveryId: id, linkId: links[1]! }, null)).toBe('https://example.com/b');
    await saveSettings(db.knex, { tracking: { opens: false, clicks: false } });
    await recordOpen(ctx, id, BROWSER);
    expect(await recordClick(ctx, { deliveryId: id, linkId: links[1]! }, BROWSER)).toBe(
      'https://example.com/b',
    );
    await saveSettings(db.knex, {});
    expect(await kept(id)).toEqual([]);
    expect((await db.knex(TABLE.deliveries).where({ id }).first()).state).toBe('in_doubt');
  });
});
