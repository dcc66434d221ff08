import { describe, expect, it, vi } from 'vitest';
import { classify } from '../../../server/src/delivery/replies';
import type { LimitsOf } from '../../../server/src/delivery/types';
import { isPublicAddress } from '../../../server/src/delivery/mx/addresses';
import { siteOf } from '../../../server/src/delivery/mx/site';
import { createMissingDomains } from '../../../server/src/delivery/mx/missing';
import { createTransports } from '../../../server/src/delivery/transport';
import { migrate, TABLE } from '../../../server/src/storage';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase } from '../../helpers/database';
import { Internet, mailTo, numbersOf } from './mx-bed';
import type { ScriptedServer } from './scripted-server';
import { short } from './transport-bed';

const HERE = '127.0.0.1';
const facts = { attempt: 1, firstQueuedAt: Date.now(), now: Date.now() };

describe('the way to a domain', () => {
  it('is its preferred mail server, then the others', async () => {
    const net = await Internet.start({
      'example.net': {
        mx: [
          [20, 'b.example.net'],
          [10, 'A.example.net'],
        ],
      },
      'a.example.net': { a: ['127.0.0.2'] },
      'b.example.net': { a: ['127.0.0.3'] },
    });
    const a = await net.scripted('127.0.0.2');
    const b = await net.scripted('127.0.0.3');
    const transport = net.transport();
    expect(short(await transport.send(mailTo('x@example.net', 1)))).toBe('accepted 250');
    expect([numbersOf(a.received), numbersOf(b.received)]).toEqual([[1], []]);
    await a.close();
    expect(short(await transport.send(mailTo('x@EXAMPLE.net', 2)))).toBe('accepted 250');
    expect([numbersOf(a.received), numbersOf(b.received)]).toEqual([[1], [2]]);
  });

  it('is its own address only when it has no MX', async () => {
    const net = await Internet.start({
      'plain.example': { a: [HERE] },
      'broken.example': { mx: [[10, 'gone.example']], a: [HERE] },
    });
    const server = await net.scripted(HERE);
    const transport = net.transport();
    expect(short(await transport.send(mailTo('x@plain.example', 1)))).toBe('accepted 250');
    expect(await transport.send(mailTo('x@broken.example', 2))).toEqual({
      kind: 'lost',
      stage: 'connect',
      message: 'The mail server gone.example has no address in DNS',
    });
    expect(numbersOf(server.received)).toEqual([1]);
    expect(await transport.site('plain.example')).toEqual({
      name: 'plain.example',
      hosts: ['plain.example'],
    });
  });

  it('is IPv6 before IPv4', async () => {
    const net = await Internet.start({
      'example.net': { mx: [[10, 'mx.example.net']] },
      'mx.example.net': { aaaa: ['::1'], a: ['127.0.0.2'] },
    });
    const six = await net.scripted('::1');
    const four = await net.scripted('127.0.0.2');
    const transport = net.transport();
    await transport.send(mailTo('x@example.net', 1));
    expect([numbersOf(six.received), numbersOf(four.received)]).toEqual([[1], []]);
    await six.close();
    expect(short(await transport.send(mailTo('x@example.net', 2)))).toBe('accepted 250');
    expect(numbersOf(four.received)).toEqual([2]);
    const bound = net.transport({ localAddress: '127.0.0.9' });
    expect(short(await bound.send(mailTo('x@example.net', 3)))).toBe('accepted 250');
    expect(numbersOf(four.received)).toEqual([2, 3]);
  });

  it('is IPv4 when a few IPv6 addresses of many cannot be reached', async () => {
    const net = await Internet.start({
      'example.net': { mx: [[10, 'mx.example.net']] },
      // RFC 6666: nothing is ever there.
      'mx.example.net': { aaaa: [1, 2, 3, 4, 5, 6].map((n) => `100::${n}`), a: ['127.0.0.2'] },
    });
    await net.scripted('127.0.0.2');
    const transport = net.transport({ timeouts: { connect: 300, greeting: 2000, socket: 2000 } });
    expect(short(await transport.send(mailTo('x@example.net', 1)))).toBe('accepted 250');
  });

  it('never leads into private networks, unless that is asked for', async () => {
    const net = await Internet.start({
      'evil.example': { mx: [[10, 'inside.example']] },
      'inside.example': { a: [HERE, '10.0.0.7'] },
    });
    const server = await net.scripted(HERE);
    const outcome = await net.transport({ allowPrivate: false }).send(mailTo('x@evil.example'));
    expect(outcome).toMatchObject({
      kind: 'lost',
      message: `The mail server inside.example has no address on the Internet (${HERE}, 10.0.0.7)`,
    });
    expect(server.connections).toBe(0);
  });

  it('is found for domains in any script', async () => {
    const net = await Internet.start({
      'xn--r8jz45g.jp': { mx: [[10, 'mx.example.net']] },
      'mx.example.net': { a: [HERE] },
    });
    const server = await net.scripted(HERE);
    expect(short(await net.transport().send(mailTo('x@xn--r8jz45g.jp', 1)))).toBe('accepted 250');
    expect(await net.transport().site('例え.jp')).toMatchObject({ name: 'mx.example.net' });
    expect(numbersOf(server.received)).toEqual([1]);
  });
});

