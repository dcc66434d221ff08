import { domainOf, firstAddress } from './address';
import { autoReplier, isAutoReply, isAutoSubmitted } from './auto';
import { complainant, readComplaint } from './complaint';
import { hasStatusFields, readDeliveryStatus, type DeliveryStatus } from './dsn';
import { readFields, type Fields } from './fields';
import { judge } from './judge';
import { marksOf, sendersOf } from './marks';
import { readMail, textOf, type Mail, type Part } from './mime';
import { othersIn, readNotice, type NoticeEntry } from './notice';
import { cutOriginal } from './original';
import { readSesNotification } from './ses';
import { isUnsubscribe } from './unsubscribe';
import type { ParsedReport, ReportKind, ReportRecipient } from './types';

/**
 * Reads a mail that came back. Never throws for what a mail contains; time and memory are bounded (`mime.ts`): the first
 * mebibyte counts.
 * @param raw the mail as received, line ends CRLF or LF, an mbox "From " line allowed
 * @returns what it says. Nothing of it is verified: who may be believed is decided by marks with a signature of ours.
 */
export async function parseReport(raw: Buffer): Promise<ParsedReport> {
  return read(readMail(raw), 0);
}

/** A report inside a report: a gateway sent it on. */
const MAX_NESTED = 1;

function read(mail: Mail, depth: number): ParsedReport {
  const { fields } = mail;
  const { notice, copy, status } = partsOf(mail);
  const subject = (fields.get('subject') ?? '').slice(0, 500);
  const from = firstAddress(fields.get('from'));
  const complaint = readComplaint(mail, copy);
  const done = (
    kind: ReportKind,
    recipients: ReportRecipient[],
    more: { feedbackType?: string; reporter?: string | null } = {},
  ): ParsedReport => ({
    kind,
    feedbackType: more.feedbackType ?? null,
    recipients,
    reporter: more.reporter ?? domainOf(from),
    subject,
    ours: marksOf(fields, copy, complaint?.fields ?? null, ''),
    autoSubmitted: isAutoSubmitted(fields),
    received: fields.all('received').length,
    from,
  });

  if (complaint) {
    const reporter = complaint.fields
      .get('reporting-mta')
      ?.replace(/^\s*\w{1,10};\s*/, '')
      .trim()
      .toLowerCase();
    return done('complaint', complaint.recipients, {
      feedbackType: complaint.feedbackType,
      reporter: reporter || null,
    });
  }
  const ses = readSesNotification(notice);
  if (ses?.kind === 'complaint')
    return done(
      'complaint',
      ses.status.recipients.map((row) => complainant(row.recipient)),
      { feedbackType: 'abuse' },
    );
  if (isUnsubscribe(subject, notice))
    return done('unsubscribe', [complainant(from)], { feedbackType: 'opt-out' });

  const isNotice = looksLikeNotice(mail, from, subject, notice);
  const report = ses?.status ?? status;
  const recipients =
    report.recipients.length > 0 || isNotice ? recipientsOf(mail, report, notice, copy, subject) : [];
  if (recipients.length > 0) return done(kindOf(recipients), recipients, { reporter: report.reporter });
  if (isNotice && depth < MAX_NESTED) {
    const inner = nested(mail);
    const found = inner && read(inner, depth + 1);
    if (found && found.recipients.length > 0 && found.kind !== 'unsubscribe')
      return { ...found, subject, from };
  }
  if (isAutoReply(fields, mail.type, mail.params.get('report-type')?.toLowerCase() ?? ''))
    return done('auto-reply', [autoReplier(fields, notice)]);
  return done('other', []);
}

/** What people or programs wrote, the copy of our message, and the fields of RFC 3464. */
function partsOf(mail: Mail): { notice: string; copy: Fields | null; status: DeliveryStatus } {
  const status: DeliveryStatus = { reporter: null, recipients: [] };
  const texts: string[] = [];
  let copy: Fields | null = null;
  const add = (text: string) => {
    const found = readDeliveryStatus(text);
    status.reporter ??= found.reporter;
    status.recipients.push(...found.recipients);
  };
  const readable = mail.parts.filter(isReadable);
  for (const part of mail.parts) {
    if (
      /^message\/(?:x?-?delivery-status|global-delivery-status|partial-status)$|^text\/delivery-status$/.test(
        part.type,
      )
    )
      add(textOf(part));
    else if (isCopy(part)) copy ??= readFields(textOf(part).replace(/^\s+/, '')).fields;
    else if (
      readable.includes(part) &&
      !(
        part.type === 'text/html' &&
        part.alternative &&
        readable.some((other) => other.alternative && other.type === 'text/plain')
      )
    ) {
      const text = textOf(part);
      const cut = cutOriginal(text, texts.length > 0);
      copy ??= cut.copy;
      if (status.recipients.length === 0 && hasStatusFields(text)) add(text);
      texts.push(cut.notice);
    }
  }
  return { notice: texts.join('\n').slice(0, 64 * 1024), copy, status };
}

const isReadable = (part: Part) =>
  /^text\/(?!rfc822|x-rfc822|calendar|vcard|delivery-status)/.test(part.type);
const isCopy = (part: Part) =>
  /^message\/(?:rfc822|global|partial|external-body|news)$|^(?:text|message)\/(?:x-)?rfc822-?headers?$|^message\/global-headers$/.test(
    part.type,
  );

