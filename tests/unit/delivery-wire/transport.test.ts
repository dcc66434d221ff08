import { describe, expect, it } from 'vitest';
import type { OutgoingMessage, SendOutcome } from '../../../server/src/delivery/types';
import type { Script } from './scripted-server';
import { short, start as startWith } from './transport-bed';

/** Servers that stall are given up soon. */
const start = (script: Script, over: Record<string, unknown> = {}) =>
  startWith(script, { timeouts: { connect: 1000, greeting: 1000, socket: 1000 }, ...over });

const message = (size = 200): OutgoingMessage => ({
  envelope: { from: 'editor@example.com', to: 'reader@example.net' },
  raw: Buffer.from(`Subject: x\r\n\r\n.dot\r\n${'line of text\r\n'.repeat(Math.ceil(size / 14))}`),
});

const PIPELINING = ['PIPELINING'];
/** More than the socket buffers of both sides hold: the final dot cannot have left yet. */
const LARGE = 30_000_000;

describe.each([
  ['one command at a time', []],
  ['pipelining', PIPELINING],
])('%s: what became of a message', (_name, extensions) => {
  const cases: [string, Script, string, number][] = [
    ['a good server', {}, 'accepted 250', 1],
    ['replies byte by byte', { chunk: 1 }, 'accepted 250', 1],
    [
      'replies in several lines',
      { reply: { MAIL: '250-a\n250 b', DOT: '250-2.0.0 it is\n250 2.0.0 queued' } },
      'accepted 250',
      1,
    ],
    ['421 as a greeting', { greeting: '421 4.3.2 busy' }, 'refused connect 421', 0],
    ['554 as a greeting', { greeting: '554 5.7.1 no' }, 'refused connect 554', 0],
    ['garbage as a greeting', { greeting: 'HELLO' }, 'lost connect', 0],
    ['a drop before the greeting', { greeting: { drop: true } }, 'lost connect', 0],
    ['a stall before the greeting', { greeting: { stall: true } }, 'lost connect', 0],
    ['421 to EHLO', { reply: { EHLO: '421 closing' } }, 'refused connect 421', 0],
    ['a reset at EHLO', { reply: { EHLO: { reset: true } } }, 'lost connect', 0],
    ['4xx to MAIL', { reply: { MAIL: '451 4.3.0 later' } }, 'refused mail 451', 0],
    ['5xx to MAIL', { reply: { MAIL: '550 5.7.1 no' } }, 'refused mail 550', 0],
    ['421 to MAIL', { reply: { MAIL: { drop: true, say: '421 4.7.0 slow down' } } }, 'refused mail 421', 0],
    ['garbage to MAIL', { reply: { MAIL: 'what' } }, 'lost mail', 0],
    ['a drop at MAIL', { reply: { MAIL: { drop: true } } }, 'lost mail', 0],
    ['4xx to RCPT', { reply: { RCPT: '450 4.2.0 grey', DATA: '503 no' } }, 'refused rcpt 450', 0],
    [
      '5xx to RCPT',
      { reply: { RCPT: '550-5.1.1 no such\n550 5.1.1 user', DATA: '503 no' } },
      'refused rcpt 550',
      0,
    ],
    ['421 to RCPT', { reply: { RCPT: { drop: true, say: '421 closing' } } }, 'refused rcpt 421', 0],
    ['a stall at RCPT', { reply: { RCPT: { stall: true } } }, 'lost rcpt', 0],
    ['4xx to DATA', { reply: { DATA: '451 later' } }, 'refused data 451', 0],
    ['5xx to DATA', { reply: { DATA: '554 no valid recipients' } }, 'refused data 554', 0],
    ['421 to DATA', { reply: { DATA: { drop: true, say: '421 closing' } } }, 'refused data 421', 0],
    ['a drop at DATA', { reply: { DATA: { drop: true } } }, 'lost data', 0],
    ['4xx to the dot', { reply: { DOT: '451 4.3.0 later' } }, 'refused dot 451', 1],
    ['5xx to the dot', { reply: { DOT: '554 5.7.1 spam' } }, 'refused dot 554', 1],
    ['421 to the dot', { reply: { DOT: { drop: true, say: '421 4.3.2 down' } } }, 'refused dot 421', 1],
    ['a drop after the dot', { reply: { DOT: { drop: true } } }, 'unknown', 1],
    ['a reset after the dot', { reply: { DOT: { reset: true } } }, 'unknown', 1],
    ['a stall after the dot', { reply: { DOT: { stall: true } } }, 'unknown', 1],
    ['garbage to the dot', { reply: { DOT: 'yes, thank you' } }, 'unknown', 1],
    ['half a reply to the dot', { reply: { DOT: { drop: true, say: '250-2.0.0 que' } } }, 'unknown', 1],
    ['354 to the dot', { reply: { DOT: '354 go on' } }, 'unknown', 1],
    ['a success that is none to the dot', { reply: { DOT: '2 fine' } }, 'unknown', 1],
  ];
  it.each(cases)('%s', async (_title, script, expected, taken) => {
    const { server, transport } = await start({ ...script, extensions });
    expect(short(await transport.send(message()))).toBe(expected);
    expect(server.received).toHaveLength(taken);
  });

  it('a connection reset in mid-message was lost before the final dot', async () => {
    const { server, transport } = await start({ extensions, onBody: (socket) => socket.resetAndDestroy() });
    expect(short(await transport.send(message(LARGE)))).toBe('lost data');
    expect(server.received).toHaveLength(0);
  });

  it('a receiver that stops reading in mid-message got no final dot', async () => {
    const { transport } = await start({ extensions, onBody: (socket) => socket.pause() });
    expect(short(await transport.send(message(LARGE)))).toBe('lost data');
  });

  it('a refusal in mid-message is one, and the next message goes over a fresh connection', async () => {
    const { server, transport } = await start({
      extensions,
      onBody: (socket) => socket.pause().write('552 5.3.4 too big\r\n'),
    });
    expect(short(await transport.send(message(LARGE)))).toBe('refused data 552');
    expect(short(await transport.send(message()))).toBe('accepted 250');
    expect(server.connections).toBe(2);
  });

  it('a stray reply never makes two sides disagree about later messages', async () => {
    const { server, transport } = await start({
      extensions,
      reply: { DOT: (count) => (count === 1 ? '250 ok\n250 and again' : '250 ok') },
    });
    const outcomes: SendOutcome[] = [];
    for (let i = 0; i < 4; i++) outcomes.push(await transport.send(message()));
    expect(short(outcomes[0]!)).toBe('accepted 250');
    const accepted = outcomes.filter(({ kind }) => kind === 'accepted').length;
    const unknown = outcomes.filter(({ kind }) => kind === 'unknown').length;
    expect(accepted).toBeLessThanOrEqual(server.received.length);
    expect(accepted + unknown).toBeGreaterThanOrEqual(server.received.length);
    expect(outcomes.slice(-2).map(short)).toEqual(['accepted 250', 'accepted 250']);
  });

  it('tells the reply with which a server closes a connection that was used before', async () => {
    const { server, transport } = await start({
      extensions,
      reply: {
        MAIL: (count) => (count === 2 ? { drop: true, say: '421 4.7.0 [TSS04] deferred' } : '250 ok'),
      },
    });
    expect(short(await transport.send(message()))).toBe('accepted 250');
    expect(await transport.send(message())).toMatchObject({
      kind: 'refused',
      stage: 'mail',
      reply: { code: 421, status: '4.7.0', text: '[TSS04] deferred' },
    });
    expect(server.received).toHaveLength(1);
  });

  it('keeps a connection after a refusal, and stuffs dots', async () => {
    const { server, transport } = await start({
      extensions,
      reply: {
        RCPT: (count) => (count === 1 ? '550 5.1.1 no' : '250 ok'),
        DATA: (count) => (count === 1 && extensions.length > 0 ? '503 no' : '354 go'),
      },
    });
    expect(short(await transport.send(message()))).toBe('refused rcpt 550');
    expect(short(await transport.send(message()))).toBe('accepted 250');
    expect(server.connections).toBe(1);
    expect(server.received[0]).toContain('\r\n..dot\r\n');
  });
});

