import { encodeWord } from 'nodemailer/lib/mime-funcs';
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
  return { name: name.toLowerCase(), text: octetsOf(foldedText(`${name}: ${value}`)) };
}

/** Each line but the first begins with a blank and goes on with a word: one of blanks alone could end the header. */
function foldedText(text: string): string {
  if (text.length <= LINE) return text;
  let out = '';
  let line = '';
  for (const part of text.split(/(?<! )(?= )/)) {
    if (line !== '' && line.length + part.length > LINE) {
      out += `${line}\r\n`;
      line = '';
    }
    line += part;
  }
  return out + line;
}

/** A character for each octet in UTF-8, as the message will be written. */
const octetsOf = (text: string): string =>
  /[\u0080-\uffff]/.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;

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

/** Can stand in a header as it is: ASCII that folds into short lines, and that no reader decodes. */
const isReadable = (text: string): boolean =>
  /^[\x20-\x7e]*$/.test(text) && !text.includes('=?') && !/ {300}|[^ ]{300}/.test(text);

/** Encoded words in whichever of the two encodings is shorter. */
function encoded(text: string): string {
  const ascii = text.match(/[\x20-\x7e]/g)?.length ?? 0;
  return encodeWord(text, ascii > text.length / 2 ? 'Q' : 'B', WORD);
}
