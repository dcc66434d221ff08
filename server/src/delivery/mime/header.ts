import { encodeWord, foldLines } from 'nodemailer/lib/mime-funcs';
import type { RawField } from '../dkim/canon';

/** Longest payload of an encoded word; with its frame it stays below the 75 characters of RFC 2047 §2. */
const WORD = 52;

/** Characters of a line that can be folded. */
const LINE = 76;

/** A field with a text that people read; one line, which is folded. */
export const textField = (name: string, text: string): RawField =>
  folded(name, isReadable(text) ? text : encoded(text));

/** A field as it is, folded at its blanks. An address that needs SMTPUTF8 stands in it in UTF-8 (RFC 6532 §3.2). */
export function folded(name: string, value: string): RawField {
  const text = `${name}: ${value}`;
  return {
    name: name.toLowerCase(),
    text: /[\u0080-\uffff]/.test(text) ? foldedOctets(text) : foldLines(text, LINE),
  };
}

/** A character for each octet in UTF-8, as the message will be written; a long one is folded at all of its blanks. */
function foldedOctets(text: string): string {
  const octets = Buffer.from(text, 'utf8').toString('latin1');
  return octets.length <= LINE ? octets : octets.replace(/(?<!:) +/g, '\r\n$&');
}

/** A field as it is, in one line. */
export const plain = (name: string, value: string): RawField => ({
  name: name.toLowerCase(),
  text: `${name}: ${value}`,
});

/** A mailbox: `"Name" <address>`, or the address alone (RFC 5322 §3.4). */
export const mailbox = (name: string, address: string): string =>
  name === '' ? address : `${phrase(name)} <${address}>`;

/** A display name: atoms as they are, else a quoted string, else encoded words. */
export function phrase(name: string): string {
  if (!isReadable(name)) return encoded(name);
  if (/^[\w ']*$/.test(name)) return name;
  return `"${name.replace(/["\\]/g, '\\$&')}"`;
}

/** Stands in a header as it is: ASCII that folds into short lines, none of blanks alone, and that no reader decodes. */
const isReadable = (text: string): boolean =>
  /^[\x20-\x7e]*$/.test(text) && !text.includes('=?') && !/ {60}|[^ ]{300}/.test(text);

/** Encoded words in whichever of the two encodings is shorter. */
function encoded(text: string): string {
  const ascii = text.match(/[\x20-\x7e]/g)?.length ?? 0;
  return encodeWord(text, ascii > text.length / 2 ? 'Q' : 'B', WORD);
}
