import { withoutAddresses } from '../act/words';
import { readMail, textOf, type Part } from '../report/mime';

/** Characters that are kept of a report: what a person needs to see why an address was suppressed. */
const KEPT = 4_000;
/** Characters that are looked at before they are made shorter by leaving data out. */
const LOOKED_AT = 16_000;
/** Fields that say what the mail is, without saying to whom or from whom. */
const SHOWN = ['date', 'subject', 'content-type', 'auto-submitted', 'precedence'];
/** The copy of our mail, and what is not the reporter's words. */
const LEFT_OUT = /^(message\/(rfc822|global)$|text\/rfc822-headers|image\/|audio\/|video\/|application\/)/;

/**
 * The reporter's own words, without personal data: no copy of our mail, no local parts of addresses, no marks of ours. At
 * most 4,000 characters.
 * @param addresses that the report is about: their local parts are left out wherever they stand
 */
export function evidenceOf(raw: Buffer, addresses: readonly (string | null)[] = []): string {
  const mail = readMail(raw);
  const head = SHOWN.flatMap((name) => {
    const value = mail.fields.get(name);
    return value === undefined ? [] : [`${name}: ${value}`];
  });
  let words = head.join('\n');
  for (const part of mail.parts) {
    if (words.length >= LOOKED_AT) break;
    if (!LEFT_OUT.test(part.type) && !part.alternative) words += `\n\n${show(part)}`;
  }
  return redact(wholeLines(words, LOOKED_AT), addresses)
    .replace(/\n{3,}/g, '\n\n')
    .trim()
    .slice(0, KEPT);
}

function show(part: Part): string {
  const text = textOf(part).slice(0, LOOKED_AT);
  // Reports in plain text quote our mail behind a line such as "------ This is a copy of the message".
  const copy = /^.*(original message|copy of (the|your) message|included headers|below this line).*$/im.exec(
    text,
  );
  return copy ? text.slice(0, copy.index + copy[0].length) : text;
}

/** No half line: the end of one could be half an address. */
const wholeLines = (text: string, length: number) =>
  text.length <= length ? text : text.slice(0, text.lastIndexOf('\n', length) + 1);

/** Our mail's own fields, and the names that the report is about, wherever they stand. */
function redact(text: string, addresses: readonly (string | null)[]): string {
  let out = withoutAddresses(text).replace(
    /^((?:from|to|cc|reply-to|return-path|message-id|list-unsubscribe)\s*:).*$/gim,
    '$1 …',
  );
  for (const address of addresses) {
    const local = address?.slice(0, address.lastIndexOf('@')) ?? '';
    if (local.length > 2) out = out.replaceAll(local, '…');
  }
  return out;
}
