/** Octets of a line: 76 characters (RFC 2045 §6.8). */
export const LINE = 57;

const CHARACTERS = (LINE / 3) * 4;

/**
 * Octets in base64, RFC 2045 §6.8, in lines that each end with CRLF. A line holds whole groups of three octets, so that
 * the result can stand in front of more, unless it ends with padding.
 */
export function base64(octets: Buffer, start: number, end: number): string {
  const encoded = octets.toString('base64', start, end);
  let out = '';
  for (let at = 0; at < encoded.length; at += CHARACTERS) out += `${encoded.slice(at, at + CHARACTERS)}\r\n`;
  return out;
}
