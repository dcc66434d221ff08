import { REPLY_CLASSES, type ReplyClass } from '../../../shared/contracts';
import { explain } from '../reasons';
import type { SmtpReply, SmtpStage } from './types';

export { REPLY_CLASSES, type ReplyClass };

/**
 * The class of a refusal, by the table that also reads reports (`reasons/`). Every reply has one.
 * @param email the recipient: some providers' words mean something else than everybody's
 */
export function replyClass(stage: SmtpStage, reply: SmtpReply, email?: string): ReplyClass {
  const hosts = email?.slice(email.lastIndexOf('@') + 1);
  const found = explain({ stage, code: reply.code, status: reply.status, text: reply.text, hosts });
  return found.severity === 'hard' && reply.code < 500 ? 'other' : found.class;
}