describe('a domain without a way', () => {
  it('that takes no mail (RFC 7505) is a dead address', async () => {
    const net = await Internet.start({ 'never.example': { mx: [[0, '.']], a: [HERE] } });
    const server = await net.scripted(HERE);
    const outcome = await net.transport().send(mailTo('x@never.example'));
    expect(outcome).toMatchObject({
      kind: 'refused',
      stage: 'rcpt',
      reply: { code: 556, status: '5.1.10' },
    });
    expect(classify(outcome, facts)).toMatchObject({ state: 'bounced', suppress: true, pauseCampaign: null });
    expect(server.connections).toBe(0);
  });

  it('that does not exist is a dead address when it is still gone a day later', async () => {
    const db = await createTestDatabase();
    try {
      await migrate(db.knex);
      const net = await Internet.start({});
      await net.scripted(HERE);
      const missing = () => createMissingDomains(db.knex, { warn: vi.fn() });
      const first = await net.transport({}, { missing: missing() }).send(mailTo('x@nowhere.example'));
      expect(first).toMatchObject({ kind: 'refused', stage: 'rcpt', reply: { code: 450 } });
      expect(classify(first, facts)).toMatchObject({ state: 'deferred', suppress: false });

      const dayAgo = Date.now() - 86_400_001;
      await db.knex(TABLE.missingDomains).update({ since: dayAgo });
      const second = await net.transport({}, { missing: missing() }).send(mailTo('x@nowhere.example'));
      expect(second).toMatchObject({ kind: 'refused', reply: { code: 550, status: '5.1.2' } });
      expect(classify(second, facts)).toMatchObject({ state: 'bounced', suppress: true });

      // A look of long ago does not count.
      await db.knex(TABLE.missingDomains).update({ since: dayAgo, seen_at: Date.now() - 8 * 86_400_000 });
      const later = await net.transport({}, { missing: missing() }).send(mailTo('x@nowhere.example'));
      expect(short(later)).toBe('refused rcpt 450');
    } finally {
      await db.destroy();
    }
  });

  it('is asked for again when DNS does not answer', async () => {
    const net = await Internet.start({ 'dark.example': { fails: true } });
    await net.scripted(HERE);
    const outcome = await net.transport().send(mailTo('x@dark.example'));
    expect(outcome).toMatchObject({ kind: 'lost', stage: 'connect', message: /no answer about the domain/ });
    expect(classify(outcome, facts)).toMatchObject({ state: 'deferred', reason: 'network' });
  });
});

