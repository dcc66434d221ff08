import { mkdirSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import path from 'node:path';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addPerson } from '../../server/src/audience';
import type { Context } from '../../server/src/context';
import { createMessageBuilder } from '../../server/src/delivery/message';
import { createSigner } from '../../server/src/delivery/signing';
import { takeMail, type InboundMail, type InboundResult } from '../../server/src/feedback/inbound';
import { startListener, type Listener } from '../../server/src/feedback/inbound/listener';
import { watchMailbox } from '../../server/src/feedback/inbound/mailbox';
import { readSuppression, TABLE } from '../../server/src/storage';
import { createUrls } from '../../server/src/tokens';
import { createTestContext } from '../helpers/context';
import { createTestDatabase, type TestDatabase } from '../helpers/database';
import { startDovecot } from '../helpers/dovecot';
import { startMailer, type Mailer, type MailerName } from '../helpers/mailers';
import { waitFor } from '../helpers/processes';
import { CASES, RECORDED, recordedTokens, type CaseName } from '../helpers/recorded';
import { services } from '../helpers/services';
import { SmtpClient } from '../helpers/smtp-client';
import { addDelivery } from '../unit/audience/support';
import { snapshotFor } from '../unit/delivery-wire/support';

const PROGRAMS: Record<MailerName, string | null> = {
  Postfix: services.postfix,
  Exim: services.exim,
  OpenSMTPD: services.opensmtpd,
};
const NAMES = Object.keys(PROGRAMS) as MailerName[];
const RECORD = process.env.RECORD_BOUNCES === '1';

let db: TestDatabase;
let ctx: Context;
let receiver: SMTPServer;
let listener: Listener;
const came: { mail: InboundMail; result: InboundResult }[] = [];

beforeAll(async () => {
  db = await createTestDatabase();
  ctx = await createTestContext(db.knex, {
    domains: { 'example.com': { dkim: 'relay' } },
    bounce: { domain: 'bounce.example.com', listener: { host: '127.0.0.1', port: 0 } },
  });
  ctx.tokens = recordedTokens();
  ctx.urls = createUrls('https://news.example.com', ctx.tokens);
  receiver = await startReceiver();
  listener = await startListener(ctx, ctx.config.bounce.listener!, async (mail) => {
    const result = await takeMail(ctx, mail);
    came.push({ mail, result });
    return result;
  });
});
afterAll(async () => {
  await listener?.close();
  await new Promise<void>((resolve) => receiver?.close(resolve) ?? resolve());
  await db?.destroy();
});

