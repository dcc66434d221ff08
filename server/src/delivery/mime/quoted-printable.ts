/** Octets of a line at most: 76 with the `=` of a soft line break (RFC 2045 §6.7 rule 5). */
const LINE = 75;

const ENCODED = Array.from(
  { length: 256 },
  (_, octet) => `=${octet.toString(16).toUpperCase().padStart(2, '0')}`,
);

/** Stands for itself wherever it stands, but for a dot at the start of a line: most addresses do. */
const PLAIN = /^[!-<>-~]*$/;

/**
 * Text in quoted-printable, RFC 2045 §6.7. The result can stand behind any other piece that ended with `softBreak`: it
 * starts on a line of its own. It never needs a dot to be stuffed, is its own "relaxed" form for DKIM (no blanks in
 * runs or before a line's end), and has no line that begins with "From ".
 * @param text with CRLF line ends
 */
export function quotedPrintable(text: string): string {
  if (PLAIN.test(text)) return inLines(text);
  const octets = Buffer.from(text, 'utf8');
  const { length } = octets;
  let out = '';
  let line = '';
  for (let i = 0; i < length; i++) {
    const octet = octets[i]!;
    if (octet === 0x0d && octets[i + 1] === 0x0a) {
      out += `${line}\r\n`;
      line = '';
      i += 1;
      continue;
    }
    const next = isLiteral(octets, i, line) ? String.fromCharCode(octet) : ENCODED[octet]!;
    if (line.length + next.length > LINE) {
      out += `${line}=\r\n`;
      line = '';
      // At the start of a line other rules hold.
      i -= 1;
      continue;
    }
    line += next;
  }
  return out + line;
}

/** Of what is plain: only cut, which is many times faster than looking at each octet. */
function inLines(text: string): string {
  let out = '';
  let at = 0;
  while (at < text.length) {
    const isDot = text[at] === '.';
    const end = at + (isDot ? LINE - '=2E'.length + 1 : LINE);
    out += isDot ? `=2E${text.slice(at + 1, end)}` : text.slice(at, end);
    if (end < text.length) out += '=\r\n';
    at = end;
  }
  return out;
}

function isLiteral(octets: Buffer, i: number, line: string): boolean {
  const octet = octets[i]!;
  if (octet === 0x20) {
    const follows = octets[i + 1];
    // Before a line's end, at a piece's end or start, and behind another blank.
    return follows !== undefined && follows !== 0x0d && line !== '' && !line.endsWith(' ');
  }
  if (octet < 0x21 || octet > 0x7e || octet === 0x3d) return false;
  if (line !== '') return true;
  if (octet === 0x2e) return false;
  return !(octet === 0x46 && octets.toString('latin1', i, i + 5) === 'From ');
}

/** What stands between two pieces that were encoded apart; nothing where a line ends anyway. */
export const softBreak = (before: string): string =>
  before === '' || before.endsWith('\r\n') ? '' : '=\r\n';
