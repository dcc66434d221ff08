import { decodeCharset, fromBase64, fromQuoted } from './charset';
import { readFields, readParameters, type Fields } from './fields';
import { htmlToText } from './html';

/** What is read of a mail at most: the report stands at its beginning, the copy of the message behind it. */
export const MAX_OCTETS = 1024 * 1024;
const MAX_DEPTH = 8;
const MAX_PARTS = 60;
/** Decoded text of one part. */
const MAX_TEXT = 128 * 1024;

/** A part that is not a multipart. The body stays encoded until `textOf`. */
export interface Part {
  type: string;
  params: Map<string, string>;
  fields: Fields;
  /** Octets, one a character, line ends LF. */
  body: string;
  /** Inside a multipart/alternative: the same as another part. */
  alternative: boolean;
}

export interface Mail {
  fields: Fields;
  type: string;
  params: Map<string, string>;
  /** In order; a message/rfc822 is one part and not looked into. */
  parts: Part[];
}

/**
 * Takes a mail apart. Tolerant (missing boundaries, broken fields) and bounded: the first `MAX_OCTETS`, eight levels, sixty
 * parts; each level scans its text once.
 */
export function readMail(raw: Buffer): Mail {
  let text = raw.subarray(0, MAX_OCTETS).toString('latin1').replace(/\r\n?/g, '\n').replaceAll('\0', '');
  // mbox's separator, and empty lines that some programs put in front
  text = text.replace(/^(?:[ \t]{0,1000}\n){1,20}/, '').replace(/^>?From [^\n]*\n/, '');
  const { fields, end } = readFields(text);
  const { value, params } = readParameters(fields.get('content-type'));
  const parts: Part[] = [];
  walk(fields, text.slice(end), 0, false, parts);
  return { fields, type: value, params, parts };
}

function walk(fields: Fields, body: string, depth: number, alternative: boolean, parts: Part[]): void {
  if (parts.length >= MAX_PARTS) return;
  const { value, params } = readParameters(fields.get('content-type'));
  const type = value || 'text/plain';
  const boundary = params.get('boundary');
  const pieces =
    type.startsWith('multipart/') && boundary && depth < MAX_DEPTH ? split(body, boundary) : null;
  if (!pieces) {
    parts.push({
      type: type.startsWith('multipart/') ? 'text/plain' : type,
      params,
      fields,
      body,
      alternative,
    });
    return;
  }
  const within = alternative || type === 'multipart/alternative';
  for (const piece of pieces) {
    const inner = readFields(piece);
    walk(inner.fields, piece.slice(inner.end), depth + 1, within, parts);
  }
}

/** The pieces between the boundary lines; null when there is none. The last one may lack its end. */
function split(body: string, boundary: string): string[] | null {
  const mark = `--${boundary.trimEnd()}`;
  const pieces: string[] = [];
  let start = -1;
  for (let at = nextMark(body, mark, 0); at >= 0; at = nextMark(body, mark, at + mark.length)) {
    if (start >= 0) pieces.push(body.slice(start, Math.max(start, at - 1)));
    const lineEnd = body.indexOf('\n', at);
    if (lineEnd < 0 || body.startsWith('--', at + mark.length) || pieces.length >= MAX_PARTS) return pieces;
    start = lineEnd + 1;
  }
  if (start < 0) return null;
  pieces.push(body.slice(start));
  return pieces;
}

/** Where the next boundary line begins. One boundary may be the beginning of another one. */
function nextMark(body: string, mark: string, from: number): number {
  for (let at = body.indexOf(mark, from); at >= 0; at = body.indexOf(mark, at + mark.length)) {
    const after = body[at + mark.length];
    if ((at === 0 || body[at - 1] === '\n') && (after === undefined || /[\s-]/.test(after))) return at;
  }
  return -1;
}

/** The text of a part, decoded, without markup, at most 128 Ki characters. */
export function textOf(part: Part): string {
  const encoding = (part.fields.get('content-transfer-encoding') ?? '').trim().toLowerCase();
  let octets = part.body;
  // four octets of base64 make three, three of quoted-printable at least one
  if (encoding === 'base64') octets = fromBase64(octets.slice(0, MAX_TEXT * 2));
  else if (encoding === 'quoted-printable') octets = fromQuoted(octets.slice(0, MAX_TEXT * 3));
  const text = decodeCharset(octets.slice(0, MAX_TEXT), part.params.get('charset'));
  const plain = part.type === 'text/html' ? htmlToText(text) : text;
  // base64 texts have line ends of their own
  return plain.replace(/\r\n?/g, '\n').replaceAll('\0', '');
}
