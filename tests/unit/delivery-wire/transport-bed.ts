import { afterEach } from 'vitest';
import { smtpTransportSchema } from '../../../server/src/config/transports';
import { createSmtpTransport } from '../../../server/src/delivery/smtp/transport';
import type { OutgoingMessage, SendOutcome, Transport } from '../../../server/src/delivery/types';
import { startScriptedServer, type Script, type ScriptedServer } from './scripted-server';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A transport to a port of this machine, with one connection; closed after the test. */
export function transportTo(port: number, over: Record<string, unknown> = {}): Transport {
  const config = smtpTransportSchema.parse({
    host: '127.0.0.1',
    port,
    timeouts: { connect: 2000, greeting: 2000, socket: 2000 },
    pool: { maxConnections: 1 },
    ...over,
  });
  const transport = createSmtpTransport('main', config);
  cleanups.push(() => transport.close());
  return transport;
}

/** A server that follows a script, and a transport to it. */
export async function start(
  script: Script,
  over: Record<string, unknown> = {},
): Promise<{ server: ScriptedServer; transport: Transport }> {
  const server = await startScriptedServer(script);
  cleanups.push(() => server.close());
  return { server, transport: transportTo(server.port, over) };
}

/** A message that can be told from others, with a line that begins with a dot. */
export const numbered = (id: number, size = 200): OutgoingMessage => ({
  envelope: { from: 'editor@example.com', to: `reader${id}@example.net` },
  raw: Buffer.from(`Subject: no ${id};\r\n\r\n.dot\r\n${'line of text\r\n'.repeat(Math.ceil(size / 14))}`),
});

/** Kind, stage and reply code of an outcome. */
export const short = (outcome: SendOutcome): string =>
  [outcome.kind, 'stage' in outcome ? outcome.stage : null, 'reply' in outcome ? outcome.reply.code : null]
    .filter((part) => part !== null)
    .join(' ');

/** Sends messages 1 to `count` at once. */
export const sendAll = async (transport: Transport, count: number): Promise<string[]> =>
  (await Promise.all(Array.from({ length: count }, (_, i) => transport.send(numbered(i + 1))))).map(short);
