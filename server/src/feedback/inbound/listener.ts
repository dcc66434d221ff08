import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import { clientOf } from '../../client-address';
import type { ListenerConfig } from '../../config';
import type { Context } from '../../context';
import { followCertificate } from './certificate';
import { createDoor } from './door';
import { SourceNotes } from './notes';
import { createRates } from './rates';
import { Refusal, reply } from './reply';
import type { InboundMail, InboundResult } from './types';

export interface Listener {
  /** The port that it listens on. */
  port: number;
  /** Takes no more connections, and waits for the mails in hand to be dealt with. */
  close(): Promise<void>;
}

/** Name of the listener where the state of ways in is shown: there is one per configuration. */
export const LISTENER = 'smtp';
/** Milliseconds between two signs of life: nothing comes for days when all is well. */
const BEAT = 60_000;
/** Milliseconds that open connections have to end by themselves. */
const CLOSE_TIMEOUT = 2_000;

/**
 * Listens for mail to our bounce domains. A mail is answered 250 when what it says is committed, and 451 when that failed,
 * so that the sender offers it again.
 * @param take what is done with a mail; throws when it cannot be done now
 * @throws Error of `listen`, such as EADDRINUSE, or of a certificate that cannot be read
 */
export async function startListener(
  ctx: Context,
  config: ListenerConfig,
  take: (mail: InboundMail) => Promise<InboundResult>,
): Promise<Listener> {
  const notes = new SourceNotes(ctx, 'listener', LISTENER);
  const rates = createRates(config);
  const door = createDoor(ctx, config, rates);
  const pending = new Set<Promise<void>>();
  /** Timers of open sessions, by their ids. */
  const ends = new Map<string, NodeJS.Timeout>();
  /** Whether the last mail could be dealt with: a failure is shown until one can. */
  let isWell = true;

  const server = new SMTPServer({
    name: config.name ?? hostname(),
    logger: false,
    size: config.maxSizeKib * 1024,
    maxClients: config.maxConnections,
    socketTimeout: config.idleSeconds * 1000,
    closeTimeout: CLOSE_TIMEOUT,
    disableReverseLookup: true,
    disabledCommands: ['AUTH', ...(config.tls ? [] : ['STARTTLS'])],
    // Bounce senders of old machines are odd; recipients are held to their signature.
    lenientAddressParsing: true,
    // A report is about one mail; who has more of them offers the others again (RFC 5321 §4.5.3.1.10).
    maxRecipients: 1,
    onConnect: (session, callback) =>
      void answer(
        counted(() => connect(session)),
        callback,
      ),
    onClose: ({ id }) => {
      clearTimeout(ends.get(id));
      ends.delete(id);
    },
    onMailFrom: (_, session, callback) =>
      void answer(
        counted(() => door.sender(session)),
        callback,
      ),
    onRcptTo: (address, session, callback) =>
      void answer(
        counted(() => door.recipient(address.address, session)),
        callback,
      ),
    onData: (stream, session, callback) => {
      const work = receive(stream, session).then(
        () => callback(null, 'OK'),
        (error: Error) => callback(error),
      );
      pending.add(work);
      void work.finally(() => pending.delete(work));
    },
  });

  /** Whoever is turned away, whatever for, is counted in the panel. */
  async function counted(check: () => Promise<void> | void): Promise<void> {
    try {
      await check();
    } catch (error) {
      if (error instanceof Refusal) notes.refused();
      throw error;
    }
  }

  /** @throws Refusal */
  function connect(session: SMTPServerSession): void {
    const client = clientOf(session.remoteAddress);
    const open = [...connectionsOf(server)].filter(({ remoteAddress }) => clientOf(remoteAddress) === client);
    if (open.length > config.maxConnectionsPerIp) throw reply(421, '4.7.0 Too many connections of yours');
    const end = () => hangUp(server, session, 'The connection was open for long enough');
    ends.set(session.id, setTimeout(end, config.sessionSeconds * 1000).unref());
    door.connect(session);
  }

  /** @throws Refusal */
  async function receive(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<void> {
    const raw = await readAll(stream, config, () => hangUp(server, session, 'The mail takes too long'));
    if (raw === null) throw reply(552, `5.3.4 Larger than ${config.maxSizeKib} KiB`);
    const { mailFrom, rcptTo } = session.envelope;
    try {
      const { outcome } = await take({
        raw,
        envelope: { from: mailFrom ? mailFrom.address : '', to: rcptTo[0]!.address },
        source: { way: 'listener', name: LISTENER },
        receivedAt: Date.now(),
      });
      isWell = true;
      notes.seen(outcome === 'strange' ? 'ignored' : outcome);
    } catch (error) {
      const why = (error as Error).message;
      ctx.log.error(`newsletter: a mail could not be dealt with and is offered again later: ${why}`);
      isWell = false;
      notes.error(`A mail could not be dealt with; its sender will try again: ${why}`);
      throw reply(451, '4.3.0 Cannot be dealt with now, try again later');
    }
  }

  const certificate =
    config.tls && followCertificate(ctx, config.tls, (tls) => server.updateSecureContext(tls));
  // Of single connections: a client that hangs up, a handshake that fails. Nothing to do with the others.
  server.on('error', (error) => ctx.log.debug(`newsletter: an inbound connection failed: ${error.message}`));
  try {
    await new Promise<void>((resolve, reject) => {
      server.server.once('error', reject);
      server.listen(config.port, config.host, resolve);
    });
  } catch (error) {
    certificate?.stop();
    throw error;
  }
  notes.seen();
  const beat = setInterval(() => isWell && notes.seen(), BEAT).unref();
  return {
    port: (server.server.address() as AddressInfo).port,
    async close() {
      clearInterval(beat);
      certificate?.stop();
      const closed = new Promise<void>((resolve) => server.close(resolve));
      await Promise.all(pending);
      await closed;
      await notes.close();
    },
  };
}

/** Gives what a check says to smtp-server; an error that is no refusal is none of the client's business. */
async function answer(check: Promise<void>, callback: (error?: Error | null) => void): Promise<void> {
  try {
    await check;
    callback();
  } catch (error) {
    callback(
      error instanceof Refusal ? error : reply(451, '4.3.0 Cannot be dealt with now, try again later'),
    );
  }
}

/**
 * @param tooSlow called when the mail takes longer than `mailSeconds`
 * @returns null: larger than allowed; the rest was read and thrown away
 */
function readAll(
  stream: SMTPServerDataStream,
  { mailSeconds, maxSizeKib }: ListenerConfig,
  tooSlow: () => void,
): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const timer = setTimeout(tooSlow, mailSeconds * 1000);
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxSizeKib * 1024) chunks.push(chunk);
      else chunks.length = 0;
    });
    stream.once('error', reject);
    stream.once('end', () => resolve(stream.sizeExceeded ? null : Buffer.concat(chunks)));
    stream.once('close', () => {
      clearTimeout(timer);
      // After an end this changes nothing.
      reject(reply(421, '4.4.2 The connection was lost'));
    });
  });
}

/** smtp-server has no way to end a session from the handler of its data but through the connection itself. */
function hangUp(server: SMTPServer, session: SMTPServerSession, why: string): void {
  for (const connection of connectionsOf(server))
    if (connection.session === session) connection.send(421, `4.4.2 ${why}`);
}

interface Connection {
  session: SMTPServerSession;
  remoteAddress: string;
  send(code: number, text: string): void;
}

const connectionsOf = (server: SMTPServer) => server.connections as Set<Connection>;
