import type { Reason, ReplyClass } from '../../../shared/contracts';

/**
 * Where in an SMTP session a refusal came: RCPT is about the recipient, MAIL and DATA about us. `unknown`: a report that
 * does not tell.
 */
export type Stage = 'connect' | 'tls' | 'auth' | 'mail' | 'rcpt' | 'data' | 'dot' | 'unknown';

/** What a server said. */
export interface Refusal {
  stage: Stage;
  /** SMTP reply code; null where a report has none. */
  code: number | null;
  /** RFC 3463 status; null where there is none. */
  status: string | null;
  /** What was said, one line. Only the first 2,000 characters count. */
  text: string;
  /** Recipient's domain and the name of the server that refused, as far as known, with spaces between. */
  hosts?: string;
}

/** A row of the table. All the conditions given must hold; the first row that fits is the answer. */
export interface ReasonRule {
  reason: Reason;
  /** A finer class than the one that the reason belongs to. */
  class?: ReplyClass;
  /** On the three digits; a refusal without a code does not match. */
  code?: RegExp;
  /** On the enhanced status; a refusal without one does not match. */
  status?: RegExp;
  text?: RegExp;
  notText?: RegExp;
  /** On `hosts`: for providers whose words mean something else than everybody's. */
  hosts?: RegExp;
  stages?: readonly Stage[];
  /** RFC, page of the provider, or the program that writes this. */
  source: string;
  /** A refusal that this row answers: the test runs each. `[code] [status] text`, as on the wire. */
  example: string | { said: string; stage?: Stage; hosts?: string };
}
