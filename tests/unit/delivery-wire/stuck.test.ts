import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { smtpTransportSchema } from '../../../server/src/config/transports';
import { openSession } from '../../../server/src/delivery/smtp/handshake';
import { ConnectionPool } from '../../../server/src/delivery/smtp/pool';
import { startScriptedServer, type Script, type ScriptedServer } from './scripted-server';
import { numbered, short } from './transport-bed';

let server: ScriptedServer;
let pool: ConnectionPool;
afterEach(async () => {
  pool.abort();
  await server.close();
});

async function start(script: Script): Promise<void> {
  server = await startScriptedServer(script);
  const peer = smtpTransportSchema.parse({ host: '127.0.0.1', port: server.port });
  pool = new ConnectionPool({
    open: () => openSession(peer),
    limits: () => ({ connections: 2, messagesPerConnection: 100 }),
    patienceMs: 600_000,
    stuckMs: 300,
  });
}
const sendAll = (count: number) => Array.from({ length: count }, (_, n) => pool.send(numbered(n + 1)));

it('does not keep messages behind a server that takes mail and never answers', async () => {
  await start({ reply: { DOT: { stall: true } }, extensions: [] });
  const sent = sendAll(6);
  const waited = await Promise.all(sent.slice(2));
  expect(waited.map(short)).toEqual(Array(4).fill('lost connect'));
  expect(server.received).toHaveLength(2);
  // Those that were handed over are not given up: their replies may come yet.
  server.say('250 2.0.0 queued');
  expect((await Promise.all(sent.slice(0, 2))).map(short)).toEqual(['accepted 250', 'accepted 250']);
  expect(pool.waiting).toBe(0);
});

it('lets messages wait as long as there is an answer now and then', async () => {
  await start({ reply: { DOT: { stall: true } }, extensions: [] });
  const first = pool.send(numbered(0));
  await sleep(200);
  const waiting = sendAll(3);
  for (let n = 0; n < 4; n++) {
    await sleep(200);
    server.say('250 2.0.0 queued');
  }
  const outcomes = await Promise.all([first, ...waiting]);
  expect(outcomes.map(short)).toEqual(Array(4).fill('accepted 250'));
});
