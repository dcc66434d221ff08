import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReplyReader } from '../../../server/src/delivery/smtp/reply-reader';
import { dataOctets } from '../../../server/src/delivery/smtp/wire';
import type { OutgoingMessage } from '../../../server/src/delivery/types';
import type { Effect } from './scripted-server';
import { numbered, sendAll, short, start } from './transport-bed';

const idOf = (text: string) => Number(/Subject: no (\d+);/.exec(text)?.[1]);

const PIPELINING = ['PIPELINING', 'SIZE 10000000'];
const CHUNKING = [...PIPELINING, 'CHUNKING'];

describe('pipelining', () => {
  it('puts the next envelope right behind the final dot', async () => {
    const { server, transport } = await start({ extensions: PIPELINING, reply: { DOT: { stall: true } } });
    const both = [transport.send(numbered(1)), transport.send(numbered(2))];
    await expect
      .poll(() => server.heard())
      .toMatch(/\r\n\.\r\nMAIL FROM:\S+ SIZE=\d+\r\nRCPT TO:\S+\r\nDATA\r\n$/);
    expect(server.received.map(idOf)).toEqual([1]);
    server.say('250 2.0.0 first');
    expect(short(await both[0]!)).toBe('accepted 250');
    await expect.poll(() => server.received.map(idOf)).toEqual([1, 2]);
    server.say('550 5.7.1 second');
    expect(short(await both[1]!)).toBe('refused dot 550');
    expect(server.commands[1]).toMatch(/^MAIL FROM:<editor@example\.com> SIZE=\d+$/);
    expect(server.connections).toBe(1);
  });

  it('tells at an abort which message was handed over, and which never was', async () => {
    const { server, transport } = await start({ extensions: PIPELINING, reply: { DOT: { stall: true } } });
    const sends = [1, 2, 3, 4].map((id) => transport.send(numbered(id)));
    await expect.poll(() => server.heard()).toMatch(/\r\n\.\r\nMAIL FROM:/);
    transport.abort();
    const outcomes = await Promise.all(sends);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['unknown', 'lost', 'lost', 'lost']);
    for (const outcome of outcomes.slice(1)) expect(outcome).toMatchObject({ stopped: true });
    expect(await transport.send(numbered(5))).toMatchObject({ kind: 'lost', stopped: true });
    expect(server.received.map(idOf)).toEqual([1]);
    expect(server.connections).toBe(1);
  });

  it('retries on another connection what stood behind a 421', async () => {
    const { server, transport } = await start({
      extensions: PIPELINING,
      reply: { DOT: (count) => (count === 1 ? { drop: true, say: '421 4.3.2 down' } : '250 ok') },
    });
    expect(await sendAll(transport, 3)).toEqual(['refused dot 421', 'accepted 250', 'accepted 250']);
    expect(server.received.map(idOf)).toEqual([1, 2, 3]);
    expect(server.connections).toBe(2);
  });

  it('goes on with RSET after a refused envelope', async () => {
    const { server, transport } = await start({
      extensions: PIPELINING,
      reply: {
        RCPT: (count) => (count === 1 ? '550 5.1.1 no' : '250 ok'),
        DATA: (count) => (count === 1 ? '554 no valid recipients' : '354 go'),
      },
    });
    expect(await sendAll(transport, 2)).toEqual(['refused rcpt 550', 'accepted 250']);
    expect(server.commands.filter((line) => line === 'RSET')).toHaveLength(1);
    expect(server.connections).toBe(1);
  });

  it('takes one command at a time from a server that wants messages for nobody', async () => {
    const { server, transport } = await start({
      extensions: PIPELINING,
      reply: { RCPT: (count) => (count === 1 ? '550 5.1.1 no' : count === 3 ? { stall: true } : '250 ok') },
    });
    const all = sendAll(transport, 3);
    await expect.poll(() => server.commands.at(-1)).toMatch(/^RCPT TO:<reader3@/);
    expect(server.heard()).toMatch(/RCPT TO:<reader3@\S+\r\n$/);
    server.say('250 ok');
    expect(await all).toEqual(['refused rcpt 550', 'accepted 250', 'accepted 250']);
    expect(server.received.map(idOf)).toEqual([2, 3]);
    expect(server.connections).toBe(2);
  });

  it('replaces a connection after its number of messages, and says goodbye', async () => {
    const { server, transport } = await start(
      { extensions: PIPELINING },
      { pool: { maxConnections: 1, maxMessages: 3 } },
    );
    expect(await sendAll(transport, 7)).toEqual(Array(7).fill('accepted 250'));
    expect(server.connections).toBe(3);
    await expect.poll(() => server.commands.filter((line) => line === 'QUIT').length).toBe(2);
  });

  it('goes on over a fresh connection when the server has closed an idle one', async () => {
    const { server, transport } = await start({ extensions: PIPELINING });
    expect(await sendAll(transport, 1)).toEqual(['accepted 250']);
    server.say('421 4.4.2 idle too long');
    await expect.poll(() => server.open).toBe(0);
    expect(await sendAll(transport, 2)).toEqual(['accepted 250', 'accepted 250']);
    expect(server.connections).toBe(2);
  });

  it('keeps on with the connections it has when the server refuses further ones', async () => {
    const { server, transport } = await start(
      { extensions: PIPELINING, greeting: (count) => (count > 2 ? '421 4.7.0 too many' : '220 hello') },
      { pool: { maxConnections: 10 } },
    );
    expect(await sendAll(transport, 40)).toEqual(Array(40).fill('accepted 250'));
    expect(new Set(server.received.map(idOf)).size).toBe(40);
  });
});