describe('domains with the same mail servers', () => {
  const zone = {
    'one.example': { mx: [[10, 'mx1.host.example'] as const, [10, 'mx2.host.example'] as const] },
    'two.example': { mx: [[10, 'mx2.host.example'] as const, [20, 'mx1.host.example'] as const] },
    'mx1.host.example': { a: [HERE] },
    'mx2.host.example': { a: [HERE] },
  };

  it('share one site, its connections and its limits', async () => {
    const net = await Internet.start(zone);
    const server = await net.scripted(HERE);
    let most = 0;
    const transport = net.transport(
      {},
      {
        limits: (name, site) => {
          expect([name, site.name]).toEqual(['direct', '(mx1|mx2).host.example']);
          most = Math.max(most, server.open);
          return { connections: 2, messagesPerConnection: 7 };
        },
      },
    );
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, (_, i) => transport.send(mailTo(`x@${i % 2 ? 'one' : 'two'}.example`, i))),
    );
    expect(outcomes.map(short)).toEqual(Array(40).fill('accepted 250'));
    expect(numbersOf(server.received).sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i));
    expect(most).toBe(2);
    expect(server.connections).toBeGreaterThanOrEqual(Math.ceil(40 / 7));
    expect(server.connections).toBeLessThanOrEqual(8);
    expect(net.dns.asked.filter((question) => question === 'MX one.example')).toHaveLength(1);
  });

  it('leave room for other sites', async () => {
    const net = await Internet.start({ ...zone, 'other.example': { a: ['127.0.0.2'] } });
    const busy = await net.scripted(HERE);
    const other = await net.scripted('127.0.0.2');
    const transport = net.transport({ pool: { maxConnections: 1 } });
    const all = await Promise.all([
      ...Array.from({ length: 20 }, (_, i) => transport.send(mailTo('x@one.example', i))),
      transport.send(mailTo('x@other.example', 99)),
    ]);
    expect(all.map(short)).toEqual(Array(21).fill('accepted 250'));
    expect([busy.received.length, numbersOf(other.received)]).toEqual([20, [99]]);
  });
});

describe('the sites of one provider', () => {
  const hosts = Array.from({ length: 6 }, (_, n) => n + 2);
  const zone = Object.fromEntries(hosts.map((n) => [`tenant${n}.example`, { a: [`127.0.0.${n}`] }]));
  const limits = (connections: number) => () => ({
    destination: 'provider',
    connections,
    messagesPerConnection: 100,
  });

  it('share its connections, and each has its turn', async () => {
    const net = await Internet.start(zone);
    const servers: ScriptedServer[] = [];
    for (const n of hosts) servers.push(await net.scripted(`127.0.0.${n}`));
    let most = 0;
    const transport = net.transport(
      {},
      {
        limits: () => {
          most = Math.max(
            most,
            servers.reduce((sum, { open }) => sum + open, 0),
          );
          return limits(2)();
        },
      },
    );
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, (_, i) => transport.send(mailTo(`x@tenant${hosts[i % 6]}.example`, i))),
    );
    expect(outcomes.map(short)).toEqual(Array(60).fill('accepted 250'));
    expect(servers.map(({ received }) => received.length)).toEqual(Array(6).fill(10));
    expect(most).toBeLessThanOrEqual(2);
  });

  it('are opened when what was learned lets them, not when another one has ended', async () => {
    const net = await Internet.start(zone);
    let connections = 1;
    let answer = () => {};
    const first = await net.scripted('127.0.0.2', {
      reply: {
        DOT: (count) => {
          if (count === 2) connections = 2;
          return count === 3 ? { stall: true } : '250 ok';
        },
      },
    });
    answer = () => first.say('250 ok');
    const second = await net.scripted('127.0.0.3');
    const transport = net.transport({}, { limits: () => limits(connections)() });
    const busy = [1, 2, 3].map((n) => transport.send(mailTo('x@tenant2.example', n)));
    const waits = transport.send(mailTo('x@tenant3.example', 4));
    await Promise.all(busy.slice(0, 2));
    // The first one's connection never has nothing to do; a further message asks for a second one.
    const more = transport.send(mailTo('x@tenant2.example', 5));
    expect(short(await waits)).toBe('accepted 250');
    expect([first.connections, second.connections]).toEqual([1, 1]);
    answer();
    expect((await Promise.all([...busy, more])).map(short)).toEqual(Array(4).fill('accepted 250'));
  });

  it('give up an idle connection when another one needs it, and when the limit is narrowed', async () => {
    const net = await Internet.start(zone);
    const first = await net.scripted('127.0.0.2');
    const second = await net.scripted('127.0.0.3');
    let connections = 1;
    const transport = net.transport({}, { limits: () => limits(connections)() });
    // A connection without anything to do would stay for half a minute.
    expect(short(await transport.send(mailTo('x@tenant2.example', 1)))).toBe('accepted 250');
    expect(short(await transport.send(mailTo('x@tenant3.example', 2)))).toBe('accepted 250');
    expect([first.connections, second.connections]).toEqual([1, 1]);
    await expect.poll(() => first.open).toBe(0);

    connections = 3;
    // Two idle ones are in the way of the third site when only one may be left.
    const third = await net.scripted('127.0.0.4');
    await Promise.all([3, 4, 5].map((n) => transport.send(mailTo('x@tenant2.example', n))));
    await expect.poll(() => [first.open, second.open]).toEqual([2, 1]);
    connections = 1;
    expect(short(await transport.send(mailTo('x@tenant4.example', 6)))).toBe('accepted 250');
    await expect.poll(() => [first.open, second.open, third.open]).toEqual([0, 0, 1]);

    connections = 2;
    await transport.send(mailTo('x@tenant2.example', 7));
    await expect.poll(() => [first.open, third.open]).toEqual([1, 1]);
    connections = 1;
    await transport.send(mailTo('x@tenant2.example', 8));
    await expect.poll(() => [first.open, third.open]).toEqual([0, 1]);
  });
});

