import net from 'node:net';
import SMTPPool, { type SMTPPoolOptions } from 'nodemailer/lib/smtp-pool';
import type { SmtpTransportConfig } from '../config';
import { MessageBody } from './transport-body';
import { connectionProblem } from './transport-errors';
import { judgeFailure, judgeSuccess, type Judgement, type SmtpError } from './transport-outcome';
import type { OutgoingMessage, SendOutcome, Transport } from './types';

type PoolMail = Parameters<SMTPPool['send']>[0];

/** A transport over nodemailer's connection pool. Pacing is not done here: the pool's own limiter overshoots. */
export function createSmtpTransport(name: string, config: SmtpTransportConfig): Transport {
  let pool = createPool(config);
  let closing = false;
  const inFlight = new Set<Promise<SendOutcome>>();

  /** Connections in mid-message finish; nothing new is sent over any of the old ones. */
  function replacePool(used: SMTPPool): void {
    if (used !== pool || closing) return;
    pool = createPool(config);
    used.close();
  }

  async function attempt(message: OutgoingMessage): Promise<SendOutcome> {
    for (;;) {
      const used = pool;
      const body = new MessageBody(message.raw);
      const { outcome, outOfStep } = await sendOver(used, message, body);
      // Its pool was replaced while it waited in the queue: nothing of it was sent.
      if (used !== pool && body.progress === 'waiting' && !closing) continue;
      if (outOfStep) replacePool(used);
      return outcome;
    }
  }

  return {
    name,
    capacity: config.pool.maxConnections,
    send(message) {
      if (closing)
        return Promise.resolve({ kind: 'lost', stage: 'connect', message: 'The transport was closed' });
      const sending = attempt(message);
      inFlight.add(sending);
      return sending.finally(() => inFlight.delete(sending));
    },
    async verify() {
      try {
        await pool.verify();
      } catch (error) {
        throw new Error(connectionProblem(error as SmtpError, config), { cause: error });
      }
    },
    async close() {
      closing = true;
      pool.close();
      await Promise.all(inFlight);
    },
  };
}

function sendOver(pool: SMTPPool, message: OutgoingMessage, body: MessageBody): Promise<Judgement> {
  return new Promise((resolve) => {
    pool.send(asPoolMail(message, body), (error, info) => {
      if (error) resolve(judgeFailure(error, body.progress));
      else resolve(judgeSuccess(String(info?.response ?? ''), body.progress));
    });
  });
}

/**
 * The pool reads nothing of a mail but these members (nodemailer 10.6, lib/smtp-pool). Handing it over without
 * nodemailer's composer keeps the composer's streams, which read ahead, out of the way.
 */
function asPoolMail(message: OutgoingMessage, body: MessageBody): PoolMail {
  const mail = {
    data: {},
    message: {
      getEnvelope: () => ({ from: message.envelope.from, to: [message.envelope.to] }),
      messageId: () => '',
      getHeader: () => '',
      createReadStream: () => body.open(),
    },
  };
  return mail as unknown as PoolMail;
}

function createPool(config: SmtpTransportConfig): SMTPPool {
  const { host, port, secure, requireTLS, auth, tls, name, pool, timeouts } = config;
  const options: SMTPPoolOptions = {
    host,
    port,
    secure,
    requireTLS,
    tls,
    name,
    ...(auth && {
      auth: { user: auth.user, pass: auth.pass, ...(auth.method && { method: auth.method }) },
      // Without it nodemailer sends without logging in when the server does not offer AUTH.
      forceAuth: true,
    }),
    maxConnections: pool.maxConnections,
    maxMessages: pool.maxMessages,
    maxRequeues: 0,
    // nodemailer counts the greeting into the time for connecting; `getSocket` below bounds connecting by itself.
    connectionTimeout: timeouts.connect + timeouts.greeting,
    greetingTimeout: timeouts.greeting,
    socketTimeout: timeouts.socket,
    getSocket: (_options, callback) =>
      connect(host, port, timeouts.connect, (error, connection) =>
        error ? callback(error, false) : callback(null, { connection }),
      ),
  };
  return new SMTPPool(options);
}

/** Connects over IPv6 or IPv4, whichever answers (RFC 8305); the callback is called once. */
function connect(
  host: string,
  port: number,
  timeoutMs: number,
  done: (error: Error | null, socket?: net.Socket) => void,
): void {
  const socket = net.connect({ host, port, autoSelectFamily: true });
  const finish = (error: Error | null) => {
    clearTimeout(timer);
    socket.removeListener('error', fail);
    socket.removeListener('connect', succeed);
    if (!error) return done(null, socket);
    socket.on('error', () => {}); // one that comes while the socket is torn down has nobody left to tell
    socket.destroy();
    done(
      Object.assign(error, { code: 'ECONNECTION', originalCode: (error as SmtpError).code, command: 'CONN' }),
    );
  };
  const fail = (error: Error) => finish(error);
  const succeed = () => finish(null);
  const timer = setTimeout(() => finish(new Error(`No connection within ${timeoutMs} ms`)), timeoutMs);
  socket.once('error', fail);
  socket.once('connect', succeed);
}
