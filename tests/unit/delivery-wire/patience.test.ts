import type net from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { mxTransportSchema, smtpTransportSchema } from '../../../server/src/config/transports';
import type { FlightResult } from '../../../server/src/delivery/smtp/flight';
import { openSession } from '../../../server/src/delivery/smtp/handshake';
import { Session, type Mode } from '../../../server/src/delivery/smtp/session';
import { withoutSession, type SmtpError } from '../../../server/src/delivery/transport-outcome';
import { startScriptedServer, type Script, type ScriptedServer } from './scripted-server';
import { numbered, short } from './transport-bed';

const MINUTE = 60_000;
const STALL = { stall: true } as const;
/** More than the socket buffers of both sides hold. */
const LARGE = 30_000_000;
const EXTENSIONS: Record<Mode, string[]> = {
  serial: [],
  pipelining: ['PIPELINING'],
  chunking: ['PIPELINING', 'CHUNKING'],
};

let server: ScriptedServer;
let socket: net.Socket;
let session: Session | undefined;
// Only the clock is a fake: servers and sockets are real.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }));
afterEach(async () => {
  vi.useRealTimers();
  session?.abort();
  session = undefined;
  await server.close();
});

/** A relay as the configuration has it when nothing is said about its patience. */
const relay = () => smtpTransportSchema.parse({ host: '127.0.0.1', port: server.port });

async function connect(mode: Mode, script: Script): Promise<Session> {
  server = await startScriptedServer({ extensions: EXTENSIONS[mode], ...script });
  const peer = relay();
  const open = await openSession(peer);
  socket = open.socket;
  session = new Session(open, {
    mode,
    maxMessages: 100,
    patienceMs: peer.timeouts.socket,
    onChange() {},
  });
  return session;
}

/** Until it has begun, and then until nothing moves: what was said is heard, and what can leave has left. */
async function untilStill(
  hasBegun: () => boolean,
  moved = () => socket.bytesRead + socket.bytesWritten + server.heard().length,
): Promise<void> {
  for (let turns = 0, before = -1; turns < 100; turns++) {
    await new Promise(setImmediate);
    if (!hasBegun() || moved() !== before) turns = 0;
    before = moved();
  }
}

/** Not a millisecond earlier, and not later. */
async function givesUpAfter(minutes: number, sending: Promise<FlightResult>): Promise<string> {
  vi.advanceTimersByTime(minutes * MINUTE - 1);
  expect(session!.isOver).toBe(false);
  vi.advanceTimersByTime(1);
  expect(session!.isOver).toBe(true);
  return short((await sending).outcome);
}

// With CHUNKING the whole message has left behind MAIL: nobody knows what became of it.
it.each<[Mode, phase: 'MAIL' | 'RCPT' | 'DATA' | 'BLOCK' | 'DOT', minutes: number, outcome: string]>([
  ['serial', 'MAIL', 5, 'lost mail'],
  ['serial', 'RCPT', 5, 'lost rcpt'],
  ['serial', 'DATA', 2, 'lost data'],
  ['serial', 'BLOCK', 3, 'lost data'],
  ['serial', 'DOT', 10, 'unknown'],
  ['pipelining', 'MAIL', 5, 'lost mail'],
  ['pipelining', 'RCPT', 5, 'lost rcpt'],
  ['pipelining', 'DATA', 2, 'lost data'],
  ['pipelining', 'BLOCK', 3, 'lost data'],
  ['pipelining', 'DOT', 10, 'unknown'],
  ['chunking', 'MAIL', 5, 'unknown'],
  ['chunking', 'RCPT', 5, 'unknown'],
  ['chunking', 'DOT', 10, 'unknown'],
])(
  '%s: a server that falls silent at %s has %i minutes, RFC 5321 §4.5.3.2',
  async (mode, phase, minutes, outcome) => {
    let isPaused = false;
    const pause = (receiver: net.Socket) => void (isPaused = receiver.pause().isPaused());
    const one = await connect(mode, phase === 'BLOCK' ? { onBody: pause } : { reply: { [phase]: STALL } });
    const sending = one.send(numbered(1, phase === 'BLOCK' ? LARGE : 200));
    await untilStill(
      () => isPaused || server.received.length > 0 || server.commands.at(-1)!.startsWith(phase),
    );
    expect(await givesUpAfter(minutes, sending)).toBe(outcome);
  },
);

it.each<Mode>(['serial', 'pipelining'])('%s: … at RSET has 5 minutes', async (mode) => {
  const one = await connect(mode, { reply: { RCPT: '550 5.1.1 no', DATA: '503 no', RSET: STALL } });
  expect(short((await one.send(numbered(1))).outcome)).toBe('refused rcpt 550');
  const sending = one.send(numbered(2));
  await untilStill(() => server.commands.at(-1) === 'RSET');
  expect(await givesUpAfter(5, sending)).toBe('lost mail');
});

it('begins to wait anew with each block of a message that leaves', async () => {
  let receiver: net.Socket | undefined;
  // What it reads later goes nowhere.
  const one = await connect('serial', {
    onBody: (at) => void (receiver = at.pause().removeAllListeners('data')),
  });
  const sending = one.send(numbered(1, LARGE));
  await untilStill(() => receiver !== undefined);
  for (let blocks = 0; blocks < 3; blocks++) {
    vi.advanceTimersByTime(3 * MINUTE - 1);
    const before = socket.bytesWritten;
    while (!one.isOver && socket.bytesWritten === before) {
      receiver!.resume();
      await new Promise(setImmediate);
      receiver!.pause();
    }
    expect(one.isOver).toBe(false);
    await untilStill(() => true);
  }
  expect(await givesUpAfter(3, sending)).toBe('lost data');
});

it('a relay has 5 minutes for its greeting, and receivers’ own servers have the same patience', async () => {
  server = await startScriptedServer({ greeting: STALL });
  let outcome: string | undefined;
  openSession(relay()).catch((error: SmtpError) => (outcome = short(withoutSession(error))));
  await untilStill(() => server.connections === 1, vi.getTimerCount);
  await vi.advanceTimersByTimeAsync(5 * MINUTE - 1);
  expect(outcome).toBeUndefined();
  await vi.advanceTimersByTimeAsync(1);
  expect(outcome).toBe('lost connect');
  expect(mxTransportSchema.parse({ type: 'mx' }).timeouts).toMatchObject({
    greeting: 5 * MINUTE,
    socket: 10 * MINUTE,
  });
});

it('does not wait for the answer to QUIT', async () => {
  const one = await connect('serial', { reply: { QUIT: STALL } });
  one.quit();
  expect(one.isOver).toBe(true);
  await untilStill(() => server.commands.at(-1) === 'QUIT');
});
