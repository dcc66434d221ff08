import { createSocket, type Socket } from 'node:dgram';
import { generateKeyPairSync } from 'node:crypto';
import { Resolver } from 'node:dns/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { dkimRecord, zoneStrings } from '../../../server/src/cli/dkim';
import { diagnose, type Diagnosis } from '../../../server/src/insight';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, type TestDatabase } from '../../helpers/database';
import { startReceiver, type Receiver } from '../../helpers/receiver';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const ed25519 = generateKeyPairSync('ed25519').privateKey;
const pem = (key: typeof privateKey) => key.export({ type: 'pkcs8', format: 'pem' }).toString();

const TXT: Record<string, string[]> = {
  'good.example': ['google-site-verification=x', 'v=spf1 include:relay.example ~all'],
  's1._domainkey.good.example': [dkimRecord(privateKey)],
  's2._domainkey.good.example': [dkimRecord(ed25519)],
  '_dmarc.good.example': ['v=DMARC1; p=none'],
  'news.bad.example': ['v=spf1 -all', 'v=spf1 a -all'],
  's1._domainkey.news.bad.example': [dkimRecord(other)],
  '_dmarc.bad.example': ['v=DMARC1; p=reject'],
  'open.example': ['v=spf1 +all'],
  'bounce.good.example': ['v=spf1 include:relay.example -all'],
};
const MX: Record<string, string> = {
  'good.example': 'mx.good.example',
  'bounce.good.example': 'mx.good.example',
  'open.example': '',
};

