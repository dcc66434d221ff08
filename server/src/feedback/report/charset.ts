import { TextDecoder } from 'node:util';

const MAX_WORDS = 200;
/** RFC 2047 §2. Every part is bounded or cannot overlap its neighbour: linear. */
const WORD = /=\?([^\s?*]{1,40})(?:\*[^\s?]{0,20})?\?([bq])\?([^\s?]*)\?=/gi;

/**
 * Octets (one a character, "latin1") to text. Labels that nobody knows, and octets that do not fit theirs, become something
 * readable: a report is not lost over an accent.
 */
export function decodeCharset(octets: string, charset: string | undefined): string {
  const label = charset?.trim().toLowerCase();
  // eslint-disable-next-line no-control-regex
  if (!/[\u0080-\u00ff\u001b]/.test(octets) && !label?.startsWith('utf-16')) return octets;
  const bytes = Buffer.from(octets, 'latin1');
  const declared = label && label !== 'us-ascii' ? decoder(label) : null;
  return (declared ?? utf8OrLatin1(bytes)).decode(bytes);
}

/** Decodes the encoded words of a header value. Neighbours of one charset are joined first: some split a character. */
export function decodeWords(value: string): string {
  if (!value.includes('=?')) return decodeCharset(value, undefined);
  const pieces: { charset: string | undefined; octets: string }[] = [];
  let end = 0;
  for (const match of value.matchAll(WORD)) {
    if (pieces.length >= MAX_WORDS) break;
    const [whole, charset, encoding, text] = match as unknown as [string, string, string, string];
    const octets = encoding.toLowerCase() === 'b' ? fromBase64(text) : fromQuoted(text.replaceAll('_', ' '));
    const between = value.slice(end, match.index);
    const last = pieces.at(-1);
    const isNext = last !== undefined && between.trim() === '';
    if (isNext && last.charset === charset) last.octets += octets;
    else {
      if (!isNext && between !== '') pieces.push({ charset: undefined, octets: between });
      pieces.push({ charset, octets });
    }
    end = match.index + whole.length;
  }
  pieces.push({ charset: undefined, octets: value.slice(end) });
  return pieces.map(({ charset, octets }) => decodeCharset(octets, charset)).join('');
}

export const fromBase64 = (text: string) => Buffer.from(text, 'base64').toString('latin1');

/** Quoted-printable octets; soft line ends are taken out by the caller's text being whole. */
export const fromQuoted = (text: string) =>
  text
    .replace(/=[ \t]{0,100}\n/g, '')
    .replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));

function decoder(label: string): TextDecoder | null {
  try {
    return new TextDecoder(label);
  } catch {
    return null;
  }
}

function utf8OrLatin1(bytes: Buffer): TextDecoder {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return new TextDecoder('utf-8');
  } catch {
    return new TextDecoder('windows-1252');
  }
}
