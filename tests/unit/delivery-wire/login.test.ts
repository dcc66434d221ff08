import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { parseConfig } from '../../../server/src/config';
import { startInbox } from './inbox';
import { numbered, short, start, transportTo } from './transport-bed';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A token endpoint that gives `token-1`, `token-2`, …, each valid for so many seconds. */
async function tokenServer(seconds: number) {
  const asked: URLSearchParams[] = [];
  let refuses = false;
  const server = http.createServer((request, response) => {
    let body = '';
    request.on('data', (piece) => (body += String(piece)));
    request.on('end', () => {
      asked.push(new URLSearchParams(body));
      response.setHeader('content-type', 'application/json');
      response.statusCode = refuses ? 400 : 200;
      response.end(
        JSON.stringify(
          refuses
            ? { error: 'invalid_grant', error_description: 'The refresh token was revoked' }
            : { access_token: `token-${asked.length}`, expires_in: seconds },
        ),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => new Promise((resolve) => server.close(resolve)));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    asked,
    refuse: () => (refuses = true),
  };
}

/** A relay that takes one token. */
async function relay(valid: () => string) {
  const seen: string[] = [];
  const inbox = await startInbox({
    authMethods: ['XOAUTH2'],
    authOptional: false,
    allowInsecureAuth: true,
    onAuth(auth, _session, done) {
      seen.push(String(auth.accessToken));
      if (auth.accessToken === valid()) done(null, { user: auth.username });
      else done(null, { data: { status: '401', schemes: 'bearer', scope: 'mail' } });
    },
  });
  cleanups.push(() => inbox.close());
  return { inbox, seen };
}

it('logs in with an access token', async () => {
  const { inbox, seen } = await relay(() => 'given');
  const transport = transportTo(inbox.port, { auth: { user: 'me', accessToken: 'given' } });
  expect(short(await transport.send(numbered(1)))).toBe('accepted 250');
  expect([seen, inbox.messages[0]?.user]).toEqual([['given'], 'me']);
  await transport.close();
  const other = transportTo(inbox.port, { auth: { user: 'me', accessToken: 'old' } });
  expect(await other.send(numbered(2))).toMatchObject({ stage: 'auth' });
  await expect(other.verify()).rejects.toThrow(/refused the login of "me"/);
});

it('gets a token with its refresh token, keeps it, and gets another one when the server refuses it', async () => {
  const tokens = await tokenServer(3600);
  let valid = 'token-1';
  const { inbox, seen } = await relay(() => valid);
  const transport = transportTo(inbox.port, {
    pool: { maxConnections: 3, maxMessages: 1 },
    auth: {
      user: 'me',
      clientId: 'app',
      clientSecret: 'secret',
      refreshToken: 'refresh',
      accessUrl: tokens.url,
    },
  });
  const outcomes = await Promise.all([1, 2, 3].map((id) => transport.send(numbered(id))));
  expect(outcomes.map(short)).toEqual(Array(3).fill('accepted 250'));
  expect(tokens.asked.map((body) => Object.fromEntries(body))).toEqual([
    { client_id: 'app', client_secret: 'secret', refresh_token: 'refresh', grant_type: 'refresh_token' },
  ]);
  valid = 'token-2';
  expect(short(await transport.send(numbered(4)))).toBe('accepted 250');
  expect(tokens.asked).toHaveLength(2);
  expect(seen).toEqual(['token-1', 'token-1', 'token-1', 'token-1', 'token-2']);

  valid = 'token-9';
  tokens.refuse();
  const refused = await transport.send(numbered(5));
  expect(refused).toMatchObject({ stage: 'auth' });
  await expect(transport.verify()).rejects.toThrow(/login of "me"/);
});

it.each([
  ['where nothing else is offered', ['LOGIN'], {}],
  ['when it is told to', ['PLAIN', 'LOGIN'], { method: 'LOGIN' }],
])('logs in with LOGIN %s', async (_when, authMethods, over) => {
  const logins: unknown[] = [];
  const inbox = await startInbox({
    authMethods,
    authOptional: false,
    allowInsecureAuth: true,
    onAuth({ method, username, password }, _session, done) {
      logins.push([method, username, password]);
      if (password === 'pässwörd: =') done(null, { user: username });
      else done(new Error('bad credentials'));
    },
  });
  cleanups.push(() => inbox.close());
  const transport = transportTo(inbox.port, {
    auth: { user: 'me@example.com', pass: 'pässwörd: =', ...over },
  });
  expect(short(await transport.send(numbered(1)))).toBe('accepted 250');
  expect(logins).toEqual([['LOGIN', 'me@example.com', 'pässwörd: =']]);
  expect(inbox.messages.map(({ user }) => user)).toEqual(['me@example.com']);
  await transport.close();

  const mistaken = transportTo(inbox.port, { auth: { user: 'me@example.com', pass: 'old', ...over } });
  expect(short(await mistaken.send(numbered(2)))).toBe('refused auth 535');
  await expect(mistaken.verify()).rejects.toThrow(/refused the login of "me@example.com"/);
});

it('sends from the address that it is told to', async () => {
  const { server, transport } = await start({}, { localAddress: '127.0.0.7', name: 'mail.example.com' });
  expect(short(await transport.send(numbered(1)))).toBe('accepted 250');
  expect(server.commands[0]).toBe('EHLO mail.example.com');
  expect(server.peers).toEqual(['127.0.0.7']);
  const nowhere = transportTo(server.port, { localAddress: '198.51.100.7' });
  await expect(nowhere.verify()).rejects.toThrow(/198\.51\.100\.7/);
});

it.each([
  [{ user: 'me' }, 'auth.pass: required, unless there is an accessToken or a refreshToken'],
  [{ user: 'me', pass: 'x', accessToken: 'y' }, 'auth.pass: give either a password or a token, not both'],
  [{ user: 'me', refreshToken: 'x' }, 'auth.clientId: required with a refreshToken'],
  [{ user: 'me', pass: 'x', method: 'XOAUTH2' }, 'auth.method: XOAUTH2 goes with a token'],
  [{ user: 'me', accessToken: 'x', method: 'PLAIN' }, 'auth.method: XOAUTH2 goes with a token'],
])('says what is wrong with a login: %j', (auth, sentence) => {
  expect(() => parseConfig({ transports: { relay: { host: 'a', auth } } })).toThrow(
    `newsletter.config.transports.relay.${sentence}`,
  );
});

it.each([
  [{ type: 'sms' }, 'x.type: must be "smtp" or "mx"'],
  [{ type: 'mx', host: 'a' }, 'x: Unrecognized key: "host"'],
  [{ type: 'mx', resolver: ['dns.example.com'] }, 'x.resolver.0: must be an IP address, perhaps with a port'],
  [{ type: 'mx', localAddress: 'mail.example.com' }, 'x.localAddress: must be an IP address'],
  [{ host: 'a', warmUp: { startedOn: '1.3.2026' } }, 'x.warmUp.startedOn: must be a day such as 2026-11-24'],
  [{ host: 'a', warmUp: { startedOn: '2026-11-24', plan: [] } }, 'x.warmUp.plan: '],
])('says what is wrong with a transport: %j', (transport, sentence) => {
  expect(() => parseConfig({ transports: { x: transport } })).toThrow(
    `newsletter.config.transports.${sentence}`,
  );
  expect(
    parseConfig({ transports: { x: { type: 'mx', resolver: ['127.0.0.1:5353', '[::1]:53', '::1'] } } }),
  ).toMatchObject({ transports: { x: { type: 'mx', port: 25, mtaSts: true, allowPrivate: false } } });
});