describe('a mail server that is in trouble', () => {
  const zone = {
    'example.net': { mx: [[10, 'a.example.net'] as const, [20, 'b.example.net'] as const] },
    'a.example.net': { a: ['127.0.0.2'] },
    'b.example.net': { a: ['127.0.0.3'] },
  };

  it('is left alone for minutes when it cannot be reached', async () => {
    const net = await Internet.start(zone);
    const b = await net.scripted('127.0.0.3', { reply: { DOT: '250 ok' } });
    const transport = net.transport({}, { limits: () => ({ connections: 1, messagesPerConnection: 1 }) });
    await transport.send(mailTo('x@example.net', 1));
    const a = await net.scripted('127.0.0.2');
    expect(short(await transport.send(mailTo('x@example.net', 2)))).toBe('accepted 250');
    expect([a.connections, numbersOf(b.received)]).toEqual([0, [1, 2]]);
  });

  it('is not gone round when it says something about us', async () => {
    const net = await Internet.start(zone);
    await net.scripted('127.0.0.2', { greeting: '554 5.7.1 Your IP is listed on our RBL' });
    const b = await net.scripted('127.0.0.3');
    expect(await net.transport().send(mailTo('x@example.net'))).toMatchObject({
      kind: 'refused',
      stage: 'connect',
      reply: { code: 554, status: '5.7.1' },
    });
    expect(b.connections).toBe(0);
  });

  it('is gone round when it is only busy', async () => {
    const net = await Internet.start(zone);
    await net.scripted('127.0.0.2', { greeting: '421 a.example.net Service not available' });
    const b = await net.scripted('127.0.0.3');
    expect(short(await net.transport().send(mailTo('x@example.net', 1)))).toBe('accepted 250');
    expect(numbersOf(b.received)).toEqual([1]);
  });

  it('loses no mail and gets none twice when it dies again and again', async () => {
    const net = await Internet.start(zone);
    // It dies at MAIL, at DATA, at the dot without an answer, and with an answer.
    const a = await net.scripted('127.0.0.2', {
      extensions: ['PIPELINING'],
      reply: {
        MAIL: (count) => (count % 5 === 0 ? { reset: true } : '250 ok'),
        DATA: (count) => (count % 7 === 0 ? { drop: true } : '354 go'),
        DOT: (count) =>
          count % 11 === 0 ? { reset: true } : count % 3 === 0 ? { drop: true, say: '250 ok' } : '250 ok',
      },
    });
    const b = await net.scripted('127.0.0.3');
    const transport = net.transport();
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, (_, i) => transport.send(mailTo('x@example.net', i))),
    );
    const arrived = [...numbersOf(a.received), ...numbersOf(b.received)];
    expect(new Set(arrived).size).toBe(arrived.length);
    outcomes.forEach((outcome, i) => {
      if (outcome.kind === 'accepted') expect(arrived).toContain(i);
      if (outcome.kind === 'lost' || outcome.kind === 'refused') expect(arrived).not.toContain(i);
    });
    expect(outcomes.filter(({ kind }) => kind === 'accepted').length).toBeGreaterThan(20);
    expect(outcomes.some(({ kind }) => kind !== 'accepted')).toBe(true);
  });
});

