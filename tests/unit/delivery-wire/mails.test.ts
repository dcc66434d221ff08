import PostalMime from 'postal-mime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Context } from '../../../server/src/context';
import { processDueMails } from '../../../server/src/delivery/mails';
import { confirmMail, pageLanguage } from '../../../server/src/delivery/mails-confirm';
import { createMessageBuilder } from '../../../server/src/delivery/message';
import { createSigner } from '../../../server/src/delivery/signing';
import type { SendOutcome, Transport } from '../../../server/src/delivery/types';
import { createTransports } from '../../../server/src/delivery/transport';
import { saveSettings } from '../../../server/src/settings';
import { claimDueMails, lastMailAt, queueMail, settleMail, TABLE } from '../../../server/src/storage';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../../helpers/database';
import { startInbox, type Inbox } from './inbox';
import { headerLines, rsaPair } from './support';

const HOUR = 3_600_000;
const { privateKey } = rsaPair();

let db: TestDatabase;
let ctx: Context;
let inbox: Inbox;
let transports: Map<string, Transport>;

beforeEach(async () => {
  db = await createTestDatabase();
  inbox = await startInbox();
  ctx = await createTestContext(db.knex, {
    publicUrl: 'https://news.example.com',
    domains: { 'example.com': { dkim: { selector: 'news', privateKey } } },
    transports: { main: { host: '127.0.0.1', port: inbox.port } },
  });
  ctx.log.warn = () => {};
  transports = createTransports(ctx);
  await saveSettings(db.knex, {
    senders: [{ id: 'main', name: 'Brand News', email: 'news@example.com' }],
    brand: { name: 'Brand <&> Co', postalAddress: '1-1 Chiyoda\nTokyo' },
  });
});
afterEach(async () => {
  for (const transport of transports.values()) await transport.close();
  await inbox.close();
  await db.destroy();
});

const queue = (email = 'reader@example.net', language: string | null = 'ja-JP') =>
  queueMail(db.knex, {
    kind: 'confirm',
    subscriberId: 'subscriber0000000000000001',
    email,
    payload: { addressHash: ctx.tokens.addressHash(email), language, lists: ['月刊', 'A & B <weekly>'] },
  });
const process = () =>
  processDueMails(ctx, transports, createMessageBuilder(ctx, createSigner(ctx)), { limit: 10 });
const row = (id: number) => db.knex(TABLE.mails).where({ id }).first();
const answering = (...outcomes: SendOutcome[]): Map<string, Transport> => {
  const sent: Buffer[] = [];
  const transport = {
    name: 'main',
    type: 'smtp' as const,
    capacity: 1,
    waiting: 0,
    site: async () => null,
    sent,
    send: async (message: { raw: Buffer }) => (sent.push(message.raw), outcomes.shift()!),
    verify: async () => {},
    abort() {},
    close: async () => {},
  };
  return new Map([['main', transport]]);
};

