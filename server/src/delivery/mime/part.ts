import type { FilledText } from '../../compose';
import { quotedPrintable, softBreak } from './quoted-printable';

export type Encoding = 'quoted-printable' | 'base64';

/** Encoded text, ready to be written: what many mails share as octets, what is one mail's as a string. */
export type Piece = string | Buffer;

interface Encoded<P extends Piece> {
  /** As the last thing of a part. */
  last: P;
  /** With the soft line break that must stand in front of anything else; the same where a line ends anyway. */
  open: P;
}

/** What was made of the fixed texts of a shape. */
interface Fixed {
  encoding: Encoding;
  /** For quoted-printable. */
  pieces: Encoded<Buffer>[];
  /** What stood in each place in the mail before: a preheader is mostly the same for everybody. */
  before: { value: string; encoded: Encoded<string> }[];
}

const kept = new WeakMap<readonly string[], Fixed>();

/**
 * Encodes a part of a mail in lines of at most 76 characters with CRLF. The fixed texts that a shape's recipients share
 * are encoded once, what is one recipient's for each. Mostly Latin text becomes quoted-printable, other scripts base64,
 * which is shorter for them.
 * @param to takes the content in pieces: to join them in strings would cost more than all the rest
 * @returns the encoding
 */
export function encodePart({ fixed, values }: FilledText, to: Piece[]): Encoding {
  const shared = kept.get(fixed) ?? encodeFixed(fixed);
  if (shared.encoding === 'base64') {
    const text = crlf(values.reduce((all, value, i) => all + value + fixed[i + 1]!, fixed[0]!));
    to.push(base64Lines(text));
    return shared.encoding;
  }
  let last: Encoded<Piece> | null = null;
  for (let i = 0; i < shared.pieces.length; i++) {
    const piece = shared.pieces[i]!;
    if (piece.last.length > 0) to.push((last = piece).open);
    const value = values[i];
    if (value) to.push((last = encodedValue(shared, i, value)).open);
  }
  if (last) to[to.length - 1] = last.last;
  return shared.encoding;
}

function encodedValue({ before }: Fixed, place: number, value: string): Encoded<string> {
  const known = before[place];
  if (known?.value === value) return known.encoded;
  const last = quotedPrintable(crlf(value));
  const encoded = { last, open: last + softBreak(last) };
  before[place] = { value, encoded };
  return encoded;
}

function encodeFixed(fixed: readonly string[]): Fixed {
  const all = fixed.join('');
  const octets = Buffer.byteLength(all);
  // Each octet outside ASCII takes three with quoted-printable; base64 takes four for three of whatever.
  const foreign = octets - asciiCount(all);
  const encoding = foreign * 2 > octets / 3 ? 'base64' : 'quoted-printable';
  const pieces = encoding === 'base64' ? [] : fixed.map(encodedPiece);
  const made: Fixed = { encoding, pieces, before: [] };
  kept.set(fixed, made);
  return made;
}

function encodedPiece(text: string): Encoded<Buffer> {
  const last = quotedPrintable(crlf(text));
  return { last: Buffer.from(last, 'latin1'), open: Buffer.from(last + softBreak(last), 'latin1') };
}

function asciiCount(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 128) count += 1;
  return count;
}

function base64Lines(text: string): string {
  const encoded = Buffer.from(text, 'utf8').toString('base64');
  let content = '';
  for (let at = 0; at < encoded.length; at += 76)
    content += at === 0 ? encoded.slice(0, 76) : `\r\n${encoded.slice(at, at + 76)}`;
  return content;
}

/** Text in its canonical form (RFC 2046 §4.1.1), which no encoding changes any more. */
const crlf = (text: string): string => (/[\r\n]/.test(text) ? text.replace(/\r\n|\r|\n/g, '\r\n') : text);