it('gives every message its failure when no connection is let in', async () => {
  const { transport } = await start({ greeting: '421 4.3.2 not now' }, { pool: { maxConnections: 5 } });
  expect(await sendAll(transport, 20)).toEqual(Array(20).fill('refused connect 421'));
  expect(await sendAll(transport, 3)).toEqual(Array(3).fill('refused connect 421'));
});

describe('chunking', () => {
  it('sends whole messages right behind each other, as they are', async () => {
    const { server, transport } = await start({ extensions: CHUNKING, reply: { DOT: { stall: true } } });
    const all = [1, 2, 3].map((id) => transport.send(numbered(id)));
    await expect.poll(() => server.heard().match(/BDAT \d+ LAST/g)?.length).toBe(3);
    expect(server.received.map(idOf)).toEqual([1]);
    for (const [i, text] of ['250 one', '451 4.3.0 two', '250 three'].entries()) {
      await expect.poll(() => server.received.length).toBe(i + 1);
      server.say(text);
    }
    expect((await Promise.all(all)).map(short)).toEqual(['accepted 250', 'refused dot 451', 'accepted 250']);
    expect(server.received[0]).toBe(numbered(1).raw.toString());
    expect(server.commands.filter((line) => line === 'DATA')).toEqual([]);
  });

  it('tells a refused recipient from the next one', async () => {
    const { server, transport } = await start({
      extensions: CHUNKING,
      reply: {
        RCPT: (count) => (count === 2 ? '550 5.1.1 no' : '250 ok'),
        DOT: (count) => (count === 2 ? '554 5.5.1 no valid recipients' : '250 ok'),
      },
    });
    expect(await sendAll(transport, 4)).toEqual([
      'accepted 250',
      'refused rcpt 550',
      'accepted 250',
      'accepted 250',
    ]);
    expect(server.connections).toBe(1);
  });

  it('does not know what became of messages whose connection broke', async () => {
    const { transport } = await start({
      extensions: CHUNKING,
      reply: { DOT: (count) => (count === 2 ? { drop: true } : '250 ok') },
    });
    expect(await sendAll(transport, 3)).toEqual(['accepted 250', 'unknown', 'unknown']);
  });

  it('retries what stood behind a 421', async () => {
    const { server, transport } = await start({
      extensions: CHUNKING,
      reply: { DOT: (count) => (count === 1 ? { drop: true, say: '421 4.3.2 down' } : '250 ok') },
    });
    expect(await sendAll(transport, 3)).toEqual(['refused dot 421', 'accepted 250', 'accepted 250']);
    expect(server.connections).toBeGreaterThan(1);
  });

  it('sends large messages in pieces', async () => {
    const { server, transport } = await start({ extensions: CHUNKING });
    const large = numbered(1, 3_000_000);
    expect(short(await transport.send(large))).toBe('accepted 250');
    expect(server.received[0]).toHaveLength(large.raw.length);
  });
});

it('sends addresses outside ASCII only to servers that know SMTPUTF8', async () => {
  const message: OutgoingMessage = {
    ...numbered(1),
    envelope: { from: 'a@example.com', to: '用户@example.net' },
  };
  const without = await start({ extensions: PIPELINING });
  expect(short(await without.transport.send(message))).toBe('refused rcpt 553');
  expect(without.server.commands.filter((line) => line.startsWith('MAIL'))).toEqual([]);
  const knowing = await start({ extensions: [...PIPELINING, 'SMTPUTF8'] });
  expect(short(await knowing.transport.send(message))).toBe('accepted 250');
  expect(knowing.server.commands[1]).toMatch(/^MAIL FROM:<a@example\.com> SIZE=\d+ SMTPUTF8$/);
});

it('asks for SMTPUTF8 for an address that only the header carries, where the server knows it', async () => {
  const message: OutgoingMessage = { ...numbered(1), utf8Header: true };
  const without = await start({ extensions: PIPELINING });
  expect(short(await without.transport.send(message))).toBe('accepted 250');
  expect(without.server.commands[1]).toMatch(/^MAIL FROM:<[^>]+> SIZE=\d+$/);
  const knowing = await start({ extensions: [...PIPELINING, 'SMTPUTF8'] });
  expect(short(await knowing.transport.send(message))).toBe('accepted 250');
  expect(knowing.server.commands[1]).toMatch(/^MAIL FROM:<[^>]+> SIZE=\d+ SMTPUTF8$/);
});

