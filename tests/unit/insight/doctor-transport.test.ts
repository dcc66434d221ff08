import { Resolver } from 'node:dns/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { NewsletterConfigInput } from '../../../server/src/config';
import { diagnoseTransports } from '../../../server/src/insight/doctor-transport';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, type TestDatabase } from '../../helpers/database';
import { startDnsServer, type DnsServer } from '../../helpers/dns-server';

let db: TestDatabase;
let dns: DnsServer;
const resolver = new Resolver({ timeout: 2_000, tries: 2 });
beforeAll(async () => {
  db = await createTestDatabase('sqlite');
  dns = await startDnsServer({
    'gmail.com': { mx: [[5, 'mx.gmail.com']] },
    'mail.good.example': { a: ['127.0.0.1'], aaaa: ['::1'] },
    '1.0.0.127.in-addr.arpa': { ptr: ['Mail.Good.example'] },
    [`1.${'0.'.repeat(31)}ip6.arpa`]: { ptr: ['mail.good.example'] },
    'other.example': { a: ['127.0.0.1'] },
  });
  resolver.setServers([dns.server]);
});
afterAll(async () => {
  await dns.close();
  await db.destroy();
});

async function look(transport: object): Promise<string[]> {
  const transports = { direct: { type: 'mx', resolver: [dns.server], ...transport } };
  const ctx = await createTestContext(db.knex, { transports } as NewsletterConfigInput);
  return (await diagnoseTransports(ctx, resolver)).map(({ level, text }) => `${level}: ${text}`);
}

it('finds nothing to mend where address and name fit', async () => {
  expect(await look({ name: 'mail.good.example' })).toEqual([
    'ok: finds mail servers; whether outgoing port 25 is open, only a mail shows (Settings › Newsletter › Delivery)',
    'ok: 127.0.0.1 is mail.good.example, and mail.good.example is 127.0.0.1',
    'ok: ::1 is mail.good.example, and mail.good.example is ::1',
  ]);
  expect(await look({ name: 'mail.good.example', localAddress: '::1' })).toEqual([
    expect.stringMatching(/^ok: /),
    'ok: ::1 is mail.good.example, and mail.good.example is ::1',
  ]);
});

it.each([
  [{ name: 'web-1' }, /^warn: It calls itself "web-1" in EHLO, which is no full host name/],
  [{ name: 'mac.local' }, /^warn: It calls itself "mac\.local"/],
  [{ name: 'nowhere.example' }, /^warn: Its name in EHLO, nowhere\.example, has no address/],
  [
    { name: 'mail.good.example', localAddress: '127.0.0.5' },
    /has the address .*, but mail is sent from 127\.0\.0\.5/,
  ],
  [
    { name: 'other.example' },
    /^warn: The PTR record of 127\.0\.0\.1 is mail\.good\.example; it should be other\.example/,
  ],
])('says what receivers will not like: %j', async (transport, sentence) => {
  expect((await look(transport))[1]).toMatch(sentence);
});

it('says when this machine lacks the address, and where a warm-up stands', async () => {
  expect((await look({ name: 'mail.good.example', localAddress: '198.51.100.7' }))[0]).toMatch(
    /^fail: This machine does not have the address 198\.51\.100\.7/,
  );
  const startedOn = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  expect((await look({ name: 'mail.good.example', warmUp: { startedOn } })).at(-1)).toBe(
    'ok: day 2 of its warm-up: 0 of 280 messages today',
  );
});

it('says when DNS does not answer', async () => {
  dns.zone['gmail.com'] = { fails: true };
  expect((await look({ name: 'mail.good.example' }))[0]).toMatch(
    /^fail: DNS gives no answer about the domain gmail\.com .*without DNS no mail server is found/,
  );
});