function nested(mail: Mail): Mail | null {
  const part = mail.parts.find((candidate) => candidate.type === 'message/rfc822');
  return part ? readMail(Buffer.from(part.body, 'latin1')) : null;
}

const DAEMON =
  /^(?:mailer[-_.]?daemon|post_?master|poost?master|mail[-_. ]?(?:delivery|er|administrator|system)|mmdf|uucp|smtp[-_]?(?:daemon|gateway)|mail\.delivery\.system|bounces?|no-?reply|noreply|mailadmin|administrator|system|amavis|virusalert|mdaemon|sysadmin|listserv|majordomo|.{1,60}-(?:admin|bounces?|owner)|owner-.{1,60})(?:[+@]|$)/i;
const SYSTEM_NAME =
  /mail(?:er)? ?(?:delivery|deliver|daemon)|mail.?daemon|delivery (?:system|subsystem|service)|system administrator|post ?master|interscan|notification/i;
const FAILURE =
  /undeliver|(?:delivery|mail|message|e-?mail|sending).{0,40}(?:fail|error|problem|status|notif|delay|could not|not delivered|returned|unsuccess|warning|undeliver|rejected|expired)|(?:fail|error|returned|bounced|non-?delivery|undelivered|delayed|warning|unable|problem|unknown user|rejected|could not).{0,40}(?:mail|deliver|message|sending|notice)|returned|failure notice|mail system error|permanent error|user unknown|loop alert|not delivered|nondeliverable|NDN:|NDR|DSN|unzustellbar|nicht zugestellt|non remis|échec|no entregado|mancata consegna|не доставлено|недоставлен|配信|配送|送信(?:エラー|できません|失敗)|届けられません|エラー|不達|returned to sender|aws notification|smtp server: errors from/i;

/** What notices say where their subject says nothing. */
const FAILURE_TEXT =
  /(?:not|n't) be delivered|undeliver|was not delivered|delivery (?:has )?failed|unable to deliver|error message below|did not reach|returned to (?:the )?sender|duplicated message-id/i;

/** Who writes, and what about: only then free text is read for failures. */
function looksLikeNotice(mail: Mail, from: string | null, subject: string, notice: string): boolean {
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
  if (FAILURE.test(subject)) return isDaemon || isNull || isAutoSubmitted(fields);
  return isDaemon && (isNull || FAILURE_TEXT.test(notice.slice(0, 4000)));
}

function recipientsOf(
  mail: Mail,
  report: DeliveryStatus,
  notice: string,
  copy: Fields | null,
  subject: string,
): ReportRecipient[] {
  const ours = sendersOf(mail.fields, copy);
  const wanted = new Set(report.recipients.map((row) => row.recipient?.toLowerCase()));
  const senders = new Set([...ours].filter((address) => !wanted.has(address)));
  let entries = readNotice(notice, senders);
  if (report.recipients.length > 0) {
    const single = report.recipients.length === 1;
    return report.recipients.map((row) => {
      const entry =
        entries.find((candidate) => candidate.recipient.toLowerCase() === row.recipient?.toLowerCase()) ??
        (single ? entries[0] : undefined);
      return judge({
        recipient: row.recipient ?? entry?.recipient ?? null,
        action: row.action === 'expired' ? 'failed' : row.action,
        status: row.status,
        diagnostic: row.diagnosticType === 'x-unix' ? `x-unix; ${row.diagnostic}` : row.diagnostic,
        entry: entry?.text ?? '',
        notice: single ? notice : '',
        hosts: `${row.remote} ${report.reporter ?? ''}`,
      });
    });
  }
  if (entries.length === 0)
    entries = mail.fields
      .all('x-failed-recipients')
      .flatMap((value) => othersIn(value, new Set()))
      .map((recipient) => ({ recipient, text: '' }));
  if (entries.length === 0) entries = readNotice(notice, new Set());
  return judgeEntries(entries, notice, subject);
}

/** Recipients that no form names. */
function guessed(mail: Mail, notice: string, copy: Fields | null, subject: string): ReportRecipient[] {
  return judgeEntries(guess(notice, sendersOf(mail.fields, copy), copy), notice, subject);
}

function judgeEntries(entries: NoticeEntry[], notice: string, subject: string): ReportRecipient[] {
  const action =
    /delay|warning/i.test(subject) && !/fail/i.test(subject) ? ('delayed' as const) : ('failed' as const);
  return entries.map((entry) =>
    judge({
      recipient: entry.recipient,
      action,
      status: '',
      diagnostic: '',
      entry: entry.text,
      notice: entries.length === 1 ? notice : '',
      hosts: '',
    }),
  );
}

/** The only foreign address of the notice, else the one to whom the returned copy went. */
function guess(notice: string, senders: ReadonlySet<string>, copy: Fields | null): NoticeEntry[] {
  const named = othersIn(notice, senders);
  if (named.length === 1) return [{ recipient: named[0]!, text: '' }];
  const to = ['x-original-to', 'delivered-to', 'to'].flatMap((name) => copy?.all(name) ?? []);
  const addressed = [...new Set(to.flatMap((value) => othersIn(value, senders)))];
  return addressed.length === 1 ? [{ recipient: addressed[0]!, text: '' }] : [];
}

function kindOf(recipients: ReportRecipient[]): ReportKind {
  if (recipients.some((row) => row.action === 'failed' || row.action === null)) return 'bounce';
  return recipients.some((row) => row.action === 'delayed') ? 'delayed' : 'delivered';
}