/** What a server may do instead of what it should, and how often out of a hundred. */
const bad = fc.constantFrom<string | Effect>(
  { drop: true },
  { reset: true },
  { drop: true, say: '421 4.7.0 slow down' },
  '450 4.2.0 later',
  '550 5.7.1 no',
  'nonsense',
  '299',
);
const misdeeds = fc.record({
  extensions: fc.constantFrom([], PIPELINING, CHUNKING),
  chunk: fc.constantFrom(undefined, 1, 7),
  connections: fc.integer({ min: 1, max: 4 }),
  /** What is written down before, and of that what cannot be. */
  held: fc.tuple(fc.boolean(), fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { maxLength: 2 })),
  deeds: fc.array(
    fc.tuple(fc.constantFrom('MAIL', 'RCPT', 'DATA', 'DOT', 'EHLO'), fc.integer({ min: 1, max: 12 }), bad),
    { maxLength: 6 },
  ),
});

it('never says more or less than what the server knows, whatever the server does', async () => {
  await fc.assert(
    fc.asyncProperty(misdeeds, async ({ extensions, chunk, connections, held, deeds }) => {
      const [isHeld, unwritten] = held;
      const free = new Set<number>();
      const message = (id: number): OutgoingMessage => ({
        ...numbered(id),
        ...(isHeld && {
          hold: (go) =>
            setImmediate(() => {
              if (!unwritten.includes(id)) free.add(id);
              go(free.has(id));
            }),
        }),
      });
      const accepted = new Map<number, number>();
      const at = (step: string, proper: string) => (count: number) =>
        deeds.find(([name, nth]) => name === step && nth === count)?.[2] ?? proper;
      const ehlo = ['scripted', ...extensions]
        .map((line, i, all) => `250${i === all.length - 1 ? ' ' : '-'}${line}`)
        .join('\n');
      const { server, transport } = await start(
        {
          extensions,
          chunk,
          reply: {
            EHLO: at('EHLO', ehlo),
            MAIL: at('MAIL', '250 ok'),
            RCPT: at('RCPT', '250 ok'),
            DATA: at('DATA', '354 go'),
            DOT: (count) => {
              const action = at('DOT', '250 ok')(count);
              const id = idOf(server.received.at(-1)!);
              if (typeof action === 'string' && action.startsWith('2'))
                accepted.set(id, (accepted.get(id) ?? 0) + 1);
              return action;
            },
          },
        },
        {
          pool: { maxConnections: connections, maxMessages: 5 },
          timeouts: { connect: 500, greeting: 500, socket: 500 },
        },
      );
      const outcomes = await Promise.all(
        Array.from({ length: 12 }, async (_, i) => [i + 1, await transport.send(message(i + 1))] as const),
      );
      await transport.close();
      await server.close();
      if (isHeld) for (const text of server.received) expect(free).toContain(idOf(text));
      for (const [id, outcome] of outcomes) {
        const times = accepted.get(id) ?? 0;
        // A server that refuses a recipient and takes the chunk after it takes it for nobody.
        const isForNobody = outcome.kind === 'refused' && outcome.stage !== 'dot';
        if (outcome.kind === 'accepted')
          expect([id, times, outcome.reply.code]).toEqual([id, 1, expect.any(Number)]);
        else if (outcome.kind === 'unknown' || isForNobody) expect(times).toBeLessThanOrEqual(1);
        else expect([id, times, short(outcome)]).toEqual([id, 0, short(outcome)]);
      }
    }),
    { numRuns: 200 },
  );
}, 120_000);

it('puts replies together from any pieces', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.constantFrom(
          '250 ok',
          '250-one\n250 two',
          '550 5.1.1 no',
          'what',
          '354 go',
          '250-a\n250-b\n250 c',
        ),
      ),
      fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
      (replies, sizes) => {
        const octets = Buffer.from(replies.map((reply) => `${reply.replaceAll('\n', '\r\n')}\r\n`).join(''));
        const reader = new ReplyReader();
        const got: string[] = [];
        for (let at = 0; at < octets.length; ) {
          const size = sizes.next().value!;
          got.push(...reader.feed(octets.subarray(at, at + size))!);
          at += size;
        }
        expect(got).toEqual(replies);
      },
    ),
  );
  const endless = new ReplyReader();
  expect(endless.feed(Buffer.alloc(70_000, 0x61))).toBeNull();
});

it('doubles dots at the start of lines, and ends each message with one dot', () => {
  const wire = (text: string) => dataOctets(Buffer.from(text)).toString();
  expect(wire('a\r\n')).toBe('a\r\n.\r\n');
  expect(wire('a')).toBe('a\r\n.\r\n');
  expect(wire('')).toBe('\r\n.\r\n');
  expect(wire('.a\r\n..b\r\n.\r\nc.\r\n')).toBe('..a\r\n...b\r\n..\r\nc.\r\n.\r\n');
});
