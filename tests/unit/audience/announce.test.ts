import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  announceBounced,
  bulk,
  changePreferences,
  confirm,
  subscribe,
  suppressDeadRecipients,
  unsubscribe,
} from '../../../server/src/audience';
import type { Context } from '../../../server/src/context';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, type TestDatabase } from '../../helpers/database';
import { addList, claimOf, hashOf, personOf } from './support';

let db: TestDatabase;
let ctx: Context;
let told: string[] = [];
beforeAll(async () => {
  db = await createTestDatabase();
  ctx = await createTestContext(db.knex, { domains: {} });
  ctx.emit = (name, payload) => {
    const { subscriber, via, campaign } = payload as {
      subscriber: { email: string };
      via: string;
      campaign: string;
    };
    told.push([name, subscriber.email, via, campaign].join(' '));
  };
  await addList(db.knex, 'news', { is_default: true });
  await addList(db.knex, 'alerts', { opt_in: 'single' });
});
afterAll(() => db.destroy());

/** What was announced since the last look. */
const announced = () => told.splice(0);
const join = (email: string, lists: string[]) => subscribe(ctx, { email, lists, source: 'form' });

it('announces who subscribed when they confirm, or at once with single opt-in, and each of them once', async () => {
  told = [];
  await join('ann@example.com', ['news']);
  expect(announced()).toEqual([]);
  const claim = await claimOf(ctx, 'ann@example.com');
  await confirm(ctx, claim, {});
  await confirm(ctx, claim, {});
  expect(announced()).toEqual(['subscriber-subscribed ann@example.com confirm ']);
  await join('ben@example.com', ['alerts']);
  await join('ben@example.com', ['alerts']);
  expect(announced()).toEqual(['subscriber-subscribed ben@example.com single-opt-in ']);
});

it('announces who left, by whichever way, once, and who came back', async () => {
  const claim = await claimOf(ctx, 'ann@example.com');
  for (let i = 0; i < 2; i++) {
    await unsubscribe(ctx, claim, { via: 'one-click', campaignId: 'campaign0000000000000001' });
  }
  expect(announced()).toEqual(['subscriber-unsubscribed ann@example.com one-click campaign0000000000000001']);
  const news = await db.knex('newsletter_lists').where({ slug: 'news' }).first('document_id');
  await changePreferences(ctx, claim, { lists: [news.document_id] }, {});
  await changePreferences(ctx, claim, { lists: [] }, {});
  expect(announced()).toEqual([
    'subscriber-subscribed ann@example.com preferences ',
    'subscriber-unsubscribed ann@example.com preferences ',
  ]);
  const ben = (await personOf(ctx, 'ben@example.com'))!;
  await bulk(ctx, { action: 'unsubscribe', ids: [ben.documentId] }, { source: 'admin' });
  expect(announced()).toEqual(['subscriber-unsubscribed ben@example.com admin ']);
});

it('announces dead addresses, but not those of people who had left', async () => {
  await join('cem@example.com', ['alerts']);
  announced();
  const rows = [];
  for (const email of ['cem@example.com', 'ann@example.com']) {
    const { documentId } = (await personOf(ctx, email))!;
    rows.push({
      subscriberId: documentId,
      addressHash: hashOf(ctx, email),
      campaignId: 'campaign0000000000000001',
      detail: null,
    });
  }
  await suppressDeadRecipients(db.knex, rows);
  await announceBounced(ctx, rows);
  expect(announced()).toEqual(['subscriber-bounced cem@example.com hard-bounce campaign0000000000000001']);
});
