import { oneLine } from '../../reasons';
import { REASON_CLASS } from '../../../../shared/contracts';
import { firstAddress } from './address';
import type { Fields } from './fields';
import type { ReportRecipient } from './types';

/** Subjects of automatic replies and challenges. */
const SUBJECT =
  /^(?:re: ?|aw: ?|fwd?: ?)?(?:auto(?:matic|mated|matische|matisch|mática|matisk|maattinen)?[ -]?(?:re(?:ply|sponse|spuesta)|responder|antwort|antwoord|svar|vastaus)|auto: |autoreply|autoresponder|out of (?:the )?office|out-of-office|vacation|on (?:vacation|leave|holiday)|away from|i am (?:away|out)|abwesen|absence|réponse automatique|message d['’]absence|odpowied[zź] automatyczna|автоматический ответ|автоответ|自动(?:回复|答复)|자동 ?(?:회신|응답)|otomatik yan[iı]t|fuera de|respuesta autom|risposta automatica|resposta automática|ooo\b|[【［[（(]?(?:自動(?:返信|応答|送信|回覆|回复)?|不在|休暇)|please confirm|confirm your (?:message|email|mail)|\[?challenge|verify your (?:message|email to)|your (?:message|mail) (?:to .{1,80} )?(?:requires|needs) (?:confirmation|verification)|(?:read|return receipt|disposition notification)\b|delivered to spamarrest)|(?:[（(【]自動(?:送信|配信|返信)|自動返信|自動応答|不在通知|out of office|automatic reply|auto-?reply|vacation (?:notice|message|reply))/i;

/** Programs that mark what they write (RFC 3834 §5; Exchange, vacation(1), cPanel, Lotus). */
export function isAutoSubmitted(fields: Fields): boolean {
  const value = fields.get('auto-submitted')?.trim().toLowerCase();
  if (value && !value.startsWith('no')) return true;
  return hasReplyMark(fields);
}

function hasReplyMark(fields: Fields): boolean {
  return (
    /auto_reply|auto-reply/i.test(fields.get('precedence') ?? '') ||
    [
      'x-autoreply',
      'x-autorespond',
      'x-autoresponder',
      'x-auto-reply',
      'x-autoreply-from',
      'x-mail-autoreply',
      'x-vacation-message',
    ].some((name) => fields.has(name)) ||
    /(?:vacation|autorespond|autoreply)/i.test(fields.get('x-mailer') ?? '') ||
    /^auto-?reply|vacation/i.test(fields.get('x-message-type') ?? '') ||
    /^vacation/i.test(fields.get('x-apple-action')?.trim() ?? '')
  );
}

/** True for automatic replies and challenges: marked by RFC 3834, or by their subject. */
export function isAutoReply(fields: Fields, type: string, reportType: string): boolean {
  if (type === 'multipart/report' && reportType === 'disposition-notification') return true;
  const value = fields.get('auto-submitted')?.trim().toLowerCase() ?? '';
  return (
    /^auto-(?:replied|generated|notified)/.test(value) ||
    hasReplyMark(fields) ||
    SUBJECT.test(fields.get('subject') ?? '')
  );
}

/** Whoever answered by a program. Says nothing of the mailbox but that it answered. */
export function autoReplier(fields: Fields, text: string): ReportRecipient {
  return {
    recipient: firstAddress(fields.get('from')),
    action: null,
    reason: 'vacation',
    class: REASON_CLASS.vacation,
    severity: 'none',
    hard: false,
    status: '',
    replyCode: '',
    text: oneLine(text.slice(0, 4000)),
  };
}