describe('encryption', () => {
  const zone = { 'example.net': { mx: [[10, 'mx.example.net'] as const] }, 'mx.example.net': { a: [HERE] } };

  it('is used with whatever certificate there is', async () => {
    const net = await Internet.start(zone);
    const inbox = await net.inbox(HERE, { disabledCommands: [] });
    expect(short(await net.transport().send(mailTo('x@example.net')))).toBe('accepted 250');
    expect(inbox.messages).toMatchObject([{ secure: true }]);
  });

  it('is done without when it fails, and not tried again for days', async () => {
    const net = await Internet.start(zone);
    const server = await net.scripted(HERE, {
      extensions: ['STARTTLS'],
      reply: { STAR: { drop: true, say: '220 go ahead' } },
    });
    const transport = net.transport({}, { limits: () => ({ connections: 1, messagesPerConnection: 1 }) });
    expect(short(await transport.send(mailTo('x@example.net', 1)))).toBe('accepted 250');
    expect(server.connections).toBe(2);
    expect(short(await transport.send(mailTo('x@example.net', 2)))).toBe('accepted 250');
    expect(server.connections).toBe(3);
    expect(server.commands.filter((command) => command === 'STARTTLS')).toHaveLength(1);
    expect(numbersOf(server.received)).toEqual([1, 2]);
  });

  it('is never done without where a domain requires it, and such mail is tried again', async () => {
    const net = await Internet.start({ ...zone, 'strict.example': { mx: [[10, 'mx.example.net']] } });
    // No STARTTLS: "500" when it is asked for.
    const server = await net.scripted(HERE);
    const limits: LimitsOf = (_, __, domain) => ({
      connections: 5,
      messagesPerConnection: 100,
      requireTLS: domain === 'strict.example',
    });
    // What is said of a domain counts, whatever the transport says.
    const transport = net.transport({ requireTLS: true }, { limits });
    const lax = transport.send(mailTo('x@example.net', 1));
    const strict = await transport.send(mailTo('x@strict.example', 2));
    expect(short(await lax)).toBe('accepted 250');
    expect(strict).toEqual({
      kind: 'lost',
      stage: 'tls',
      message:
        'The mail server mx.example.net takes no encrypted connection, and nothing is sent to it without: 500 what',
    });
    expect(classify(strict, { ...facts, isDirect: true })).toMatchObject({
      state: 'deferred',
      reason: 'network',
      suppress: false,
      pauseCampaign: null,
    });
    // Nor over the connection that the other domain has.
    expect(short(await transport.send(mailTo('x@strict.example', 3)))).toBe('lost tls');
    expect(numbersOf(server.received)).toEqual([1]);
  });

  it('can be demanded', async () => {
    const net = await Internet.start(zone);
    const broken = await net.scripted(HERE, { extensions: ['STARTTLS'], reply: { STAR: '220 go ahead' } });
    const timeouts = { connect: 2000, greeting: 1000, socket: 2000 };
    const transport = net.transport({ requireTLS: true, timeouts });
    expect(short(await transport.send(mailTo('x@example.net', 1)))).toBe('lost tls');
    expect(broken.received).toEqual([]);
    // Silence instead of a handshake is a handshake that fails, too.
    expect(short(await net.transport({ timeouts }).send(mailTo('x@example.net', 2)))).toBe('accepted 250');
  });
});

