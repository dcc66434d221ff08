import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { NewsletterConfigInput } from '../../../server/src/config';
import type { Context } from '../../../server/src/context';
import { startListener, type Listener } from '../../../server/src/feedback/inbound/listener';
import { startInbound } from '../../../server/src/feedback/inbound/start';
import type { InboundMail } from '../../../server/src/feedback/inbound/types';
import { readSources, TABLE } from '../../../server/src/storage';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, type TestDatabase } from '../../helpers/database';
import { SmtpClient } from '../../helpers/smtp-client';

type ListenerInput = NonNullable<NonNullable<NewsletterConfigInput['bounce']>['listener']>;

let db: TestDatabase;
let listener: Listener | null = null;
const clients: SmtpClient[] = [];

beforeAll(async () => {
  db = await createTestDatabase();
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await listener?.close();
  listener = null;
});
afterAll(() => db.destroy());

/** A listener whose mails are kept, or refused by an error. */
async function start(over: ListenerInput = {}, fail: () => boolean = () => false) {
  const ctx = await createTestContext(db.knex, {
    bounce: { domain: 'bounce.example.com', listener: { host: '127.0.0.1', port: 0, ...over } },
  });
  ctx.log = { debug() {}, info() {}, warn() {}, error() {} };
  const got: InboundMail[] = [];
  listener = await startListener(ctx, ctx.config.bounce.listener!, (mail) => {
    if (fail()) return Promise.reject(new Error('the database is away'));
    got.push(mail);
    return Promise.resolve({ outcome: 'taken', why: 'test' });
  });
  return { ctx, got };
}

async function open(): Promise<SmtpClient> {
  const client = await SmtpClient.open(listener!.port);
  clients.push(client);
  return client;
}

const refusals = async () => (await readSources(db.knex)).find(({ way }) => way === 'listener')?.refused ?? 0;

let next = 0;
/** A delivery that was settled some days ago. */
async function delivery(days = 0): Promise<number> {
  next += 1;
  const hash = `${next}`.padStart(32, '0');
  await db.knex(TABLE.deliveries).insert({
    campaign_id: 'c',
    batch_id: 1,
    subscriber_id: `s${next}`,
    email: 'a@example.net',
    email_key: 'a@example.net',
    address_hash: hash,
    language: 'en',
    created_at: 0,
    state: 'accepted',
    settled_at: Date.now() - days * 24 * 3_600_000,
  });
  const row = await db.knex(TABLE.deliveries).where({ address_hash: hash }).first('id');
  return Number(row.id);
}

const bounceTo = async (ctx: Context, days = 0) =>
  `${ctx.tokens.bounceLocal(await delivery(days))}@bounce.example.com`;
const MAIL = 'From: MAILER-DAEMON@mx.example.net\nSubject: Undelivered\n\n.a line with a dot\nbye';

