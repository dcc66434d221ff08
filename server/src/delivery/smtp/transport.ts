import type { SmtpTransportConfig } from '../../config';
import { connectionProblem } from '../transport-errors';
import type { SmtpError } from '../transport-outcome';
import type { Transport } from '../types';
import { openSession } from './handshake';
import { createLogin } from './login';
import { ConnectionPool } from './pool';
import { Session } from './session';

/** A relay: one pool of connections to it. */
export function createSmtpTransport(name: string, config: SmtpTransportConfig): Transport {
  const { maxConnections, maxMessages } = config.pool;
  const patienceMs = config.timeouts.socket;
  const peer = { ...config, login: createLogin(config.auth) };
  const open = () => openSession(peer);
  const pool = new ConnectionPool({
    open,
    limits: () => ({ connections: maxConnections, messagesPerConnection: maxMessages }),
    patienceMs,
  });
  return {
    name,
    type: 'smtp',
    capacity: maxConnections,
    get waiting() {
      return pool.waiting;
    },
    site: () => Promise.resolve(null),
    send: (message) => pool.send(message),
    verify: async () => {
      try {
        new Session(await open(), { mode: 'serial', maxMessages: 1, patienceMs, onChange() {} }).quit();
      } catch (error) {
        throw new Error(connectionProblem(error as SmtpError, config), { cause: error });
      }
    },
    abort: () => pool.abort(),
    close: () => pool.close(),
  };
}
