import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import { createSeenPolicies } from '../../../server/src/delivery/mx/seen-policies';
import { matchesPolicy, parsePolicy } from '../../../server/src/delivery/mx/sts';
import type { MxDeps } from '../../../server/src/delivery/mx/transport';
import { classify } from '../../../server/src/delivery/replies';
import { TABLE } from '../../../server/src/storage';
import { createTestDatabase, databaseKinds } from '../../helpers/database';
import { Internet, mailTo } from './mx-bed';
import { short } from './transport-bed';

const HERE = '127.0.0.1';
/** A certificate authority, and what it vouches for. */
let ca: string;
let policyHost: { key: string; cert: string };
let mailHost: { key: string; cert: string };

beforeAll(() => {
  const folder = mkdtempSync(path.join(tmpdir(), 'newsletter-sts-'));
  const file = (name: string) => path.join(folder, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'ignore' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...key,
    '-days',
    '2',
    '-subj',
    '/CN=Test',
    '-keyout',
    file('ca.key'),
    '-out',
    file('ca.pem'),
  );
  const issue = (name: string) => {
    openssl(
      'req',
      ...key,
      '-subj',
      `/CN=${name}`,
      '-keyout',
      file(`${name}.key`),
      '-out',
      file(`${name}.csr`),
    );
    writeFileSync(file(`${name}.ext`), `subjectAltName=DNS:${name}`);
    openssl(
      ...['x509', '-req', '-days', '2', '-in', file(`${name}.csr`), '-extfile', file(`${name}.ext`)],
      ...['-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial', '-out', file(`${name}.pem`)],
    );
    return {
      key: readFileSync(file(`${name}.key`), 'utf8'),
      cert: readFileSync(file(`${name}.pem`), 'utf8'),
    };
  };
  ca = readFileSync(file('ca.pem'), 'utf8');
  policyHost = issue('mta-sts.example.net');
  mailHost = issue('mx.example.net');
}, 150_000);

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const policy = (mode: string, mx = 'mx.example.net', maxAge = 86_400) =>
  `version: STSv1\r\nmode: ${mode}\r\nmx: ${mx}\r\nmax_age: ${maxAge}\r\n`;

/** A domain with a policy, and a mail server with a certificate. */
async function start({ text, tls = mailHost }: { text: string; tls?: { key: string; cert: string } }) {
  const net = await Internet.start({
    'example.net': { mx: [[10, 'mx.example.net']] },
    '_mta-sts.example.net': { txt: ['unrelated', 'v=STSv1; id=20261124;'] },
    'mta-sts.example.net': { a: [HERE] },
    'mx.example.net': { a: [HERE] },
  });
  const served = { text, status: 200, count: 0 };
  const server = https.createServer(policyHost, (request, response) => {
    served.count += 1;
    expect(request.url).toBe('/.well-known/mta-sts.txt');
    response.writeHead(served.status, { 'content-type': 'text/plain' }).end(served.text);
  });
  await new Promise<void>((resolve) => server.listen(0, HERE, resolve));
  const close = () => new Promise((resolve) => server.close(resolve));
  cleanups.push(close);
  const inbox = await net.inbox(HERE, { disabledCommands: [], ...tls });
  const warn = vi.fn();
  const { port } = server.address() as AddressInfo;
  const more = (deps: Partial<MxDeps> = {}) =>
    net.transport({ mtaSts: true, tls: { ca } }, { log: { warn }, sts: { port, ca }, ...deps });
  return { net, served, inbox, warn, transport: more(), more };
}

const facts = { attempt: 1, firstQueuedAt: Date.now(), now: Date.now() };

it('sends over a connection whose certificate is valid', async () => {
  const { transport, inbox, served } = await start({ text: policy('enforce', '*.example.net') });
  expect(short(await transport.send(mailTo('x@example.net')))).toBe('accepted 250');
  expect(short(await transport.send(mailTo('y@example.net')))).toBe('accepted 250');
  expect(inbox.messages).toMatchObject([{ secure: true }, { secure: true }]);
  expect(served.count).toBe(1);
});

