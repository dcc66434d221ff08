import type { Stage } from './types';

/** From RCPT on the receiver knows for whom the message is. A report that tells no stage is about a recipient, too. */
export const PERSON: readonly Stage[] = ['rcpt', 'data', 'dot', 'unknown'];
export const BEFORE_MAIL: readonly Stage[] = ['connect', 'tls'];
/** After RCPT was accepted: what is refused now is the message, or a person who filters. */
export const MESSAGE: readonly Stage[] = ['data', 'dot'];
