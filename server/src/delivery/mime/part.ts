import type { FilledText } from '../../compose';
import { quotedPrintable, softBreak } from './quoted-printable';

export interface EncodedPart {
  encoding: 'quoted-printable' | 'base64';
  /** In lines of at most 76 characters with CRLF. */
  content: string;
}

/** What was made of the fixed texts of a shape. */
interface Fixed {
  encoding: EncodedPart['encoding'];
  /** Encoded, for quoted-printable. */
  pieces: string[];
  /** What stood in each place in the mail before: a preheader is mostly the same for everybody. */
  last: { value: string; encoded: string }[];
}

const kept = new WeakMap<readonly string[], Fixed>();

/**
 * Encodes a part of a mail. The fixed texts that a shape's recipients share are encoded once, what is one recipient's for
 * each. Mostly Latin text becomes quoted-printable, other scripts base64, which is shorter for them.
 */
export function encodePart({ fixed, values }: FilledText): EncodedPart {
  const shared = kept.get(fixed) ?? encodeFixed(fixed);
  if (shared.encoding === 'base64') {
    const text = crlf(values.reduce((all, value, i) => all + value + fixed[i + 1]!, fixed[0]!));
    return { encoding: 'base64', content: base64Lines(text) };
  }
  let content = '';
  let last = '';
  const add = (piece: string) => {
    if (piece === '') return;
    content += softBreak(last) + piece;
    last = piece;
  };
  for (let i = 0; i < shared.pieces.length; i++) {
    add(shared.pieces[i]!);
    const value = values[i];
    if (value) add(encodedValue(shared, i, value));
  }
  return { encoding: 'quoted-printable', content };
}

function encodedValue({ last }: Fixed, place: number, value: string): string {
  const before = last[place];
  if (before?.value === value) return before.encoded;
  const encoded = quotedPrintable(crlf(value));
  last[place] = { value, encoded };
  return encoded;
}

function encodeFixed(fixed: readonly string[]): Fixed {
  const all = fixed.join('');
  const octets = Buffer.byteLength(all);
  // Each octet outside ASCII takes three with quoted-printable; base64 takes four for three of whatever.
  const foreign = octets - asciiCount(all);
  const encoding = foreign * 2 > octets / 3 ? 'base64' : 'quoted-printable';
  const pieces = encoding === 'base64' ? [] : fixed.map((text) => quotedPrintable(crlf(text)));
  const made: Fixed = { encoding, pieces, last: [] };
  kept.set(fixed, made);
  return made;
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