it('sends nothing when the certificate is another one', async () => {
  const { transport, inbox } = await start({ text: policy('enforce'), tls: policyHost });
  const outcome = await transport.send(mailTo('x@example.net'));
  expect(outcome).toMatchObject({
    kind: 'refused',
    stage: 'connect',
    reply: { code: 450, status: '4.4.4', text: /asks for verified encryption/ },
  });
  // One domain's certificate is no reason to hold back the mail to all the others.
  expect(classify(outcome, facts)).toMatchObject({
    state: 'deferred',
    reason: 'routing',
    suppress: false,
    pauseCampaign: null,
  });
  expect(inbox.messages).toEqual([]);
});

it('sends nothing to a mail server that the policy does not name', async () => {
  const { transport, inbox } = await start({ text: policy('enforce', 'other.example.net') });
  expect(await transport.send(mailTo('x@example.net'))).toEqual({
    kind: 'refused',
    stage: 'rcpt',
    reply: {
      code: 450,
      status: '4.4.4',
      text: 'The mail servers mx.example.net of example.net are not in its MTA-STS policy (other.example.net): nothing is sent until that is mended',
    },
  });
  expect(inbox.messages).toEqual([]);
});

it('only says so when the policy is in testing', async () => {
  const { transport, inbox, warn } = await start({
    text: policy('testing', 'other.example.net'),
    tls: policyHost,
  });
  expect(short(await transport.send(mailTo('x@example.net')))).toBe('accepted 250');
  expect(inbox.messages).toHaveLength(1);
  expect(warn).toHaveBeenCalledWith(expect.stringContaining('not in its MTA-STS policy'));
});

it('goes on as without a policy when it cannot be fetched, and holds to one that was seen', async () => {
  const { transport, inbox, served, warn } = await start({ text: 'not a policy', tls: policyHost });
  expect(short(await transport.send(mailTo('x@example.net')))).toBe('accepted 250');
  expect(warn).toHaveBeenCalledWith(expect.stringContaining('its version is not STSv1'));
  expect(short(await transport.send(mailTo('y@example.net')))).toBe('accepted 250');
  expect([served.count, inbox.messages.length]).toEqual([1, 2]);
});

it('forgets a policy only when its time is over', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  try {
    const { net, transport, inbox, served } = await start({
      text: policy('enforce', 'other.example.net', 3600),
    });
    expect(short(await transport.send(mailTo('x@example.net')))).toBe('refused rcpt 450');
    // Its record and its server are gone: an attacker could have taken them away.
    delete net.dns.zone['_mta-sts.example.net'];
    served.status = 500;
    vi.setSystemTime(Date.now() + 600_000);
    expect(short(await transport.send(mailTo('x@example.net')))).toBe('refused rcpt 450');
    vi.setSystemTime(Date.now() + 3_600_000);
    expect(short(await transport.send(mailTo('x@example.net')))).toBe('accepted 250');
    expect([inbox.messages.length, served.count]).toEqual([1, 1]);
  } finally {
    vi.useRealTimers();
  }
});

it('fetches a policy anew when its id has changed', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  try {
    const { net, transport, served } = await start({ text: policy('enforce', 'other.example.net') });
    expect(short(await transport.send(mailTo('x@example.net')))).toBe('refused rcpt 450');
    net.dns.zone['_mta-sts.example.net'] = { txt: ['v=STSv1; id=2'] };
    served.text = policy('enforce');
    vi.setSystemTime(Date.now() + 600_000);
    expect(short(await transport.send(mailTo('x@example.net')))).toBe('accepted 250');
    expect(served.count).toBe(2);
  } finally {
    vi.useRealTimers();
  }
});

