import { connect, createServer, type Socket } from 'node:net';
import { once } from 'node:events';

/** Stands between a client and PostgreSQL, and can behave as a server that is starting. */
export interface PostgresProxy {
  /** The server's URL with the proxy's port. */
  url: string;
  /** Connections that were refused with 57P03 so far. */
  refused(): number;
  /** true: ends all connections and answers new ones that the database system is starting up (57P03). */
  starting(value: boolean): void;
  /** Passes on the next statement with these words, and ends its connection instead of passing on the reply. */
  loseReplyTo(words: string): void;
  stop(): Promise<void>;
}

export async function startPostgresProxy(serverUrl: string): Promise<PostgresProxy> {
  const target = new URL(serverUrl);
  const sockets = new Set<Socket>();
  let starting = false;
  let refused = 0;
  let losing: string | null = null;
  const server = createServer((client) => {
    sockets.add(client);
    client.on('error', () => {}).on('close', () => sockets.delete(client));
    if (starting) {
      client.once('data', () => {
        refused += 1;
        client.end(startingUp());
      });
      return;
    }
    const upstream = connect(Number(target.port), target.hostname);
    upstream.on('error', () => client.destroy()).on('close', () => client.destroy());
    client.on('close', () => upstream.destroy());
    client.pipe(upstream).pipe(client);
    client.on('data', (data: Buffer) => {
      if (losing === null || !data.includes(losing)) return;
      losing = null;
      upstream.unpipe(client);
      // The server has committed when it answers.
      upstream.once('data', () => client.destroy()).resume();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(serverUrl);
  url.port = String((server.address() as { port: number }).port);
  return {
    url: url.href,
    refused: () => refused,
    starting(value) {
      starting = value;
      if (value) for (const socket of sockets) socket.destroy();
    },
    loseReplyTo(words) {
      losing = words;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** ErrorResponse of the protocol: type, length, then fields that end with a zero byte. */
function startingUp(): Buffer {
  const fields = Buffer.from('SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0');
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}
