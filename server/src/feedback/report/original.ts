import { readFields, type Fields } from './fields';

/** Lines with which programs announce the copy of the message. Each is one line of the notice. */
const ANNOUNCEMENTS: readonly RegExp[] = [
  // qmail, Yahoo: "--- Below this line is a copy of the message."; Exim: "------ This is a copy of the message, …"
  /^[ \t]*-{2,}.{0,30}\bcopy of (?:the|your|this) (?:original )?(?:message|mail|e-?mail)/i,
  // Sendmail 5, Exim, Gmail, IMail: "----- Unsent message follows -----", "----- Original message -----"
  /^[ \t>|]*-{2,} {0,3}(?:start of |begin of |the |your )?(?:unsent|original|returned|undelivered|forwarded|enclosed|attached|message) (?:message|mail|e-?mail|text|headers?)/i,
  /^[ \t]*-{2,}.{0,20}(?:header|text|body)s? of (?:the |your )?(?:original )?(?:message|mail)/i,
  /^(?:the )?(?:original|returned|undelivered|unsent) (?:message|mail)(?: (?:text|headers?))?(?: (?:is |are )?(?:follows?|follow(?:ing)?|below|attached|included))?[.:]{0,3}$/i,
  /^(?:message|original) headers? follows?[.:]?$/i,
  /^original message (?:header|headers)[:.]?$/i,
  /^original (?:mail|message) (?:is )?as follows/i,
  /^(?:received message|your message|message) (?:follows|reads)[.:]?/i,
  // Exchange, Google Groups, SurfControl
  /^[ \t]*-{3,} {0,3}(?:begin|message header|original mail|forwarded)/i,
];

/** A first field of a copied message; others are too common in notices. */
const TRACE =
  /^(?:>? ?)(?:Received: ?(?:from|by|\(|with|pid)|Return-Path: ?[<\w]|X-?Received:|DKIM-Signature:|ARC-Seal:|Delivered-To:|Received:from)/i;
const FIELD =
  /^(?:date|from|to|cc|subject|message-id|mime-version|content-type|content-transfer-encoding|sender|reply-to|x-mailer|user-agent|x-[\w-]{1,40}|received|in-reply-to|references|thread-[\w]{1,20}|list-[\w-]{1,30}) ?:/i;
const MANY_FIELDS = 4;
/** Notices quote date, sender, recipient and subject, too. */
const TELLING = /^(?:message-id|mime-version|content-type|received|x-mailer|user-agent) ?:/i;

/**
 * Parts the text of a notice from the copy of the message behind it.
 * @param atOnce the text may be a copy from its first line on
 * @returns `copy` null where the text has none
 */
export function cutOriginal(text: string, atOnce = false): { notice: string; copy: Fields | null } {
  const lines = text.split('\n');
  if (atOnce && lines.slice(0, 2).every((line) => FIELD.test(line))) return cut(lines, 0, 0);
  let inRow = 0;
  let telling = false;
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index]!;
    if (line.length > 1000) continue;
    if (index > 0 && ANNOUNCEMENTS.some((pattern) => pattern.test(line))) return cut(lines, index, index + 1);
    telling = inRow > 0 && (telling || TELLING.test(line));
    inRow = FIELD.test(line) ? inRow + 1 : /^[ \t]/.test(line) && inRow > 0 ? inRow : 0;
    if ((index > 0 || atOnce) && TRACE.test(line)) return cut(lines, index, index);
    if (inRow >= MANY_FIELDS && (telling || TELLING.test(line)) && (atOnce || index + 1 > inRow))
      return cut(lines, index - inRow + 1, index - inRow + 1);
  }
  return { notice: text, copy: null };
}

function cut(lines: string[], noticeEnd: number, from: number) {
  let start = from;
  while (start < lines.length && !/^[!-9;-~]{1,76} ?:/.test(lines[start]!) && start < from + 12) start += 1;
  const block = lines.slice(start, start + 400).join('\n');
  const { fields } = readFields(block);
  return { notice: lines.slice(0, noticeEnd).join('\n'), copy: fields.size > 0 ? fields : null };
}
