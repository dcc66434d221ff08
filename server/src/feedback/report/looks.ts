import { isAutoSubmitted } from './auto';
import type { Mail } from './mime';

const DAEMON =
  /^(?:mailer[-_.]?daemon|post_?master|poost?master|mail[-_. ]?(?:delivery|er|administrator|system)|mmdf|uucp|smtp[-_]?(?:daemon|gateway)|mail\.delivery\.system|bounces?|no-?reply|noreply|mailadmin|administrator|system|amavis|virusalert|mdaemon|sysadmin|listserv|majordomo|.{1,60}-(?:admin|bounces?|owner)|owner-.{1,60})(?:[+@]|$)/i;
const SYSTEM_NAME =
  /mail(?:er)? ?(?:delivery|deliver|daemon)|mail.?daemon|delivery (?:system|subsystem|service)|system administrator|post ?master|interscan|notification/i;
const FAILURE =
  /undeliver|(?:delivery|mail|message|e-?mail|sending).{0,40}(?:fail|error|problem|status|notif|delay|could not|not delivered|returned|unsuccess|warning|undeliver|rejected|expired)|(?:fail|error|returned|bounced|non-?delivery|undelivered|delayed|warning|unable|problem|unknown user|rejected|could not).{0,40}(?:mail|deliver|message|sending|notice)|returned|failure notice|mail system error|permanent error|user unknown|loop alert|not delivered|nondeliverable|NDN:|NDR|DSN|unzustellbar|nicht zugestellt|non remis|échec|no entregado|mancata consegna|не доставлено|недоставлен|配信|配送|送信(?:エラー|できません|失敗)|届けられません|エラー|不達|returned to sender|aws notification|smtp server: errors from/i;

/** Whoever writes this below such a subject speaks of a mail, not of a parcel. */
const ABOUT_A_MAIL =
  /\b(?:message|e-?mail|mail)\b.{0,120}\b(?:could not|cannot|can't|couldn't|was not|has not been) (?:be )?delivered to|failed recipients?|following recipients?|undeliverable address|non-delivery report|not delivered to the following/is;

/** What notices say where their subject says nothing. */
const FAILURE_TEXT =
  /(?:not|n't) be delivered|undeliver|was not delivered|delivery (?:has )?failed|unable to deliver|error message below|did not reach|returned to (?:the )?sender|duplicated message-id/i;

/** Who writes, and what about: only then free text is read for failures. */
export function looksLikeNotice(mail: Mail, from: string | null, subject: string, notice: string): boolean {
  const { fields } = mail;
  if (mail.type === 'multipart/report' && /^delivery-status$/i.test(mail.params.get('report-type') ?? ''))
    return true;
  if (fields.has('x-failed-recipients') || fields.has('x-failed-recipient')) return true;
  const name = fields.get('from') ?? '';
  const local = from?.split('@')[0] ?? name.trim().replace(/[<>"]/g, '');
  const isDaemon =
    DAEMON.test(`${local}@`) ||
    SYSTEM_NAME.test(name) ||
    /^mailer-daemon/i.test(name.trim()) ||
    name.trim() === '<>';
  const isNull = /^<?\s*>?$|^<?mailer-daemon(?:@[^>]{0,200})?>?$/i.test(
    (fields.get('return-path') ?? 'x').trim(),
  );
  const begin = notice.slice(0, 4000);
  if (FAILURE.test(subject)) return isDaemon || isNull || isAutoSubmitted(fields) || ABOUT_A_MAIL.test(begin);
  return isDaemon && (isNull || /^mailer-daemon$/i.test(local) || FAILURE_TEXT.test(begin));
}