it.each(databaseKinds)('knows a policy after a restart and in other processes, on %s', async (kind) => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const db = await createTestDatabase(kind);
  try {
    const { net, more, inbox, served, warn } = await start({
      text: policy('enforce', 'other.example.net', 3600),
    });
    const process = () => more({ policies: createSeenPolicies(db.knex, { warn }) });
    expect(short(await process().send(mailTo('x@example.net')))).toBe('refused rcpt 450');
    // Its record is there: what was fetched once is not fetched again.
    expect(short(await process().send(mailTo('x@example.net')))).toBe('refused rcpt 450');
    expect(served.count).toBe(1);
    // An attacker hides the record and the server of policies, and waits for a restart.
    delete net.dns.zone['_mta-sts.example.net'];
    served.status = 500;
    expect(short(await process().send(mailTo('x@example.net')))).toBe('refused rcpt 450');
    vi.setSystemTime(Date.now() + 3_600_001);
    expect(short(await process().send(mailTo('x@example.net')))).toBe('accepted 250');
    expect([inbox.messages.length, served.count]).toEqual([1, 1]);

    // What is over is forgotten when the next one is kept.
    const seen = { id: '2', policy: { mode: 'none', mx: [], maxAge: 60 } as const };
    const keep = createSeenPolicies(db.knex, { warn });
    await keep.write('example.org', { ...seen, fetchedAt: Date.now(), until: Date.now() + 60_000 });
    expect(await keep.read('example.org')).toMatchObject(seen);
    expect(await db.knex(TABLE.stsPolicies).select('domain')).toEqual([{ domain: 'example.org' }]);
    expect(warn).not.toHaveBeenCalled();
  } finally {
    vi.useRealTimers();
    await db.destroy();
  }
});

it('looks at a policy anew each day, whatever its record says, so that nobody can wait for its end', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  try {
    const { net, transport, served, warn } = await start({
      text: policy('enforce', '*.example.net', 604_800),
    });
    const days = (count: number) => vi.setSystemTime(Date.now() + count * 86_400_000 + 1);
    const send = async () => short(await transport.send(mailTo('x@example.net')));
    expect(await send()).toBe('accepted 250');
    days(1);
    delete net.dns.zone['_mta-sts.example.net'];
    // In the background: this message does not wait for it.
    expect(await send()).toBe('accepted 250');
    await vi.waitFor(() => expect(served.count).toBe(2));
    served.text = policy('enforce', 'other.example.net', 604_800);
    days(1);
    await send();
    await vi.waitFor(async () => expect(await send()).toBe('refused rcpt 450'));
    served.status = 500;
    days(1);
    expect(await send()).toBe('refused rcpt 450');
    await vi.waitFor(() =>
      expect(warn).toHaveBeenCalledWith(expect.stringMatching(/the one that was seen holds until 2/)),
    );
    expect(await send()).toBe('refused rcpt 450');
    expect(served.count).toBe(4);
  } finally {
    vi.useRealTimers();
  }
});

it('sends nothing while the database does not say whether a policy was seen', async () => {
  const { more, inbox } = await start({ text: policy('enforce') });
  const read = () => Promise.reject(new Error('the database is away'));
  const transport = more({ policies: { read, write: read } });
  const outcome = await transport.send(mailTo('x@example.net'));
  expect(outcome).toEqual({ kind: 'lost', stage: 'connect', message: 'the database is away' });
  expect(classify(outcome, facts)).toMatchObject({ state: 'deferred', pauseCampaign: null });
  expect(inbox.messages).toEqual([]);
});

it('reads policies as RFC 8461 writes them', () => {
  expect(
    parsePolicy('version: STSv1\nmode: enforce\nmx: A.example.com\nmx: *.example.net\nmax_age: 60'),
  ).toEqual({
    mode: 'enforce',
    mx: ['a.example.com', '*.example.net'],
    maxAge: 60,
  });
  expect(parsePolicy('version: STSv1\nmode: none\nmax_age: 99999999').maxAge).toBe(31_557_600);
  for (const [text, said] of [
    ['', /version/],
    ['version: STSv1\nmode: strict\nmax_age: 1\nmx: a', /mode is "strict"/],
    ['version: STSv1\nmode: enforce\nmax_age: 1', /names no mail servers/],
    ['version: STSv1\nmode: enforce\nmx: a\nmax_age: soon', /max_age is "soon"/],
  ] as const)
    expect(() => parsePolicy(text)).toThrow(said);
  const { mx } = parsePolicy('version: STSv1\nmode: enforce\nmx: *.example.com\nmax_age: 1');
  const fits = (host: string) => matchesPolicy({ mode: 'enforce', mx, maxAge: 1 }, host);
  expect([fits('a.example.com'), fits('a.b.example.com'), fits('example.com')]).toEqual([true, false, false]);
});
