import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { smtpTransportSchema } from '../../server/src/config/transports';
import { createMessageBuilder } from '../../server/src/delivery/message';
import { createSigner } from '../../server/src/delivery/signing';
import { classify } from '../../server/src/delivery/replies';
import { createSmtpTransport } from '../../server/src/delivery/smtp/transport';
import type { Transport } from '../../server/src/delivery/types';
import { createTestContext } from '../helpers/context';
import { createTestDatabase } from '../helpers/database';
import { services } from '../helpers/services';
import { startInbox } from '../unit/delivery-wire/inbox';
import { claimFor, snapshotFor } from '../unit/delivery-wire/support';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function transportTo(port: number, over: Record<string, unknown>): Promise<Transport> {
  const config = smtpTransportSchema.parse({ host: '127.0.0.1', port, ...over });
  const transport = createSmtpTransport('main', config);
  cleanups.push(() => transport.close());
  return transport;
}

const message = {
  envelope: { from: 'editor@example.com', to: 'reader@example.net' },
  raw: Buffer.from('Subject: x\r\n\r\nhello\r\n'),
};
const facts = { attempt: 1, firstQueuedAt: Date.now(), now: Date.now() };

describe('encryption', () => {
  it('a certificate that nobody vouches for stops the mail and pauses the campaign; one we trust lets it pass', async () => {
    const inbox = await startInbox({ disabledCommands: [] });
    cleanups.push(() => inbox.close());
    const strict = await transportTo(inbox.port, { requireTLS: true });
    const outcome = await strict.send(message);
    expect(outcome).toMatchObject({ kind: 'lost', stage: 'tls' });
    expect(classify(outcome, facts)).toMatchObject({
      state: 'deferred',
      suppress: false,
      pauseCampaign: { sentence: expect.stringContaining('certificate') },
    });
    await expect(strict.verify()).rejects.toThrow(/certificate of 127\.0\.0\.1:\d+ is not trusted/);
    expect(inbox.messages).toEqual([]);

    const trusting = await transportTo(inbox.port, { requireTLS: true, tls: { rejectUnauthorized: false } });
    expect(await trusting.send(message)).toMatchObject({ kind: 'accepted' });
    expect(inbox.messages).toMatchObject([{ secure: true }]);
  });

  it('TLS from the first byte, and a port that does not speak it', async () => {
    const secure = await startInbox({ secure: true });
    const plain = await startInbox();
    cleanups.push(
      () => secure.close(),
      () => plain.close(),
    );
    const trusting = { secure: true, tls: { rejectUnauthorized: false } };
    expect(await (await transportTo(secure.port, trusting)).send(message)).toMatchObject({
      kind: 'accepted',
    });
    expect(secure.messages).toMatchObject([{ secure: true }]);
    const wrong = await transportTo(plain.port, {
      ...trusting,
      timeouts: { connect: 1000, greeting: 1000, socket: 1000 },
    });
    expect(await wrong.send(message)).toMatchObject({ kind: 'lost', stage: 'tls' });
    await expect(wrong.verify()).rejects.toThrow(/does not speak TLS from the first byte/);
  });
});

it('logs in, and a refused login pauses', async () => {
  const inbox = await startInbox({
    authOptional: false,
    allowInsecureAuth: true,
    onAuth: ({ username, password }, _session, done) =>
      password === 'right'
        ? done(null, { user: username })
        : done(Object.assign(new Error('bad credentials'), { responseCode: 535 })),
  });
  cleanups.push(() => inbox.close());
  const good = await transportTo(inbox.port, { auth: { user: 'me', pass: 'right' } });
  expect(await good.send(message)).toMatchObject({ kind: 'accepted' });
  expect(inbox.messages).toMatchObject([{ user: 'me' }]);
  const bad = await transportTo(inbox.port, { auth: { user: 'me', pass: 'wrong' } });
  const outcome = await bad.send(message);
  expect(outcome).toMatchObject({ kind: 'refused', stage: 'auth', reply: { code: 535 } });
  expect(classify(outcome, facts)).toMatchObject({
    state: 'deferred',
    reason: 'authentication',
    pauseCampaign: { sentence: expect.stringContaining('login') },
  });
});

it('many messages at once use the connections that are allowed and all arrive once, across replaced connections', async () => {
  let open = 0;
  let most = 0;
  const inbox = await startInbox({
    onConnect: (_session, done) => ((most = Math.max(most, ++open)), done()),
    onClose: () => void (open -= 1),
  });
  cleanups.push(() => inbox.close());
  const transport = await transportTo(inbox.port, { pool: { maxConnections: 3, maxMessages: 20 } });
  expect(transport.capacity).toBe(3);
  const outcomes = await Promise.all(
    Array.from({ length: 200 }, (_, i) =>
      transport.send({ ...message, envelope: { ...message.envelope, to: `r${i}@example.net` } }),
    ),
  );
  expect(outcomes.every(({ kind }) => kind === 'accepted')).toBe(true);
  expect(new Set(inbox.messages.map(({ to }) => to)).size).toBe(200);
  expect(inbox.messages).toHaveLength(200);
  expect(most).toBeLessThanOrEqual(3);
});

const python = services.dkimPython;

it.skipIf(!python)(
  'a verifier that we did not write (python3-dkim) accepts what arrives over SMTP',
  async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'der' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const db = await createTestDatabase();
    const inbox = await startInbox();
    cleanups.push(
      () => db.destroy(),
      () => inbox.close(),
    );
    const ctx = await createTestContext(db.knex, {
      publicUrl: 'https://news.example.com',
      domains: { 'example.com': { dkim: { selector: 'news', privateKey } } },
    });
    const transport = await transportTo(inbox.port, {});
    const outgoing = await createMessageBuilder(ctx, createSigner(ctx)).build({
      snapshot: snapshotFor(ctx),
      rendered: {
        subject: '冬のお知らせ',
        preheader: '',
        html: '<p>こんにちは</p>\n',
        text: '.dot\nこんにちは\n',
      },
      to: { email: 'reader@example.net', name: '読者' },
      deliveryId: 7,
      personClaim: claimFor(ctx, 'reader@example.net'),
    });
    expect(await transport.send(outgoing)).toMatchObject({ kind: 'accepted' });
    const arrived = inbox.messages[0]!.raw;
    expect(arrived.equals(outgoing.raw)).toBe(true);
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'newsletter-dkim-')), 'mail.eml');
    const verdict = (raw: Buffer) => {
      writeFileSync(file, raw);
      const program = `import dkim,sys
raw=open(sys.argv[1],'rb').read()
print(dkim.verify(raw, dnsfunc=lambda name, timeout=5: sys.argv[2].encode()))`;
      return execFileSync(python!, ['-c', program, file, `v=DKIM1; k=rsa; p=${publicKey.toString('base64')}`])
        .toString()
        .trim();
    };
    expect(verdict(arrived)).toBe('True');
    expect(verdict(Buffer.from(arrived.toString('latin1').replace('One-Click', 'One-Clack'), 'latin1'))).toBe(
      'False',
    );
  },
);
