import { CLASS_SEVERITY, REASON_CLASS } from '../../../../shared/contracts';
import { firstAddress } from './address';
import { readFields, type Fields } from './fields';
import { textOf, type Mail } from './mime';
import type { ReportRecipient } from './types';

export interface Complaint {
  /** RFC 5965 §3.1 and §7.3, in lower case. */
  feedbackType: string;
  fields: Fields;
  recipients: ReportRecipient[];
}

/** Fields of RFC 5965 and of RFC 9477 that name who complained, the surest first. */
const RECIPIENT_FIELDS = ['original-rcpt-to', 'redacted-address', 'original-recipient'];
/** Fields of the returned copy that do. X-HmXmrOriginalRecipient: Outlook.com until June 2026. */
const COPY_FIELDS = ['x-hmxmroriginalrecipient', 'x-original-to', 'to', 'x-apparently-to'];

/** Reads a complaint: RFC 5965 (also RFC 9477), or Outlook.com's old form. Null for what is none. */
export function readComplaint(mail: Mail, copy: Fields | null): Complaint | null {
  const part =
    mail.parts.find((candidate) => candidate.type === 'message/feedback-report') ??
    (mail.params.get('report-type')?.toLowerCase() === 'feedback-report' || copy
      ? mail.parts.find(
          (candidate) =>
            candidate.type === 'text/plain' && /^feedback-type[ \t]{0,4}:/im.test(candidate.body),
        )
      : undefined);
  const fields = part
    ? readFields(textOf(part).replace(/^[\s\S]{0,4000}?(?=^[\w-]{1,40}:)/m, '')).fields
    : null;
  const feedbackType =
    fields?.get('feedback-type')?.trim().toLowerCase().split(/[\s;]/, 1)[0] ||
    (fields || isOldForm(mail) ? 'abuse' : null);
  if (!feedbackType) return null;
  return {
    feedbackType,
    fields: fields ?? readFields('').fields,
    recipients: [complainant(recipientOf(fields, copy ?? (fields ? null : mail.fields)))],
  };
}

/**
 * Outlook.com and Amazon SES wrote the copy alone, with nothing but a subject to tell what it is; some servers behind them hand
 * on our message itself, with the name of who complained in front.
 */
const isOldForm = (mail: Mail) =>
  (mail.fields.has('x-hmxmroriginalrecipient') &&
    /^staff@(?:hotmail|outlook)\.com$/i.test(firstAddress(mail.fields.get('return-path')) ?? '')) ||
  (/^complaint about message from /i.test(mail.fields.get('subject') ?? '') &&
    /^(?:staff@(?:hotmail|outlook)\.com|complaints@email-abuse\.amazonses\.com)$/i.test(
      firstAddress(mail.fields.get('from')) ?? '',
    ));

function recipientOf(fields: Fields | null, copy: Fields | null): string | null {
  for (const name of RECIPIENT_FIELDS) {
    for (const value of fields?.all(name) ?? []) {
      const address = firstAddress(value);
      if (address) return address;
    }
  }
  for (const name of COPY_FIELDS) {
    const address = firstAddress(copy?.get(name));
    if (address) return address;
  }
  return null;
}

/** One who does not want our mail: no failure of delivery. */
export function complainant(recipient: string | null): ReportRecipient {
  return {
    recipient,
    action: null,
    reason: 'feedback',
    class: REASON_CLASS.feedback,
    severity: 'none' satisfies (typeof CLASS_SEVERITY)[keyof typeof CLASS_SEVERITY] | 'none',
    hard: false,
    status: '',
    replyCode: '',
    text: '',
  };
}
