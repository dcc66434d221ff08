import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import PostalMime from 'postal-mime';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Context } from '../../../server/src/context';
import { capped, sendTest, sendTransportTest } from '../../../server/src/delivery/test-send';
import { saveSettings } from '../../../server/src/settings';
import { TABLE } from '../../../server/src/storage';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, type TestDatabase } from '../../helpers/database';
import { startInbox, type Inbox } from './inbox';
import { dnsWith, headerLines, rsaPair, snapshotFor } from './support';

const { privateKey, publicKey } = rsaPair();

let db: TestDatabase;
let ctx: Context;
let inbox: Inbox;

beforeEach(async () => {
  db = await createTestDatabase();
  inbox = await startInbox({
    onRcptTo: ({ address }, _session, done) =>
      done(
        address.startsWith('no@')
          ? Object.assign(new Error('5.1.1 No such user'), { responseCode: 550 })
          : null,
      ),
  });
  ctx = await createTestContext(db.knex, {
    publicUrl: 'https://news.example.com',
    domains: { 'example.com': { dkim: { selector: 'news', privateKey } } },
    transports: { main: { host: '127.0.0.1', port: inbox.port } },
  });
});
afterEach(async () => {
  await inbox.close();
  await db.destroy();
});

it('sends a campaign as it will be, marked, to each address, with a sentence for each', async () => {
  const { results } = await sendTest(ctx, {
    snapshot: snapshotFor(ctx),
    to: ['a@example.net', 'no@example.net'],
  });
  expect(results).toEqual([
    { to: 'a@example.net', ok: true, message: expect.stringMatching(/^The mail server accepted it: 250/) },
    {
      to: 'no@example.net',
      ok: false,
      message: expect.stringMatching(/^The mail server refused it for good: 550 5\.1\.1 No such user/),
    },
  ]);
  expect(inbox.messages.map(({ to }) => to)).toEqual(['a@example.net']);
  const { raw } = inbox.messages[0]!;
  const parsed = await PostalMime.parse(raw);
  expect(parsed.subject).toBe('[Test] Hello Alex');
  const headers = headerLines(raw);
  for (const name of ['list-unsubscribe', 'list-unsubscribe-post', 'list-id', 'feedback-id', 'precedence']) {
    expect(headers.has(name)).toBe(true);
  }
  const verified = await dkimVerify(raw, { resolver: dnsWith('news._domainkey.example.com', publicKey) });
  expect(verified.results[0]!.status.result).toBe('pass');
});

it('leaves no trace, and its links belong to nobody', async () => {
  await sendTest(ctx, { snapshot: snapshotFor(ctx), to: ['a@example.net'] });
  const [, token] = /\/unsubscribe\/([^>]+)>/.exec(
    headerLines(inbox.messages[0]!.raw).get('list-unsubscribe')!,
  )!;
  const claim = ctx.tokens.readPerson('unsubscribe', token!)!;
  expect(claim.deliveryId).toBeNull();
  expect(claim.addressHash).not.toBe(ctx.tokens.addressHash('a@example.net'));
  const html = (await PostalMime.parse(inbox.messages[0]!.raw)).html!;
  expect(html).not.toMatch(/api\/newsletter\/(open|click)\//);
  expect(await db.knex(TABLE.deliveries).count({ n: '*' }).first()).toEqual({ n: 0 });
  expect(await db.knex(TABLE.events).count({ n: '*' }).first()).toEqual({ n: 0 });
});

it('fills the mail with a subscriber’s data, and says when there is no such person', async () => {
  await db.knex(TABLE.subscribers).insert({
    document_id: 'person00000000000000000001',
    email: 'p@example.org',
    email_key: 'p@example.org',
    first_name: 'Pia',
    status: 'subscribed',
    language: 'en',
    created_at: Date.now(),
    updated_at: Date.now(),
    published_at: Date.now(),
  });
  const test = { snapshot: snapshotFor(ctx), to: ['a@example.net'] };
  await sendTest(ctx, { ...test, subscriber: 'person00000000000000000001' });
  expect(inbox.messages.map(({ to }) => to)).toEqual(['a@example.net']);
  expect((await PostalMime.parse(inbox.messages[0]!.raw)).subject).toBe('[Test] Hello Pia');
  const missing = await sendTest(ctx, { ...test, subscriber: 'person00000000000000000002' });
  expect(missing.results[0]).toMatchObject({ ok: false, message: expect.stringContaining('does not exist') });
});

it('says in a sentence what is wrong with template, domain or transport', async () => {
  const snapshot = snapshotFor(ctx);
  const to = ['a@example.net'];
  const said = async (over: object) =>
    (await sendTest(ctx, { snapshot: { ...snapshot, ...over }, to })).results[0];
  expect(await said({ contents: [{ ...snapshot.contents[0]!, body: '{{#if x}}' }] })).toMatchObject({
    ok: false,
    message: expect.stringMatching(/^Body \(en\), line 1/),
  });
  expect(await said({ sender: { ...snapshot.sender, email: 'a@other.example' } })).toMatchObject({
    ok: false,
    message: expect.stringContaining('other.example is not configured'),
  });
  expect(
    await said({ sender: { ...snapshot.sender, transports: [{ name: 'gone', weight: 1 }] } }),
  ).toMatchObject({
    ok: false,
    message: 'There is no transport "gone". Check newsletter.config.transports.',
  });
  expect(inbox.messages).toEqual([]);
});

it('tests a transport: reachable, or with a mail, or why not', async () => {
  expect(await sendTransportTest(ctx, {})).toEqual({
    ok: true,
    message: 'The transport "main" can be reached and accepts the login.',
  });
  expect(await sendTransportTest(ctx, { to: 'a@example.net' })).toMatchObject({
    ok: false,
    message: expect.stringContaining('no sender'),
  });
  await saveSettings(db.knex, { senders: [{ id: 'm', name: 'M', email: 'm@example.com' }] });
  expect(await sendTransportTest(ctx, { to: 'a@example.net' })).toMatchObject({ ok: true });
  expect((await PostalMime.parse(inbox.messages[0]!.raw)).subject).toBe('[Test] Newsletter');
  expect(await sendTransportTest(ctx, { transport: 'gone' })).toMatchObject({
    ok: false,
    message: expect.stringContaining('"gone"'),
  });
  await inbox.close();
  expect(await sendTransportTest(ctx, {})).toMatchObject({
    ok: false,
    message: expect.stringContaining('Nothing listens on 127.0.0.1'),
  });
});

it('lets an editor wait 20 seconds for a server, not the ten minutes of a campaign', () => {
  const main = ctx.config.transports.main!;
  expect(capped(main).timeouts).toEqual({ connect: 20_000, greeting: 20_000, socket: 20_000 });
  const short = { ...main, timeouts: { connect: 5, greeting: 6, socket: 7 } };
  expect(capped(short)).toEqual(short);
});
