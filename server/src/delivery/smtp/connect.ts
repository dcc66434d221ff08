import net from 'node:net';
import type { SmtpTransportConfig } from '../../config';
import type { SmtpError } from '../transport-outcome';

type Where = Pick<SmtpTransportConfig, 'host' | 'port' | 'timeouts' | 'localAddress'> & {
  /** IP address of the host, when it is known. */
  address?: string;
};

/** How long one of several addresses may take before the next one is tried in its place, milliseconds. */
const ATTEMPT_MS = 2_000;

/**
 * Connects over IPv6 or IPv4, whichever answers (RFC 8305); a socket bound to `localAddress` over its family.
 * @throws Error with code ECONNECTION; `originalCode` is the system's
 */
export function connect({ host, address, port, timeouts, localAddress }: Where): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({
      host: address ?? host,
      port,
      // An envelope right behind a message would otherwise wait for the receiver's (late) acknowledgement of that.
      noDelay: true,
      ...(localAddress === undefined
        ? // Node's 250 ms would give up a distant server's first address for good.
          { autoSelectFamily: true, autoSelectFamilyAttemptTimeout: ATTEMPT_MS }
        : { localAddress, family: net.isIP(localAddress) }),
    });
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