it('holds to the configuration of destinations also where nothing is paced, as in a test send', async () => {
  const net = await Internet.start({
    'strict.example': { mx: [[10, 'mx.host.example']] },
    'other.example': { mx: [[10, 'mx.host.example']] },
    'one-by-one.example': { mx: [[10, 'mx.host.example']] },
    'mx.host.example': { a: [HERE] },
  });
  const server = await net.scripted(HERE);
  const db = await createTestDatabase();
  try {
    const { port, dns } = net;
    const ctx = await createTestContext(db.knex, {
      transports: { direct: { type: 'mx', port, resolver: [dns.server], allowPrivate: true, mtaSts: false } },
      pacing: {
        destinations: {
          'strict.example': { requireTLS: true },
          'one-by-one.example': { connections: 1, messagesPerConnection: 1 },
        },
      },
    });
    const transport = createTransports(ctx).get('direct')!;
    expect(short(await transport.send(mailTo('x@strict.example', 1)))).toBe('lost tls');
    expect(short(await transport.send(mailTo('x@other.example', 2)))).toBe('accepted 250');
    expect(numbersOf(server.received)).toEqual([2]);
    const before = server.connections;
    await Promise.all([3, 4].map((n) => transport.send(mailTo('x@one-by-one.example', n))));
    expect([server.connections - before, numbersOf(server.received)]).toEqual([2, [2, 3, 4]]);
    await transport.close();
  } finally {
    await db.destroy();
  }
});

it('knows addresses that are not on the Internet', () => {
  const inside = ['127.0.0.1', '10.1.2.3', '172.31.0.1', '192.168.1.1', '169.254.169.254', '100.64.0.1'];
  const inside6 = [
    '2002:a00:1::1',
    '2001::1',
    '::',
    '::1',
    'fe80::1',
    'fc00::1',
    '::ffff:10.0.0.1',
    '::ffff:7f00:1',
    '64:ff9b::7f00:1',
  ];
  for (const address of [...inside, ...inside6, '0.0.0.0', '224.0.0.1', '255.255.255.255', 'x'])
    expect(isPublicAddress(address), address).toBe(false);
  for (const address of [
    '8.8.8.8',
    '172.32.0.1',
    '2001:4860:4860::8888',
    '::ffff:8.8.8.8',
    '64:ff9b::808:808',
  ])
    expect(isPublicAddress(address), address).toBe(true);
});

it('takes an address to send from that this machine does not have for our own mistake', async () => {
  const net = await Internet.start({ 'example.net': { a: [HERE] } });
  const server = await net.scripted(HERE);
  const lost = await net.transport({ localAddress: '198.51.100.7' }).send(mailTo('x@example.net', 1));
  expect(lost).toMatchObject({ kind: 'lost', stage: 'connect' });
  expect(classify(lost, { ...facts, isDirect: true }).pauseCampaign?.sentence).toMatch(
    /EADDRNOTAVAIL.*localAddress/,
  );
  expect(server.connections).toBe(0);
  // What a receiver can be blamed for stops nobody else's mail.
  const refused = { kind: 'lost', stage: 'connect', message: 'connect ECONNREFUSED 127.0.0.1:25' } as const;
  expect(classify(refused, { ...facts, isDirect: true }).pauseCampaign).toBe(null);
});

it('names a site by its hosts, whatever their order, in a length that tables take', () => {
  expect(siteOf(['mx.example.com']).name).toBe('mx.example.com');
  expect(siteOf(['b.mx.example.com', 'a.mx.example.com']).name).toBe('(a|b).mx.example.com');
  expect(siteOf(['a.mx.example.com', 'b.mx.example.com', 'a.mx.example.com']).name).toBe(
    '(a|b).mx.example.com',
  );
  expect(siteOf(['example.com', 'mx.example.com']).name).toBe('(example|mx.example).com');
  expect(siteOf(['a.example', 'b.test']).name).toBe('(a.example|b.test)');
  const many = Array.from({ length: 30 }, (_, i) => `mail-server-number-${i}.example.com`);
  expect(siteOf(many).name.length).toBeLessThanOrEqual(180);
  expect(siteOf(many).name).not.toBe(siteOf(many.slice(1)).name);
});
