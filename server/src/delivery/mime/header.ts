import { encodeWord, foldLines } from 'nodemailer/lib/mime-funcs';
import type { RawField } from '../dkim/canon';

/** Longest payload of an encoded word; with its frame it stays below the 75 characters of RFC 2047 §2. */
const WORD = 52;

/** A field with a text that people read; one line, which is folded. */
export const textField = (name: string, text: string): RawField =>
  folded(name, /^[\x20-\x7e]*$/.test(text) && !looksEncoded(text) ? text : encoded(text));

/** A field as it is, folded at its blanks. */
export function folded(name: string, value: string): RawField {
  return { name: name.toLowerCase(), text: foldLines(`${name}: ${value}`, 76) };
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
  if (/^[\w ']*$/.test(name)) return name;
  if (/^[\x20-\x7e]*$/.test(name) && !looksEncoded(name)) return `"${name.replace(/["\\]/g, '\\$&')}"`;
  return encoded(name);
}

/** What a reader would decode although nobody encoded it. */
const looksEncoded = (text: string): boolean => text.includes('=?');

/** Encoded words in whichever of the two encodings is shorter. */
function encoded(text: string): string {
  const ascii = text.match(/[\x20-\x7e]/g)?.length ?? 0;
  return encodeWord(text, ascii > text.length / 2 ? 'Q' : 'B', WORD);
}
