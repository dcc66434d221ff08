import type { SmtpTransportConfig } from '../config';
import { oneLine } from './replies-parse';
import type { SmtpError } from './transport-outcome';

/** Why a relay cannot be used, as a sentence for the operator: what happened, where, and what to check. */
export function connectionProblem(error: SmtpError, config: SmtpTransportConfig): string {
  const server = `${config.host}:${config.port}`;
  const cause = error.originalCode ?? error.code ?? '';
  const said = oneLine(error.response ?? error.message);
  if (error.code === 'EAUTH')
    return `${server} refused the login of "${config.auth?.user ?? ''}": ${said}. Check user and password of the transport.`;
  if (cause === 'ENOTFOUND' || cause === 'EAI_AGAIN' || error.code === 'EDNS') {
    return `The host name "${config.host}" was not found. Check the host of the transport and the DNS of this machine.`;
  }
  if (cause === 'ECONNREFUSED') return `Nothing listens on ${server}. Check host and port of the transport.`;
  if (cause === 'ETIMEDOUT' || /^No connection within/.test(error.message)) {
    return `${server} did not answer in time. Check host and port, and whether a firewall blocks outgoing mail.`;
  }
  if (/CERT|SIGNATURE|ISSUER/.test(cause)) {
    return `The certificate of ${server} is not trusted (${cause}). Install a valid one, or name its authority in the transport's tls.ca.`;
  }
  if (/wrong version number|_SSL_|EPROTO/i.test(`${cause} ${error.message}`)) {
    return `${server} does not speak TLS from the first byte. Port 465 needs secure: true, port 587 secure: false.`;
  }
  if (error.code === 'ETLS' || error.command === 'STARTTLS')
    return `${server} could not be reached over an encrypted connection: ${said}.`;
  if (error.response) return `${server} refused the connection: ${said}.`;
  return `The connection to ${server} failed: ${said}.`;
}