it('asks in the person’s language, with one link to confirm', async () => {
  const id = await queue();
  expect(await process()).toBe(1);
  expect(await process()).toBe(0);
  expect(await row(id)).toMatchObject({ state: 'accepted', attempt: 1 });
  const [mail] = inbox.messages;
  expect(mail).toMatchObject({ from: 'news@example.com', to: 'reader@example.net' });
  const headers = headerLines(mail!.raw);
  expect(headers.get('auto-submitted')).toBe('auto-generated');
  expect(headers.has('dkim-signature')).toBe(true);
  expect([...headers.keys()].filter((name) => name.startsWith('list-'))).toEqual([]);
  const parsed = await PostalMime.parse(mail!.raw);
  expect(parsed.subject).toContain('ご確認');
  const url = ctx.urls.confirm({
    subscriberId: 'subscriber0000000000000001',
    addressHash: ctx.tokens.addressHash('reader@example.net'),
    deliveryId: null,
  });
  expect(parsed.text).toContain(url);
  expect(parsed.text).toContain('月刊');
  expect(new Set(parsed.html!.match(/https?:\/\/[^"<\s]+/g))).toEqual(new Set([url]));
  expect(parsed.html).toContain('A &amp; B &lt;weekly&gt;');
  expect(parsed.html).toContain('lang="ja"');
  expect(parsed.text).toContain('何もしていただく必要はありません');
});

it('reads well in each language, with and without names', () => {
  const brand = { name: '', postalAddress: '', contact: '', logoUrl: '' as const, color: '#000000' };
  for (const language of ['en', 'ja'] as const) {
    const mail = confirmMail(language, [], 'https://x.example/c', brand);
    expect(mail.subject).not.toMatch(/undefined|null|^\s|\s$/);
    expect(mail.html).not.toMatch(/undefined|null/);
    expect(mail.text).toContain('https://x.example/c');
    expect(mail.html).toContain('color:#ffffff;font-weight');
  }
  expect([pageLanguage('ja-JP'), pageLanguage('EN'), pageLanguage('de'), pageLanguage(null)]).toEqual([
    'ja',
    'en',
    'en',
    'en',
  ]);
});

it('tries again after a temporary refusal, with the same Message-ID, and ends after 48 hours', async () => {
  const id = await queue();
  const busy: SendOutcome = {
    kind: 'refused',
    stage: 'rcpt',
    reply: { code: 450, status: null, text: 'busy' },
  };
  const fake = answering(busy, { kind: 'unknown', message: 'closed' }, busy);
  transports = fake;
  const before = Date.now();
  expect(await process()).toBe(1);
  const waiting = await row(id);
  expect(waiting).toMatchObject({ state: 'queued', attempt: 1, reply_text: '450 busy' });
  expect(Number(waiting.next_at)).toBeGreaterThanOrEqual(before + 4 * 60_000);
  expect(await process()).toBe(0);

  await db.knex(TABLE.mails).update({ next_at: 0 });
  expect(await process()).toBe(1);
  const doubtful = await row(id);
  expect(doubtful).toMatchObject({ state: 'queued', attempt: 2 });
  expect(doubtful.reply_text).toContain('unknown whether the mail arrived');
  expect(Number(doubtful.next_at)).toBeGreaterThan(Date.now());

  await db.knex(TABLE.mails).update({ next_at: 0, created_at: Date.now() - 48 * HOUR });
  expect(await process()).toBe(1);
  expect(await row(id)).toMatchObject({
    state: 'failed',
    attempt: 3,
    reply_text: 'Given up after 48 hours. 450 busy',
  });
  expect(await process()).toBe(0);
  const ids = (fake.get('main') as unknown as { sent: Buffer[] }).sent.map((raw) =>
    headerLines(raw).get('message-id'),
  );
  expect(ids).toHaveLength(3);
  expect(new Set(ids).size).toBe(1);
  expect(ctx.tokens.readMessageId(ids[0]!)).toBeNull();
});

it.each([
  [
    { kind: 'refused', stage: 'rcpt', reply: { code: 550, status: '5.1.1', text: 'User unknown' } },
    'The address does not exist. 550 5.1.1 User unknown',
  ],
  [
    { kind: 'refused', stage: 'dot', reply: { code: 554, status: null, text: 'No' } },
    'The mail server refused the mail. 554 No',
  ],
] as [SendOutcome, string][])('a final refusal ends it with a sentence', async (outcome, text) => {
  const id = await queue();
  transports = answering(outcome);
  await process();
  expect(await row(id)).toMatchObject({ state: 'failed', reply_text: text });
});

it('without a sender or a transport, or with a domain unknown, it waits and says for what', async () => {
  const id = await queue();
  await saveSettings(db.knex, { senders: [] });
  await process();
  expect(await row(id)).toMatchObject({
    state: 'queued',
    reply_text: expect.stringContaining('no sender yet'),
  });
  await saveSettings(db.knex, { senders: [{ id: 'x', name: 'X', email: 'x@other.example' }] });
  await db.knex(TABLE.mails).update({ next_at: 0 });
  await process();
  expect((await row(id)).reply_text).toContain('other.example is not configured');
  transports = new Map();
  await db.knex(TABLE.mails).update({ next_at: 0 });
  await process();
  expect((await row(id)).reply_text).toContain('has no transport');
  expect(inbox.messages).toEqual([]);
});

describe.each(databaseKinds)('the outbox on %s', (kind) => {
  it('gives a mail to one of many claimers, again after its lease, and takes no late result', async () => {
    const other = await createTestDatabase(kind);
    try {
      const ids: number[] = [];
      for (let i = 0; i < 20; i++) {
        ids.push(
          await queueMail(other.knex, {
            kind: 'confirm',
            subscriberId: 'person',
            email: `r${i}@example.net`,
            payload: { addressHash: 'x', language: null, lists: [] },
          }),
        );
      }
      const claims = (
        await Promise.all([1, 2, 3, 4].map(() => claimDueMails(other.knex, 20, 60_000)))
      ).flat();
      expect(claims.map(({ id }) => id).sort((a, b) => a - b)).toEqual(ids);
      expect(await claimDueMails(other.knex, 20, 60_000)).toEqual([]);

      const [first] = claims;
      await other.knex(TABLE.mails).where({ id: first!.id }).update({ lease_until: 1 });
      const [again] = await claimDueMails(other.knex, 20, 60_000);
      expect(again).toMatchObject({ id: first!.id, attempt: 2, payload: { addressHash: 'x' } });
      expect(await settleMail(other.knex, first!, { state: 'failed', text: 'late' })).toBe(false);
      expect(await settleMail(other.knex, again!, { state: 'accepted', text: '250 ok' })).toBe(true);
      expect(await lastMailAt(other.knex, 'confirm', 'person')).toBeGreaterThan(Date.now() - HOUR);
      expect(await lastMailAt(other.knex, 'confirm', 'nobody')).toBeNull();
    } finally {
      await other.destroy();
    }
  });
});
