import type { FilledText } from '../../compose';
import { base64, LINE } from './base64';
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
type Fixed = QuotedPrintable | Base64;

interface QuotedPrintable {
  encoding: 'quoted-printable';
  pieces: Encoded<Buffer>[];
  /** What stood in each place in the mail before: a preheader is mostly the same for everybody. */
  before: { value: string; encoded: Encoded<string> }[];
}

interface Base64 {
  encoding: 'base64';
  texts: Base64Text[];
}

interface Base64Text {
  octets: Buffer;
  /** By how many octets at its start belong to the group of three that begins in front of it; made when first needed. */
  lines: Buffer[];
}

const kept = new WeakMap<readonly string[], Fixed>();

/**
 * Encodes a part of a mail in lines of at most 76 characters with CRLF, the one in front of a boundary included. The
 * fixed texts that a shape's recipients share are encoded once, what is one recipient's for each. Mostly Latin text
 * becomes quoted-printable, other scripts base64, which is shorter for them.
 * @param to takes the content in pieces: to join them in strings would cost more than all the rest
 * @returns the encoding
 */
export function encodePart({ fixed, values }: FilledText, to: Piece[]): Encoding {
  const shared = kept.get(fixed) ?? encodeFixed(fixed);
  if (shared.encoding === 'base64') addBase64(shared, values, to);
  else addQuotedPrintable(shared, values, to);
  return shared.encoding;
}

/**
 * Base64 has groups of three octets. Those of a long fixed text that lie in it as a whole are encoded once for each of
 * the three ways in which groups can begin in it; what stands between two long ones is encoded with the octets at their
 * ends that complete its groups.
 */
function addBase64({ texts }: Base64, values: readonly string[], to: Piece[]): void {
  const between = roomBetween(texts, values);
  let length = 0;
  for (let i = 0; i < texts.length; i++) {
    if (i > 0) length += between.write(crlf(values[i - 1]!), length, 'utf8');
    const { octets, lines } = texts[i]!;
    if (octets.length < LINE) {
      between.set(octets, length);
      length += octets.length;
      continue;
    }
    let start = 0;
    while (length % 3 > 0) between[length++] = octets[start++]!;
    if (length > 0) to.push(base64(between, 0, length));
    const isLast = i === texts.length - 1;
    const end = isLast ? octets.length : octets.length - ((octets.length - start) % 3);
    to.push((lines[start] ??= Buffer.from(base64(octets, start, end), 'latin1')));
    length = 0;
    for (let at = end; at < octets.length; at++) between[length++] = octets[at]!;
  }
  if (length > 0) to.push(base64(between, 0, length));
}

const BETWEEN = Buffer.allocUnsafeSlow(65_536);

/** Room for all values and short texts at once, at three octets for a UTF-16 unit. */
function roomBetween(texts: readonly Base64Text[], values: readonly string[]): Buffer {
  let length = texts.length * LINE;
  for (const value of values) length += value.length * 3;
  return length <= BETWEEN.length ? BETWEEN : Buffer.allocUnsafe(length);
}

function addQuotedPrintable(shared: QuotedPrintable, values: readonly string[], to: Piece[]): void {
  let last: Encoded<Piece> | null = null;
  for (let i = 0; i < shared.pieces.length; i++) {
    const piece = shared.pieces[i]!;
    if (piece.last.length > 0) to.push((last = piece).open);
    const value = values[i];
    if (value) to.push((last = encodedValue(shared, i, value)).open);
  }
  if (last) to[to.length - 1] = last.last;
  to.push('\r\n');
}

function encodedValue({ before }: QuotedPrintable, place: number, value: string): Encoded<string> {
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
  const made: Fixed =
    foreign * 2 > octets / 3
      ? { encoding: 'base64', texts: fixed.map((text) => ({ octets: Buffer.from(crlf(text)), lines: [] })) }
      : { encoding: 'quoted-printable', pieces: fixed.map(encodedPiece), before: [] };
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

/** Text in its canonical form (RFC 2046 §4.1.1), which no encoding changes any more. */
const crlf = (text: string): string => (/[\r\n]/.test(text) ? text.replace(/\r\n|\r|\n/g, '\r\n') : text);
