import { oneLine, parseReply } from './replies-parse';
import type { Progress } from './transport-body';
import type { SendOutcome, SmtpStage } from './types';

/** The parts of nodemailer's errors that say what happened. */
export interface SmtpError extends Error {
  code?: string;
  /** Code of the system or of OpenSSL, when nodemailer put its own over it. */
  originalCode?: string;
  /** The reply, or a piece of one. */
  response?: string;
  /** Command in flight, or CONN for the connection and API for a refusal by nodemailer itself. */
  command?: string;
}

export interface Judgement {
  outcome: SendOutcome;
  /**
   * True when client and server may no longer agree on which reply belongs to which command: the connection must not
   * carry another message.
   */
  outOfStep: boolean;
}

/** Judges a message that nodemailer reports as sent. */
export function judgeSuccess(response: string, progress: Progress): Judgement {
  const reply = parseReply(response);
  if (progress === 'handed' && reply && reply.code >= 200 && reply.code < 300) {
    return { outcome: { kind: 'accepted', reply }, outOfStep: false };
  }
  const message = oneLine(`The server's answer to the message makes no sense: ${response}`);
  return { outcome: { kind: 'unknown', message }, outOfStep: true };
}

/**
 * Judges a message that nodemailer reports as failed. Whatever the error says: once the final dot was handed over,
 * only a 4xx or 5xx reply proves that the message was not accepted (RFC 5321 §4.2.5, §6.1).
 */
export function judgeFailure(error: SmtpError, progress: Progress): Judgement {
  const reply = error.response ? parseReply(error.response) : null;
  const stage = stageOf(error, progress);
  if (reply && reply.code >= 400 && reply.code < 600) {
    // A refusal in mid-body: nodemailer would reset a session that is still in the middle of the message.
    return { outcome: { kind: 'refused', stage, reply }, outOfStep: progress === 'body' };
  }
  const message = oneLine(error.message);
  const outOfStep =
    ['EPROTOCOL', 'EENVELOPE', 'EMESSAGE'].includes(error.code ?? '') && error.command !== 'API';
  if (progress === 'handed') return { outcome: { kind: 'unknown', message }, outOfStep };
  return { outcome: { kind: 'lost', stage, message }, outOfStep };
}

function stageOf(error: SmtpError, progress: Progress): SmtpStage {
  if (isTlsError(error)) return 'tls';
  if (error.code === 'EAUTH') return 'auth';
  if (error.command === 'MAIL FROM') return 'mail';
  if (error.command === 'RCPT TO') return 'rcpt';
  switch (progress) {
    case 'waiting':
      return 'connect';
    case 'envelope':
      if (error.command === 'DATA') return 'data';
      // nodemailer names MAIL in its error even when pipelining; a 421 without a name answered RCPT.
      return error.response?.startsWith('421') ? 'rcpt' : 'mail';
    case 'body':
      return 'data';
    case 'handed':
      return 'dot';
  }
}

/** A refused or broken encryption: STARTTLS said no, or the certificate cannot be trusted. */
function isTlsError(error: SmtpError): boolean {
  if (error.code === 'ETLS' || error.command === 'STARTTLS') return true;
  return /CERT|SIGNATURE|ISSUER|_TLS_|_SSL_|EPROTO$/.test(error.originalCode ?? '');
}
