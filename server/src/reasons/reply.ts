const MAX_TEXT = 500;
const LINE = /^(\d{3})(?:[ -]|$)/;
/** RFC 3463 §2; a server may put it in front of each line (RFC 2034). */
const ENHANCED = /^([245]\.\d{1,3}\.\d{1,3})(?:\s|$)/;

/** A mail server's reply, taken apart. */
export interface Reply {
  code: number;
  /** RFC 3463 enhanced status such as 5.1.1, when the server gave one. */
  status: string | null;
  /** Text of the reply without code and status, one line, at most 500 characters. */
  text: string;
}

/**
 * Reads a reply of a mail server, of one line or several.
 * @param response complete reply, lines separated by LF or CRLF
 * @returns null when it does not start with a three-digit code: not SMTP
 */
export function readReply(response: string): Reply | null {
  const lines = response.split(/\r?\n/).filter((line) => line.trim() !== '');
  const code = lines[0]?.match(LINE)?.[1];
  if (!code) return null;
  let status: string | null = null;
  const texts = lines.map((line) => {
    const rest = line.replace(LINE, '').trim();
    const found = ENHANCED.exec(rest)?.[1];
    if (!found) return rest;
    status ??= found;
    return rest.slice(found.length).trim();
  });
  return { code: Number(code), status, text: oneLine(texts.join(' ')) };
}

/** A text for a table cell: one line without control characters, at most 500 characters, never half a character. */
export function oneLine(text: string): string {
  const clean = text
    // eslint-disable-next-line no-control-regex
    .replace(/[\u0000-\u001f\u007f-\u009f\s]+/g, ' ')
    .trim();
  return clean.length <= MAX_TEXT ? clean : clean.slice(0, MAX_TEXT).replace(/[\ud800-\udbff]$/, '');
}
