import type net from 'node:net';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { SmtpTransportConfig } from '../../config';
import type { SmtpError } from '../transport-outcome';
import { connect } from './connect';
import type { Login } from './login';

/** A server, and how to begin with it. */
export interface Peer
  extends Pick<SmtpTransportConfig, 'host' | 'port' | 'tls' | 'name' | 'timeouts' | 'localAddress'> {
  /** TLS from the first byte. */
  secure?: boolean;
  /** No session without STARTTLS. */
  requireTLS?: boolean;
  /** No STARTTLS, whatever the server offers. */
  ignoreTLS?: boolean;
  /** IP address of `host`, when it is known. */
  address?: string;
  login?: Login | null;
}

/** A connection that is greeted, encrypted as configured, and logged in. */
export interface OpenSession {
  socket: net.Socket;
  /** Keywords of the EHLO reply in upper case. */
  extensions: ReadonlySet<string>;
}

/** What we take over from nodemailer's connection (10.6, lib/smtp-connection): its socket, and what listens to it. */
interface Internals {
  _socket: net.Socket | false;
  _ehloLines?: string[];
  _remainder: string;
  _responseQueue: string[];
  /** From the start of the TLS handshake to its success. */
  upgrading?: boolean;
  _onSocketData: (chunk: Buffer) => void;
  _onSocketError: (error: Error) => void;
  _onSocketClose: () => void;
  _onSocketEnd: () => void;
  _onSocketTimeout: () => void;
  _clearPhase(): void;
}

/**
 * Connects, encrypts and logs in. nodemailer does it, which knows servers' ways with STARTTLS and AUTH; then it lets go
 * of the socket.
 * @throws Error of nodemailer, with `code`, `command` and perhaps `response`
 */
export async function openSession(peer: Peer): Promise<OpenSession> {
  const { host, port, secure, requireTLS, ignoreTLS, login, tls, name, timeouts } = peer;
  const connection = new SMTPConnection({
    host,
    port,
    secure: secure ?? false,
    requireTLS,
    ignoreTLS,
    tls,
    name,
    connection: await connect(peer),
    connectionTimeout: timeouts.greeting,
    greetingTimeout: timeouts.greeting,
    socketTimeout: timeouts.socket,
  });
  const internals = connection as unknown as SMTPConnection & Internals;
  try {
    await new Promise<void>((resolve, reject) => {
      connection.once('error', reject);
      connection.connect((error) => (error ? reject(error) : resolve()));
    });
    if (login) {
      await new Promise<void>((resolve, reject) => {
        connection.once('error', reject);
        connection.login(login, (error) => (error ? reject(error) : resolve()));
      });
    }
    return takeOver(internals);
  } catch (error) {
    // A connection that ends, or falls silent, in the handshake has an error like any other.
    if (internals.upgrading) (error as SmtpError).command = 'STARTTLS';
    connection.on('error', () => {});
    connection.close();
    throw error;
  }
}

function takeOver(connection: SMTPConnection & Internals): OpenSession {
  const socket = connection._socket;
  if (!socket || socket.destroyed) throw new Error('The connection was closed right after the login');
  if (connection._remainder !== '' || connection._responseQueue.length > 0) {
    throw Object.assign(new Error('The server said something nobody asked for'), { code: 'EPROTOCOL' });
  }
  connection._clearPhase();
  socket.setTimeout(0);
  socket.pause(); // until somebody listens again
  socket.removeListener('data', connection._onSocketData);
  socket.removeListener('error', connection._onSocketError);
  socket.removeListener('close', connection._onSocketClose);
  socket.removeListener('end', connection._onSocketEnd);
  socket.removeListener('timeout', connection._onSocketTimeout);
  const extensions = (connection._ehloLines ?? []).map((line) => line.split(/[\s=]/)[0]!.toUpperCase());
  return { socket, extensions: new Set(extensions) };
}