describe('the SMTP listener', () => {
  it('shows signs of life while nothing comes, but none after a mail that it could not deal with', async () => {
    const beats = async () => {
      vi.advanceTimersByTime(5 * 60_000);
      await listener!.close();
      listener = null;
      return (await readSources(db.knex)).find(({ way }) => way === 'listener')!;
    };
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
    try {
      const begun = Date.now();
      await start();
      expect((await beats()).lastSeenAt).toBe(begun + 5 * 60_000);
      const { ctx } = await start({}, () => true);
      expect(await (await open()).mail('', await bounceTo(ctx), MAIL)).toMatch(/^451 /);
      const { lastSeenAt, lastErrorAt } = await beats();
      expect(lastErrorAt).toBeGreaterThan(lastSeenAt!);
    } finally {
      vi.useRealTimers();
    }
  });

  it('takes a mail to an address that we made, octet by octet', async () => {
    const { ctx, got } = await start();
    const to = await bounceTo(ctx);
    expect(await (await open()).mail('', to.toUpperCase(), MAIL)).toMatch(/^250 /);
    expect(got).toHaveLength(1);
    expect(got[0]).toMatchObject({ source: { way: 'listener', name: 'smtp' } });
    expect(got[0]!.envelope!.from).toBe('');
    expect(got[0]!.envelope!.to.toLowerCase()).toBe(to);
    expect(got[0]!.raw.toString()).toBe(`${MAIL.replace(/\n/g, '\r\n')}\r\n`);
  });

  it('refuses a wrong signature, a strange address and other domains, and relays nothing', async () => {
    const { ctx, got } = await start();
    const client = await open();
    await client.say('MAIL FROM:<>');
    const to = await bounceTo(ctx);
    const forged = to.replace(
      /^(b-.)(.)/,
      (_, head: string, one: string) => head + (one === 'a' ? 'b' : 'a'),
    );
    expect(await client.say(`RCPT TO:<${forged}>`)).toMatch(/^550 5\.1\.1 /);
    expect(await client.say('RCPT TO:<postmaster@bounce.example.com>')).toMatch(/^550 5\.1\.1 /);
    expect(await client.say('RCPT TO:<reader@example.net>')).toMatch(/^550 5\.7\.1 Relaying denied/);
    expect(await client.say(`RCPT TO:<${to.replace('bounce.', '')}>`)).toMatch(/^550 5\.7\.1 /);
    expect(await client.say('RCPT TO:<reader%example.net@bounce.example.com>')).toMatch(/^550 5\.1\.1 /);
    expect(await client.say('RCPT TO:<@bounce.example.com:reader@example.net>')).toMatch(/^550 5\.7\.1 /);
    expect(await client.say('AUTH PLAIN AGEAYg==')).toMatch(/^5/);
    expect(await client.say('DATA')).toMatch(/^503/);
    expect(got).toEqual([]);
    await listener!.close();
    listener = null;
    const source = (await readSources(db.knex)).find(({ way }) => way === 'listener');
    expect(source?.refused).toBeGreaterThanOrEqual(6);
  });

  it('refuses bounces of mails that are too old or unknown, and never ages unsubscribe addresses', async () => {
    const { ctx } = await start();
    const client = await open();
    await client.say('MAIL FROM:<>');
    expect(await client.say(`RCPT TO:<${await bounceTo(ctx, 31)}>`)).toMatch(/^550 5\.1\.1 .*old/);
    const unknown = `${ctx.tokens.bounceLocal(9_999_999)}@bounce.example.com`;
    expect(await client.say(`RCPT TO:<${unknown}>`)).toMatch(/^550 5\.1\.1 /);
    const leave = ctx.tokens.unsubscribeLocal({ deliveryId: 9_999_999, addressHash: '0'.repeat(32) });
    expect(await client.say(`RCPT TO:<${leave}@bounce.example.com>`)).toMatch(/^250 /);
  });

  it('takes one recipient at a time, and the configured fixed addresses', async () => {
    const { ctx } = await start({ fixedAddresses: ['fbl', 'postmaster'] });
    const client = await open();
    await client.say('MAIL FROM:<reports@provider.example>');
    expect(await client.say('RCPT TO:<FBL@bounce.example.com>')).toMatch(/^250 /);
    expect(await client.say(`RCPT TO:<${await bounceTo(ctx)}>`)).toMatch(/^452 /);
    await client.say('RSET');
    await client.say('MAIL FROM:<>');
    expect(await client.say('RCPT TO:<Postmaster>')).toMatch(/^250 /);
  });

  it('answers 451 as long as the effect cannot be committed, and 250 afterwards', async () => {
    let away = true;
    const { ctx, got } = await start({}, () => away);
    const client = await open();
    const to = await bounceTo(ctx);
    expect(await client.mail('', to, MAIL)).toMatch(/^451 4\.3\.0 /);
    away = false;
    expect(await client.mail('', to, MAIL)).toMatch(/^250 /);
    expect(got).toHaveLength(1);
  });

  it('refuses a large mail, by its announcement and by its size, and goes on', async () => {
    const { ctx, got } = await start({ maxSizeKib: 16 });
    const client = await open();
    expect(await client.say('MAIL FROM:<> SIZE=17000')).toMatch(/^552 /);
    const to = await bounceTo(ctx);
    expect(await client.mail('', to, `Subject: x\n\n${'x'.repeat(500_000)}`)).toMatch(/^552 /);
    expect(got).toEqual([]);
    expect(await client.mail('', to, MAIL)).toMatch(/^250 /);
  });

  it('lets nobody hold a connection by dripping or by silence', async () => {
    const { ctx, got } = await start({ idleSeconds: 2, mailSeconds: 5 });
    const to = await bounceTo(ctx);
    const silent = await open();
    expect(await silent.reply()).toMatch(/^421 /);
    const client = await open();
    for (const line of ['MAIL FROM:<>', `RCPT TO:<${to}>`, 'DATA']) await client.say(line);
    const drip = setInterval(() => client.write('x\r\n'), 300);
    const reply = await client.reply();
    clearInterval(drip);
    expect(reply).toMatch(/^421 4\.4\.2 /);
    expect(got).toEqual([]);
  }, 60_000);

  it('has bounds for connections, for mails and for guesses of one client', async () => {
    const { ctx } = await start({ maxConnections: 2, mailsPerMinutePerIp: 3, strangersPerMinutePerIp: 2 });
    const [one, two] = [await open(), await open()];
    const third = await SmtpClient.open(listener!.port).then(async (client) => {
      clients.push(client);
      return client.say('NOOP');
    });
    expect(third).toBe('');
    const to = await bounceTo(ctx);
    for (let n = 0; n < 3; n++) expect(await one.mail('', to, MAIL)).toMatch(/^250 /);
    expect(await one.say('MAIL FROM:<>')).toMatch(/^451 4\.7\.1 /);
    one.close();
    // Two more guesses than allowed need a client that may still send: a fresh listener.
    two.close();
    await listener!.close();
    await start({ strangersPerMinutePerIp: 2 });
    const guesser = await open();
    await guesser.say('MAIL FROM:<>');
    expect(await guesser.say('RCPT TO:<a@bounce.example.com>')).toMatch(/^550 /);
    expect(await guesser.say('RCPT TO:<b@bounce.example.com>')).toMatch(/^550 /);
    expect(await guesser.say('RCPT TO:<c@bounce.example.com>')).toMatch(/^421 /);
    expect(await (await open()).say('NOOP')).toBe('');
  });

  it('slows down who tries signatures, counts each try and each time it was turned away, and says so once', async () => {
    const warnings: string[] = [];
    const before = await refusals();
    const { ctx } = await start({ strangersPerMinutePerIp: 20 });
    ctx.log.warn = (text) => void warnings.push(text);
    const guess = () => `b-1.${randomBytes(8).toString('hex')}@bounce.example.com`;
    const answers: string[] = [];
    for (let connection = 0; connection < 5; connection++) {
      const client = await open();
      if ((await client.say('MAIL FROM:<>')) === '') continue;
      for (let n = 0; n < 30 && !answers.at(-1)?.startsWith('421'); n++)
        answers.push(await client.say(`RCPT TO:<${guess()}>`));
    }
    expect(answers.filter((answer) => answer.startsWith('550 5.1.1'))).toHaveLength(20);
    expect(answers).toHaveLength(21);
    expect(warnings).toEqual([expect.stringMatching(/127\.0\.0\.1 away .* more than 20 addresses/)]);
    await listener!.close();
    listener = null;
    expect((await refusals()) - before).toBe(25);
  });

  it('has a bound for connections of one client within a minute', async () => {
    await start({ connectionsPerMinutePerIp: 2 });
    for (const answer of [/^250 /, /^250 /, /^$/]) {
      const client = await open();
      expect(await client.say('NOOP')).toMatch(answer);
      client.close();
    }
  });

  it('keeps room for others when one client opens many connections, or keeps one busy', async () => {
    await start({ maxConnectionsPerIp: 2, sessionSeconds: 3 });
    const [one, two, three] = [await open(), await open(), await open()];
    expect(await three.say('NOOP')).toBe('');
    two.close();
    const busy = setInterval(() => one.write('NOOP\r\n'), 100);
    const replies: string[] = [];
    do replies.push(await one.reply());
    while (replies.at(-1)!.startsWith('250'));
    clearInterval(busy);
    expect(replies.at(-1)).toMatch(/^421 4\.4\.2 /);
    // What has ended does not count any more.
    const next = [await open(), await open()];
    for (const client of next) expect(await client.say('NOOP')).toMatch(/^250 /);
  }, 60_000);

  it('forgets a mail whose sender hangs up in the middle', async () => {
    const { ctx, got } = await start();
    const to = await bounceTo(ctx);
    const client = await open();
    for (const line of ['MAIL FROM:<>', `RCPT TO:<${to}>`, 'DATA']) await client.say(line);
    client.write('Subject: half\r\n');
    client.close();
    await listener!.close();
    listener = null;
    expect(got).toEqual([]);
  });

  it('offers STARTTLS with the configured certificate, and takes up a renewed one', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'newsletter-cert-'));
    for (const name of ['old', 'new'])
      execFileSync(
        'openssl',
        [
          ...[
            'req',
            '-x509',
            '-newkey',
            'rsa:2048',
            '-nodes',
            '-days',
            '2',
            '-subj',
            `/CN=${name}.example.com`,
          ],
          ...['-keyout', path.join(folder, `${name}.key`), '-out', path.join(folder, `${name}.pem`)],
        ],
        { stdio: 'ignore' },
      );
    const file = (name: string) => path.join(folder, name);
    const { ctx, got } = await start({
      tls: { key: readFileSync(file('old.key'), 'utf8'), cert: file('old.pem') },
    });
    const client = await open();
    expect(await client.say('EHLO test.example')).toContain('STARTTLS');
    expect(await client.startTls()).toMatch(/^250/);
    expect(await client.mail('', await bounceTo(ctx), MAIL)).toMatch(/^250 /);
    expect(got).toHaveLength(1);
    copyFileSync(file('new.pem'), file('old.pem'));
    utimesSync(file('old.pem'), new Date(), new Date());
    await listener!.close();
    await expect(
      start({ tls: { key: file('old.key'), cert: file('old.pem') } }),
      'a certificate of another key',
    ).rejects.toThrow(/key/i);
    await expect(start({ tls: { key: file('none.key'), cert: file('old.pem') } })).rejects.toThrow(
      /none\.key/,
    );
    listener = null;
  });

  it('does not offer STARTTLS without a certificate', async () => {
    await start();
    const client = await open();
    expect(await client.say('EHLO test.example')).not.toContain('STARTTLS');
    expect(await client.say('STARTTLS')).toMatch(/^5/);
  });
});

it('says in a sentence that another process has the port, and boots nevertheless', async () => {
  const { ctx } = await start();
  const warnings: string[] = [];
  const other: Context = {
    ...ctx,
    log: { ...ctx.log, warn: (text) => void warnings.push(text) },
    config: {
      ...ctx.config,
      bounce: { ...ctx.config.bounce, listener: { ...ctx.config.bounce.listener!, port: listener!.port } },
    },
  };
  const inbound = startInbound(other);
  await inbound.stop();
  expect(warnings).toEqual([expect.stringContaining('another process listens there')]);
  expect(inbound.listenerPort()).toBeNull();
});
