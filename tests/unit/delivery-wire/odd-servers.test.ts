import { expect, it } from 'vitest';
import { numbered, sendAll, short, start } from './transport-bed';

const PIPELINING = ['PIPELINING', 'SIZE 10000000'];

it('waits for the reply to RSET where commands may not follow each other', async () => {
  const { server, transport } = await start({
    reply: {
      RCPT: (count) => (count === 1 ? '550 5.1.1 no' : '250 ok'),
      RSET: { stall: true },
    },
  });
  const both = [transport.send(numbered(1)), transport.send(numbered(2))];
  await expect.poll(() => server.commands.at(-1)).toBe('RSET');
  expect(short(await both[0]!)).toBe('refused rcpt 550');
  expect(server.heard()).toMatch(/RSET\r\n$/);
  server.say('250 ok');
  expect(short(await both[1]!)).toBe('accepted 250');
  expect(server.connections).toBe(1);
});

it('goes on pipelining with a server that says goodbye to an idle connection with another code than 421', async () => {
  const { server, transport } = await start({
    extensions: PIPELINING,
    reply: { RCPT: (count) => (count === 2 ? { stall: true } : '250 ok') },
  });
  expect(await sendAll(transport, 1)).toEqual(['accepted 250']);
  server.say('451 4.7.0 Timeout waiting for client input');
  await expect.poll(() => server.open).toBe(0);
  const next = transport.send(numbered(2));
  await expect.poll(() => server.heard()).toMatch(/RCPT TO:<reader2@\S+\r\nDATA\r\n$/);
  server.say('250 ok');
  expect(short(await next)).toBe('accepted 250');
  expect(server.connections).toBe(2);
});

it('does not believe a reply whose lines have different codes', async () => {
  const { transport } = await start({
    extensions: PIPELINING,
    reply: { DOT: '250-2.0.0 queued\n554 5.7.1 or not' },
  });
  expect(await sendAll(transport, 1)).toEqual(['unknown']);
});

it('takes one command at a time from a server that throws away what stands behind a refusal', async () => {
  const { server, transport } = await start(
    {
      extensions: PIPELINING,
      reply: {
        RCPT: (count) => (count === 1 ? '550 5.1.1 no' : { stall: true }),
        DATA: (count) => (count === 1 ? { stall: true } : '354 go'),
      },
    },
    { timeouts: { connect: 2000, greeting: 2000, socket: 2000 } },
  );
  const both = [transport.send(numbered(1)), transport.send(numbered(2))];
  expect(short(await both[0]!)).toBe('refused rcpt 550');
  await expect.poll(() => server.commands.at(-1)).toMatch(/^RCPT TO:<reader2@/);
  expect(server.heard()).toMatch(/RCPT TO:<reader2@\S+\r\n$/);
  server.say('250 ok');
  expect(short(await both[1]!)).toBe('accepted 250');
  expect(server.connections).toBe(2);
});

it.each([
  // What was not handed over is asked for again at once.
  [
    'PIPELINING and says that commands come at the wrong time',
    PIPELINING,
    ['RCPT', 'DATA'],
    'accepted 250',
    3,
  ],
  ['CHUNKING and does not know BDAT', [...PIPELINING, 'CHUNKING'], ['DOT'], 'refused dot 502', 2],
])('takes one command at a time from a server that offers %s', async (_, extensions, verbs, first, nth) => {
  const odd = (verb: string, fine: string) => (count: number) =>
    count === 1 && verbs.includes(verb) ? (verb === 'DOT' ? '502 5.5.2 unknown' : '503 5.5.1 wait') : fine;
  const rcpt = odd('RCPT', '250 ok');
  const { server, transport } = await start({
    extensions,
    reply: {
      RCPT: (count) => (count === nth ? { stall: true } : rcpt(count)),
      DATA: odd('DATA', '354 go'),
      DOT: odd('DOT', '250 ok'),
    },
  });
  expect(await sendAll(transport, 1)).toEqual([first]);
  const next = transport.send(numbered(2));
  await expect.poll(() => server.heard()).toMatch(/RCPT TO:<reader2@\S+\r\n$/);
  server.say('250 ok');
  expect(short(await next)).toBe('accepted 250');
  expect(server.connections).toBe(2);
});

it('gives other messages to a new connection when the server is out of step', async () => {
  const { server, transport } = await start({
    extensions: PIPELINING,
    reply: {
      RCPT: (count) => (count === 1 ? '503 5.5.1 wait' : '250 ok'),
      DATA: (count) => (count === 1 ? '503 5.5.1 wait' : '354 go'),
    },
  });
  expect(await sendAll(transport, 3)).toEqual(Array(3).fill('accepted 250'));
  expect([server.connections, server.received.length]).toEqual([2, 3]);
});

it('goes on pipelining when an address is refused for its syntax', async () => {
  const { server, transport } = await start({
    extensions: PIPELINING,
    reply: {
      RCPT: (count) => (count === 1 ? '501 5.1.3 Bad recipient address syntax' : '250 ok'),
      DATA: (count) => (count === 1 ? '503 5.5.1 Error: need RCPT command' : '354 go'),
    },
  });
  expect(await sendAll(transport, 2)).toEqual(['refused rcpt 501', 'accepted 250']);
  expect(server.connections).toBe(1);
});

it('gives what a server says in its language', async () => {
  const { transport } = await start({
    extensions: PIPELINING,
    chunk: 1,
    reply: { DOT: (count) => (count === 1 ? '550 5.7.1 迷惑メールです' : '550 5.7.1 na\u00efve') },
  });
  const outcome = await transport.send(numbered(1));
  expect(outcome).toMatchObject({ kind: 'refused', reply: { text: '迷惑メールです' } });
  expect(await transport.send(numbered(2))).toMatchObject({ reply: { text: 'naïve' } });
});
