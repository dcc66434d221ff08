import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLookup, createResolver, lookUp } from '../../../server/src/audience';
import { startDns, type DnsServer } from '../../helpers/dns';

let dns: DnsServer;
beforeEach(async () => {
  dns = await startDns({
    'mail.example': { mx: ['mx1.mail.example', 'mx2.mail.example'] },
    'host.example': { a: ['192.0.2.1'] },
    'bare.example': {},
    'null.example': { mx: [''] },
    'broken.example': 'servfail',
    'silent.example': 'silent',
  });
});
afterEach(() => dns.close());

const resolver = () => createResolver({ servers: [dns.address], timeoutMs: 2_000, tries: 1, concurrency: 5 });

it.each([
  ['mail.example', { state: 'ok', detail: null }],
  ['host.example', { state: 'ok', detail: null }],
  ['bare.example', { state: 'missing', detail: 'no-records' }],
  ['null.example', { state: 'missing', detail: 'null-mx' }],
  ['gone.example', { state: 'missing', detail: 'nxdomain' }],
  ['broken.example', { state: 'unknown', detail: 'ESERVFAIL' }],
  ['silent.example', { state: 'unknown', detail: 'ETIMEOUT' }],
])('%s is %j', async (domain, fact) => {
  expect(await lookUp(resolver(), domain)).toEqual(fact);
});

it('asks once for what is kept, and stops asking a server that is away', async () => {
  const kept = new Map<string, { state: 'ok' | 'missing' | 'unknown'; detail: string | null }>();
  const lookup = createLookup(
    resolver(),
    {
      read: (domains) => Promise.resolve(new Map([...kept].filter(([domain]) => domains.includes(domain)))),
      keep: (facts) => {
        for (const [domain, fact] of facts) kept.set(domain, fact);
        return Promise.resolve();
      },
    },
    { concurrency: 5 },
  );
  expect((await lookup.factsOf(['mail.example', 'host.example'])).asked).toBe(2);
  expect((await lookup.factsOf(['mail.example', 'host.example'])).asked).toBe(0);

  const many = Array.from({ length: 200 }, (_, nth) => `d${nth}.example`);
  for (const domain of many) dns.zone[domain] = 'servfail';
  const before = dns.asked.length;
  const { facts, unknown } = await lookup.factsOf(many);
  expect(unknown).toBe(200);
  expect(facts.get('d199.example')).toMatchObject({ state: 'unknown', detail: 'resolver-away' });
  expect(dns.asked.length - before).toBeLessThan(100);
});
