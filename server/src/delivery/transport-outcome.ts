import { oneLine, parseReply } from './replies-parse';
import type { SendOutcome, SmtpStage } from './types';

/** The parts of nodemailer's errors that say what happened. */
export interface SmtpError extends Error {
  code?: string;
  /** Code of the system or of OpenSSL, when nodemailer put its own over it. */
  originalCode?: string;
  /** The reply, or a piece of one. */
  response?: string;
  /** Command in flight, or CONN for the connection. */
  command?: string;
}

/** What it means for a message that there is no session to send it over. */
export function withoutSession(error: SmtpError): SendOutcome {
  const stage = stageOf(error);
  const reply = error.response ? parseReply(error.response) : null;
  return reply && reply.code >= 400 && reply.code < 600
    ? { kind: 'refused', stage, reply }
    : { kind: 'lost', stage, message: oneLine(error.message) };
}

function stageOf(error: SmtpError): SmtpStage {
  if (isTlsError(error)) return 'tls';
  return error.code === 'EAUTH' ? 'auth' : 'connect';
}

/** Whether this machine does not have the address to send from (`localAddress`): no receiver's fault. */
export const lacksOwnAddress = (message: string): boolean => message.startsWith('bind EADDRNOTAVAIL');

/** A refused or broken encryption: STARTTLS said no, or the certificate cannot be trusted. */
export function isTlsError(error: SmtpError): boolean {
  if (error.code === 'ETLS' || error.command === 'STARTTLS') return true;
  return /CERT|SIGNATURE|ISSUER|_TLS_|_SSL_|EPROTO$/.test(error.originalCode ?? '');
}