it('nothing listening is a loss, told in a sentence by verify', async () => {
  const { server, transport } = await start({});
  await server.close();
  expect(short(await transport.send(message()))).toBe('lost connect');
  await expect(transport.verify()).rejects.toThrow(`Nothing listens on 127.0.0.1:${server.port}`);
});

it('a login that is refused, or not offered at all, is a refusal of the login', async () => {
  const auth = { user: 'me', pass: 'wrong' };
  const refusing = await start(
    { extensions: ['AUTH PLAIN'], reply: { AUTH: '535 5.7.8 bad credentials' } },
    { auth },
  );
  expect(short(await refusing.transport.send(message()))).toBe('refused auth 535');
  await expect(refusing.transport.verify()).rejects.toThrow(/refused the login of "me"/);
  const without = await start({ reply: { AUTH: '502 not implemented' } }, { auth });
  expect(short(await without.transport.send(message()))).toBe('refused auth 502');
  expect(without.server.received).toHaveLength(0);
});

it('a server without STARTTLS gets nothing when TLS is required', async () => {
  const { server, transport } = await start({ reply: {} }, { requireTLS: true });
  expect(short(await transport.send(message()))).toBe('refused tls 500');
  expect(server.received).toHaveLength(0);
});

it('closing lets the reply of a message under way come in, and sends no other', async () => {
  let finish!: () => void;
  const { server, transport } = await start({
    reply: { DOT: { stall: true } },
    onBody: (socket) => (finish = () => socket.write('250 late\r\n')),
  });
  const first = transport.send(message());
  const queued = transport.send(message());
  await expect.poll(() => server.received.length).toBe(1);
  const closed = transport.close();
  finish();
  expect(short(await first)).toBe('accepted 250');
  expect(short(await queued)).toBe('lost connect');
  await closed;
  expect(short(await transport.send(message()))).toBe('lost connect');
  expect(server.received).toHaveLength(1);
});
