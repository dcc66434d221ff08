import { domainOf, firstAddress } from './address';
import { autoReplier, isAutoReply, isAutoSubmitted } from './auto';
import { complainant, readComplaint } from './complaint';
import { hasStatusFields, readDeliveryStatus, type DeliveryStatus } from './dsn';
import { readFields, type Fields } from './fields';
import { looksLikeNotice } from './looks';
import { marksOf } from './marks';
import { readMail, textOf, type Mail, type Part } from './mime';
import { cutOriginal } from './original';
import { guessed, recipientsOf } from './recipients';
import { readSesNotification } from './ses';
import { isUnsubscribe } from './unsubscribe';
import type { OurMarks, ParsedReport, ReportKind, ReportRecipient } from './types';

/**
 * Reads a mail that came back. Never throws for what a mail contains; time and memory are bounded (`mime.ts`): the first
 * mebibyte counts.
 * @param raw the mail as received, line ends CRLF or LF, an mbox "From " line allowed
 * @returns what it says. Nothing of it is verified: who may be believed is decided by marks with a signature of ours.
 */
export async function parseReport(raw: Buffer): Promise<ParsedReport> {
  return read(readMail(raw), 0);
}

/** What a scanner of the reporter's writes below each mail: its "virus" is no reason. */
const SCANNER =
  /^[_*=-]{5,200}[^\n]{0,100}\b(?:nod32|eset|avast|avg|anti-?virus)\b[^\n]*(?:\n[^\n]*){0,6}$|^[^\n]{0,60}\b(?:scanned|checked|analizado|analys[eé]|gepr[uü]ft)[^\n]{0,80}\b(?:nod32|eset|avast|avg|virus|viruses|anti-?virus|mailscanner)\b[^\n]{0,100}$/gim;

/** A report inside a report: a gateway sent it on. */
const MAX_NESTED = 1;
const MAX_RECIPIENTS = 200;

function read(mail: Mail, depth: number): ParsedReport {
  const { fields } = mail;
  const { notice, copy, status, inText } = partsOf(mail);
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
  if (isUnsubscribe(fields, subject, notice))
    return done('unsubscribe', [complainant(from)], { feedbackType: 'opt-out' });

  const isNotice = looksLikeNotice(mail, from, subject, notice);
  // fields in the text of somebody who writes to us are a quotation
  const report = ses?.status ?? (inText && !isNotice ? { reporter: null, recipients: [] } : status);
  if (report.recipients.length > 0 || isNotice) {
    const told = recipientsOf(mail, report, notice, copy, subject);
    const inner = told.length === 0 && depth < MAX_NESTED ? nested(mail) : null;
    const deeper = inner && read(inner, depth + 1);
    if (deeper && ['bounce', 'delayed', 'delivered'].includes(deeper.kind))
      return sentOn(deeper, done(deeper.kind, []));
    const recipients = told.length > 0 ? told : guessed(mail, notice, copy, subject);
    if (recipients.length > 0) return done(kindOf(recipients), recipients, { reporter: report.reporter });
  }
  if (isAutoReply(fields, mail.type, mail.params.get('report-type')?.toLowerCase() ?? '', notice))
    return done('auto-reply', [autoReplier(fields, notice)]);
  return done('other', []);
}

/** What people or programs wrote, the copy of our message, and the fields of RFC 3464. */
function partsOf(mail: Mail): {
  notice: string;
  copy: Fields | null;
  status: DeliveryStatus;
  inText: boolean;
} {
  const status: DeliveryStatus = { reporter: null, recipients: [] };
  const texts: string[] = [];
  let copy: Fields | null = null;
  let inText = false;
  const add = (text: string) => {
    const found = readDeliveryStatus(text);
    status.reporter ??= found.reporter;
    status.recipients.push(...found.recipients.slice(0, MAX_RECIPIENTS - status.recipients.length));
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
      if (status.recipients.length === 0 && hasStatusFields(text)) {
        add(text);
        inText = true;
      }
      texts.push(cut.notice.replace(SCANNER, ''));
    }
  }
  return { notice: texts.join('\n').slice(0, 64 * 1024), copy, status, inText };
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

/** What the inner report says, in the mail that brought it: loops are seen and marks may be in either. */
function sentOn(inner: ParsedReport, outer: ParsedReport): ParsedReport {
  const both = (name: keyof OurMarks) => [...new Set([...inner.ours[name], ...outer.ours[name]])];
  return {
    ...inner,
    subject: outer.subject,
    from: outer.from,
    ours: {
      addresses: both('addresses'),
      messageIds: both('messageIds'),
      listUnsubscribe: both('listUnsubscribe'),
      feedbackIds: both('feedbackIds'),
    },
    autoSubmitted: outer.autoSubmitted,
    received: Math.max(inner.received, outer.received),
  };
}

function kindOf(recipients: ReportRecipient[]): ReportKind {
  if (recipients.some((row) => row.action === 'failed' || row.action === null)) return 'bounce';
  return recipients.some((row) => row.action === 'delayed') ? 'delayed' : 'delivered';
}
