import net from 'node:net';
import type { SmtpTransportConfig } from '../../config';
import type { SmtpError } from '../transport-outcome';

/**
 * Connects over IPv6 or IPv4, whichever answers (RFC 8305).
 * @throws Error with code ECONNECTION; `originalCode` is the system's
 */
export function connect({
  host,
  port,
  timeouts,
}: Pick<SmtpTransportConfig, 'host' | 'port' | 'timeouts'>): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    // An envelope right behind a message would otherwise wait for the receiver's (late) acknowledgement of that.
    const socket = net.connect({ host, port, autoSelectFamily: true, noDelay: true });
    const finish = (error: Error | null) => {
      clearTimeout(timer);
      socket.removeListener('error', fail);
      socket.removeListener('connect', succeed);
      if (!error) return resolve(socket);
      socket.on('error', () => {}); // one that comes while the socket is torn down has nobody left to tell
      socket.destroy();
      const originalCode = (error as SmtpError).code;
      reject(Object.assign(error, { code: 'ECONNECTION', originalCode, command: 'CONN' }));
    };
    const fail = (error: Error) => finish(error);
    const succeed = () => finish(null);
    const timer = setTimeout(
      () => finish(new Error(`No connection within ${timeouts.connect} ms`)),
      timeouts.connect,
    );
    socket.once('error', fail);
    socket.once('connect', succeed);
  });
}
