import { createId } from '@paralleldrive/cuid2';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DELIVERY_STATES, type DeliveryState } from '../../../shared/contracts';
import type { Context } from '../../../server/src/context';
import {
  campaignCounts,
  campaignReport,
  listDeliveries,
  overview,
  TEST_MAIL_KEY,
} from '../../../server/src/insight';
import { groupReplies } from '../../../server/src/insight/replies';
import { saveSettings } from '../../../server/src/settings';
import { addEvent, ensureLinks, TABLE, writeSetting } from '../../../server/src/storage';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../../helpers/database';
import { addList, addPeople, addRun } from '../campaign/fixtures';

interface Row {
  state: DeliveryState;
  reason?: string;
  code?: number;
  text?: string;
}

describe.each(databaseKinds)('insight on %s', (kind) => {
  let db: TestDatabase;
  let ctx: Context;
  beforeAll(async () => {
    db = await createTestDatabase(kind);
    ctx = await createTestContext(db.knex);
  });
  afterAll(() => db?.destroy());

  /** @returns the ids of the rows in their order */
  async function addDeliveries(campaignId: string, rows: Row[]): Promise<number[]> {
    for (const [i, row] of rows.entries()) {
      await db.knex(TABLE.deliveries).insert({
        campaign_id: campaignId,
        batch_id: 1,
        subscriber_id: createId(),
        email: `R${i}@report.example`,
        email_key: `r${i}@report.example`,
        address_hash: ctx.tokens.addressHash(`r${i}@report.example`),
        language: 'en',
        state: row.state,
        reason: row.reason ?? null,
        reply_code: row.code ?? null,
        reply_text: row.text ?? null,
        created_at: 1,
        settled_at: row.state === 'queued' || row.state === 'deferred' ? null : 2,
      });
    }
    const ids: { id: unknown }[] = await db
      .knex(TABLE.deliveries)
      .where({ campaign_id: campaignId })
      .orderBy('id');
    return ids.map((row) => Number(row.id));
  }

  it('has parts that add up to the candidates, whatever the states', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...DELIVERY_STATES), { maxLength: 25 }), async (states) => {
        const id = await addRun(ctx, 'sending');
        await addDeliveries(
          id,
          states.map((state) => ({ state })),
        );
        const counts = (await campaignCounts(db.knex, [id])).get(id)!;
        const { candidates, ...parts } = counts;
        expect(candidates).toBe(states.length);
        expect(Object.values(parts).reduce((sum, part) => sum + part, 0)).toBe(candidates);
        expect(counts.inDoubt).toBe(states.filter((state) => state === 'in_doubt').length);
        expect(counts.unfinished).toBe(
          states.filter((state) => state === 'queued' || state === 'deferred').length,
        );
      }),
      { numRuns: 15 },
    );
  });

  it('reports reasons, replies, opens, clicks, links and leavers, machines apart', async () => {
    const id = await addRun(ctx, 'sent');
    const [a, b, c] = await addDeliveries(id, [
      { state: 'accepted', code: 250, text: 'Ok: queued as 4XyZ12345' },
      { state: 'accepted', code: 250, text: 'Ok: queued as 4XyZ99999' },
      { state: 'accepted' },
      { state: 'bounced', reason: 'recipient-dead', code: 550, text: '<r3@report.example>: user unknown' },
      { state: 'bounced', reason: 'recipient-dead', code: 550, text: '<r4@report.example>: user unknown' },
      { state: 'failed', reason: 'mailbox-full', code: 552, text: 'mailbox full' },
      { state: 'skipped', reason: 'unsubscribed' },
    ]);
    const links = await ensureLinks(db.knex, id, ['https://example.org/a', 'https://example.org/b']);
    const linkA = links.get('https://example.org/a')!;
    const event = (type: 'open' | 'click' | 'unsubscribe', deliveryId: number | undefined, machine = false) =>
      addEvent(db.knex, {
        type,
        campaignId: id,
        deliveryId: deliveryId!,
        subscriberId: `person${deliveryId}`,
        linkId: type === 'click' ? linkA : null,
        machine,
        at: Date.now(),
      });
    await event('open', a, true);
    await event('open', a);
    await event('open', a);
    await event('open', b, true);
    await event('click', a);
    await event('click', a);
    await event('click', c, true);
    await event('unsubscribe', c);
    const report = await campaignReport(ctx, id);
    expect(report.counts).toEqual({
      candidates: 7,
      accepted: 3,
      bounced: 2,
      failed: 1,
      skipped: 1,
      inDoubt: 0,
      unfinished: 0,
    });
    expect(report.reasons).toEqual([
      { state: 'bounced', reason: 'recipient-dead', count: 2 },
      { state: 'failed', reason: 'mailbox-full', count: 1 },
      { state: 'skipped', reason: 'unsubscribed', count: 1 },
    ]);
    expect(report.replies).toEqual([
      { state: 'bounced', code: 550, status: null, text: '<…>: user unknown', count: 2 },
      { state: 'failed', code: 552, status: null, text: 'mailbox full', count: 1 },
    ]);
    expect(report.opens).toEqual({ people: 1, machineOnly: 1 });
    expect(report.clicks).toEqual({ people: 1, machineOnly: 1 });
    expect(report.unsubscribes).toBe(1);
    expect(report.links.map(({ url, people, clicks }) => ({ url, people, clicks }))).toEqual([
      { url: 'https://example.org/a', people: 1, clicks: 2 },
      { url: 'https://example.org/b', people: 0, clicks: 0 },
    ]);
    expect(report).toMatchObject({ speed: null, freezing: false, campaign: { opens: 1, clicks: 1 } });

    const page = { page: 1, pageSize: 2 };
    const bounced = await listDeliveries(ctx, id, { ...page, state: 'bounced' });
    expect(bounced.pagination).toEqual({ page: 1, pageSize: 2, pageCount: 1, total: 2 });
    expect(bounced.results[0]?.reply).toEqual({
      code: 550,
      status: null,
      text: '<r3@report.example>: user unknown',
    });
    const opened = await listDeliveries(ctx, id, { ...page, event: 'open' });
    expect(opened.results.map((row) => [row.id, row.opened, row.clicked])).toEqual([[a, true, true]]);
    expect(ctx.tokens.readMessageId(opened.results[0]!.messageId)).toBe(a);
    expect(opened.results[0]!.messageId).toMatch(/@example\.org>$/);
    expect((await listDeliveries(ctx, id, { ...page, search: 'R5@' })).results[0]?.reason).toBe(
      'mailbox-full',
    );
    expect((await listDeliveries(ctx, id, { ...page, search: '%' })).pagination.total).toBe(0);
    expect((await listDeliveries(ctx, id, { ...page, page: 4 })).results).toHaveLength(1);
    await expect(campaignReport(ctx, 'nosuchcampaign')).rejects.toMatchObject({ status: 404 });
  });

  it('leads from the checklist to what needs attention', async () => {
    const fresh = await createTestDatabase(kind);
    try {
      const empty = await createTestContext(fresh.knex);
      const done = async (context: Context) =>
        (await overview(context)).checklist?.filter((item) => item.done).map((item) => item.id);
      expect(await done(empty)).toEqual([]);
      const configured = await createTestContext(fresh.knex, {
        transports: { relay: { host: 'localhost' } },
      });
      await saveSettings(fresh.knex, { senders: [{ id: 'news', name: 'News', email: 'news@example.org' }] });
      await addPeople(configured, [{ email: 'a@example.org', lists: [await addList(fresh.knex, 'news')] }]);
      expect(await done(configured)).toEqual(['transport', 'sender', 'list', 'subscribers']);
      await writeSetting(fresh.knex, TEST_MAIL_KEY, Date.now());
      expect(await done(configured)).toContain('test-mail');

      const paused = await addRun(configured, 'paused');
      expect(await done(configured)).toBeUndefined();
      await addRun(configured, 'paused');
      await fresh
        .knex(TABLE.campaigns)
        .where({ document_id: paused })
        .update({ state_reason: 'Login refused.' });
      const late = await addRun(configured, 'scheduled', undefined, Date.now() - 3_600_000);
      await addRun(configured, 'scheduled', undefined, Date.now() - 60_000);
      await addRun(configured, 'sent');
      const page = await overview(configured, [
        { name: 'relay', ok: false, message: 'connection refused' },
        { name: 'other', ok: null, message: null },
      ]);
      expect(page.checklist).toBeNull();
      expect(page.attention.map(({ id, campaign }) => ({ id, campaign }))).toEqual([
        { id: 'transport-failed', campaign: null },
        { id: 'no-worker', campaign: null },
        { id: 'campaign-paused', campaign: paused },
        { id: 'campaign-overdue', campaign: late },
      ]);
      expect(page.attention[2]?.message).toBe('"Spring letter" paused by itself: Login refused.');
      expect(page.subscribers).toMatchObject({ subscribed: 1, all: 1 });
      expect(page.recent).toHaveLength(5);
    } finally {
      await fresh.destroy();
    }
  });
});

describe('groupReplies', () => {
  it('puts together what differs in addresses and ids only', () => {
    const reply = (text: string, count = 1) => ({
      code: 451,
      status: '4.7.1',
      text,
      state: 'deferred' as const,
      count,
    });
    const grouped = groupReplies(
      [
        reply('Greylisted, see https://example.org/help/12345678', 3),
        reply('Try again later (id 7f3a9c2e11d0) for a@x.example'),
        reply('Try again later (id 11aa22bb33cc) for b@y.example', 2),
      ],
      50,
    );
    expect(grouped.map(({ text, count }) => ({ text, count }))).toEqual([
      { text: 'Greylisted, see https://example.org/help/12345678', count: 3 },
      { text: 'Try again later (id …) for <…>', count: 3 },
    ]);
    expect(groupReplies([reply('a'), reply('b', 9)], 1).map((group) => group.text)).toEqual(['b']);
  });
});