/** A name server for the records above: one question, one kind of answer (RFC 1035 §4). */
function answer(query: Buffer): Buffer {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at]!; length > 0; length = query[at]!) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  const type = query.readUInt16BE(at + 1);
  const name = labels.join('.').toLowerCase();
  const wire = (host: string) =>
    Buffer.concat([
      ...host
        .split('.')
        .filter(Boolean)
        .map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`, 'latin1')),
      Buffer.from([0]),
    ]);
  const strings = (text: string) =>
    Buffer.concat(
      (text.match(/.{1,255}/g) ?? []).map((part) =>
        Buffer.from(`${String.fromCharCode(part.length)}${part}`, 'latin1'),
      ),
    );
  const data =
    type === 16
      ? (TXT[name] ?? []).map(strings)
      : type === 15 && MX[name] !== undefined
        ? [Buffer.concat([Buffer.from([0, 10]), wire(MX[name])])]
        : [];
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8180 | (data.length === 0 ? 3 : 0), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(data.length, 6);
  const records = data.map((bytes) => {
    const head = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, 0]);
    head.writeUInt16BE(bytes.length, 10);
    return Buffer.concat([head, bytes]);
  });
  return Buffer.concat([header, query.subarray(12, at + 5), ...records]);
}

let db: TestDatabase;
let receiver: Receiver;
let dns: Socket;
const resolver = new Resolver({ timeout: 2_000, tries: 2 });

beforeAll(async () => {
  db = await createTestDatabase('sqlite');
  receiver = await startReceiver();
  dns = createSocket('udp4');
  dns.on('message', (query, from) => dns.send(answer(query), from.port, from.address));
  await new Promise<void>((resolve) => dns.bind(0, '127.0.0.1', resolve));
  resolver.setServers([`127.0.0.1:${dns.address().port}`]);
});
afterAll(async () => {
  dns.close();
  await receiver.stop();
  await db.destroy();
});

const levels = (findings: Diagnosis[]) =>
  Object.fromEntries(findings.map(({ subject, level }) => [subject, level]));

it('finds nothing to mend where all is well', async () => {
  const ctx = await createTestContext(db.knex, {
    publicUrl: 'https://news.good.example',
    transports: { relay: { host: '127.0.0.1', port: receiver.port } },
    domains: {
      'good.example': {
        dkim: {
          selector: 's1',
          privateKey: pem(privateKey),
          ed25519: { selector: 's2', privateKey: pem(ed25519) },
        },
      },
    },
    // Any SMTP server of this machine.
    bounce: { domain: 'bounce.good.example', listener: { port: receiver.port } },
  });
  const findings = await diagnose(ctx, resolver);
  expect(levels(findings)).toEqual({
    configuration: 'ok',
    publicUrl: 'ok',
    database: 'ok',
    queue: 'ok',
    'transport relay': 'ok',
    senders: 'warn',
    'good.example SPF': 'ok',
    'good.example DKIM': 'ok',
    'good.example DMARC': 'ok',
    'good.example MX': 'ok',
    'bounce.good.example MX': 'ok',
    'bounce.good.example SPF': 'ok',
    'SMTP listener': 'ok',
  });
  expect(findings.filter(({ subject }) => subject.endsWith('DKIM')).map(({ text }) => text)).toEqual([
    's1._domainkey.good.example matches the private key',
    's2._domainkey.good.example matches the private key',
  ]);
});

it('says what is wrong and what to do', async () => {
  const ctx = await createTestContext(db.knex, {
    transports: { relay: { host: '127.0.0.1', port: 1 } },
    domains: {
      'news.bad.example': { dkim: { selector: 's1', privateKey: pem(privateKey) } },
      'open.example': { dkim: 'relay' },
      'none.example': { dkim: { selector: 's1', privateKey: pem(privateKey) } },
    },
  });
  const findings = await diagnose({ ...ctx, production: true }, resolver);
  const about = (subject: string) => findings.find((finding) => finding.subject === subject);
  expect(about('publicUrl')).toMatchObject({ level: 'fail' });
  expect(about('transport relay')).toMatchObject({
    level: 'fail',
    text: expect.stringContaining('Nothing listens'),
  });
  expect(about('news.bad.example SPF')?.text).toContain('There are 2 SPF records');
  expect(about('news.bad.example DKIM')?.text).toContain('is not that of the private key');
  expect(about('news.bad.example DMARC')).toMatchObject({
    level: 'ok',
    text: '_dmarc.bad.example: v=DMARC1; p=reject',
  });
  expect(about('news.bad.example MX')?.level).toBe('warn');
  expect(about('open.example SPF')?.text).toContain('lets everybody send');
  expect(about('open.example MX')?.text).toContain('takes no mail');
  expect(about('none.example DKIM')?.text).toContain('There is no rsa-sha256 key');
  expect(about('none.example DMARC')?.level).toBe('fail');
});

it('says what keeps bounces from coming back', async () => {
  const ctx = await createTestContext(db.knex, {
    domains: {
      'good.example': { dkim: 'relay' },
      'news.other.example': { dkim: 'relay', bounceDomain: 'bounce.other.example' },
    },
    bounce: { domain: 'bounce.elsewhere.example' },
  });
  const findings = await diagnose(ctx, resolver);
  const about = (subject: string) => findings.find((finding) => finding.subject === subject);
  expect(about('bounce.elsewhere.example MX')).toMatchObject({ level: 'fail' });
  expect(about('bounce.elsewhere.example SPF')).toMatchObject({ level: 'fail' });
  expect(about('bounce.elsewhere.example alignment')?.text).toContain('bounce.good.example');
  expect(about('bounce.other.example alignment')).toBeUndefined();
  expect(about('bounces')?.text).toContain('nothing that reads');

  const ported = await createTestContext(db.knex, {
    bounce: { domain: 'b.example', listener: { host: '127.0.0.1', port: 1 } },
  });
  const door = (await diagnose(ported, resolver)).find(({ subject }) => subject === 'SMTP listener');
  expect(door).toMatchObject({
    level: 'warn',
    text: expect.stringContaining('Nothing answers on 127.0.0.1:1'),
  });
  expect(door?.text).toContain('something must forward');
  const none = await createTestContext(db.knex);
  expect((await diagnose(none, resolver)).find(({ subject }) => subject === 'bounces')).toMatchObject({
    level: 'warn',
  });
});

it('does not take a silent name server for a missing record', async () => {
  const silent = createSocket('udp4');
  await new Promise<void>((resolve) => silent.bind(0, '127.0.0.1', resolve));
  const nobody = new Resolver({ timeout: 100, tries: 1 });
  nobody.setServers([`127.0.0.1:${silent.address().port}`]);
  const ctx = await createTestContext(db.knex, { domains: { 'good.example': { dkim: 'relay' } } });
  const findings = (await diagnose(ctx, nobody)).filter(({ subject }) => /SPF|DMARC|MX/.test(subject));
  expect(findings.map(({ level }) => level)).toEqual(['warn', 'warn', 'warn']);
  expect(findings[0]?.text).toContain('ETIMEOUT');
  silent.close();
});

it('prints a record in strings of at most 255 bytes', () => {
  const record = dkimRecord(privateKey);
  const strings = zoneStrings(record).match(/"[^"]*"/g) ?? [];
  expect(strings.length).toBe(2);
  expect(strings.every((part) => part.length <= 257)).toBe(true);
  expect(strings.map((part) => part.slice(1, -1)).join('')).toBe(record);
});