/** The recipients' server: refuses by the recipient's name. */
async function startReceiver(): Promise<SMTPServer> {
  const refusal = (reply: string) =>
    Object.assign(new Error(reply.slice(4)), { responseCode: Number(reply.slice(0, 3)) });
  const caseOf = (address: string) => CASES[address.split('@')[0]!.split('.')[0] as CaseName];
  const server = new SMTPServer({
    logger: false,
    disabledCommands: ['AUTH', 'STARTTLS'],
    onRcptTo({ address }, _, callback) {
      const wanted = caseOf(address);
      if (address.startsWith('later')) return callback(refusal('450 4.2.0 Try again later'));
      callback(wanted?.at === 'rcpt' ? refusal(wanted.reply) : null);
    },
    onData(stream, session, callback) {
      const wanted = caseOf(session.envelope.rcptTo[0]!.address);
      stream.resume().once('end', () => callback(wanted ? refusal(wanted.reply) : null));
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

const portOf = (server: SMTPServer) => (server.server.address() as AddressInfo).port;

/** Sends a newsletter through a relay, as a campaign would. */
async function send(mailer: Mailer, email: string, campaign: string) {
  await addPerson(ctx, { email, consent: true }, { source: 'admin' });
  const id = await addDelivery(ctx, email, { campaign_id: campaign });
  const addressHash = ctx.tokens.addressHash(email);
  const message = await createMessageBuilder(ctx, createSigner(ctx)).build({
    snapshot: snapshotFor(ctx),
    rendered: { subject: '冬のお知らせ', preheader: '', html: '<p>こんにちは</p>', text: 'こんにちは' },
    to: { email },
    deliveryId: id,
    personClaim: { subscriberId: 'subscriber0000000000000001', addressHash, deliveryId: id },
  });
  const client = await SmtpClient.open(mailer.port);
  const { from, to } = message.envelope;
  expect(await client.mail(from, to, message.raw.toString('latin1'))).toMatch(/^250 /);
  client.close();
  return {
    id,
    from,
    suppressed: async () => (await readSuppression(db.knex, addressHash))?.reason ?? null,
    row: () => db.knex(TABLE.feedback).where({ delivery_id: id }).first(),
    report: () => came.find(({ mail }) => mail.envelope?.to === from),
  };
}

describe.each(NAMES)('bounces that %s makes', (name) => {
  describe.skipIf(!PROGRAMS[name])('for our return path', () => {
    let mailer: Mailer;
    beforeAll(async () => {
      mailer = await startMailer(name, PROGRAMS[name]!, { bounces: listener.port, rest: portOf(receiver) });
    });
    afterAll(() => mailer?.stop());

    it.each(Object.keys(CASES) as CaseName[])(
      '%s: find their delivery and have the right effect',
      async (what) => {
        const { severity } = CASES[what];
        const sent = await send(mailer, `${what}.${name.toLowerCase()}@example.net`, `${name}-${what}`);
        await waitFor(sent.report, () => `no report came:\n${mailer.log()}`);
        const { mail, result } = sent.report()!;
        if (RECORD) record(name, what, mail.raw);
        expect(mail.envelope!.from).toBe('');
        expect(result.outcome).toBe('taken');
        expect(await sent.row()).toMatchObject({ proof: 'verp', kind: 'bounce', severity });
        expect(await sent.suppressed()).toBe(severity === 'hard' ? 'hard-bounce' : null);
      },
    );

    if (name !== 'Postfix') return; // the others warn after hours at the earliest
    it('do nothing as long as the relay still tries', async () => {
      const sent = await send(mailer, 'later@example.net', `${name}-later`);
      await waitFor(sent.report, () => `no report came:\n${mailer.log()}`);
      if (RECORD) record(name, 'later', sent.report()!.mail.raw);
      expect(sent.report()!.result).toEqual({ outcome: 'ignored', why: 'delayed' });
      expect(await sent.suppressed()).toBeNull();
    });
  });
});

describe.skipIf(!services.postfix || !services.dovecot)(
  'bounces that Postfix puts into a mailbox at Dovecot',
  () => {
    it('are found there by their Message-ID and their recipient', async () => {
      const dovecot = await startDovecot(services.dovecot!);
      const maildir = dovecot.maildir('bounces');
      dovecot.prepare('bounces');
      const mailer = await startMailer('Postfix', services.postfix!, {
        bounces: listener.port,
        rest: portOf(receiver),
        maildir,
      });
      const boxed = await createTestContext(db.knex, {
        bounce: {
          domain: 'bounce.example.com',
          mailboxes: [
            {
              name: 'bounces',
              host: '127.0.0.1',
              port: dovecot.port,
              auth: { user: 'bounces', pass: 'secret' },
              tls: { ca: dovecot.ca },
            },
          ],
        },
      });
      const watched = { ...boxed, tokens: ctx.tokens };
      const watcher = watchMailbox(watched, boxed.config.bounce.mailboxes[0]!, (mail) =>
        takeMail(watched, mail),
      );
      try {
        const sent = await send(mailer, 'gone.boxed@example.net', 'boxed');
        await waitFor(
          async () => (await sent.suppressed()) === 'hard-bounce',
          () => mailer.log(),
        );
        expect(await sent.row()).toMatchObject({ way: 'mailbox', source: 'bounces', result: 'applied' });
        await waitFor(() => dovecot.count('bounces', '.Newsletter done') === 1);
      } finally {
        await watcher.stop();
        await mailer.stop();
        await dovecot.stop();
      }
    });
  },
);

function record(mailer: string, what: string, raw: Buffer): void {
  mkdirSync(RECORDED, { recursive: true });
  const text = raw.toString('latin1').replaceAll(new RegExp(`\\b${hostname()}\\b`, 'g'), 'relay.example.org');
  writeFileSync(path.join(RECORDED, `${mailer.toLowerCase()}-${what}.eml`), text, 'latin1');
}
