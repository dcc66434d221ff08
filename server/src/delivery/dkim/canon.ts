const SP = 0x20;
const TAB = 0x09;
const CR = 0x0d;
const LF = 0x0a;

/** One header field as it stands in the message, without the CRLF at its end. */
export interface RawField {
  /** In lower case. */
  readonly name: string;
  readonly text: string;
  /** Its "relaxed" form, once it was asked for: fields that all mails of a campaign share are asked for it often. */
  relaxed?: string;
}

/**
 * Splits a message with CRLF line ends at its first empty line.
 * @returns the header fields in their order, and the body; a message without an empty line has an empty body
 */
export function splitMessage(message: Buffer): { fields: RawField[]; body: Buffer } {
  const end = message.indexOf('\r\n\r\n');
  const head = message.toString('latin1', 0, end === -1 ? message.length : end);
  const fields = head
    .replace(/\r\n$/, '')
    .split(/\r\n(?![ \t])/)
    .filter((text) => text !== '')
    .map((text) => ({
      name: text
        .slice(0, Math.max(0, text.indexOf(':')))
        .trim()
        .toLowerCase(),
      text,
    }));
  return { fields, body: end === -1 ? Buffer.alloc(0) : message.subarray(end + 4) };
}

/** The "relaxed" form of a header field, RFC 6376 §3.4.2, without a CRLF at its end. Kept in the field. */
export const relaxedField = (field: RawField): string => (field.relaxed ??= relax(field));

function relax({ name, text }: RawField): string {
  const colon = text.indexOf(':');
  let value = text.slice(colon + 1);
  if (/[\r\t]| {2}/.test(value)) value = value.replace(/\r\n/g, '').replace(/[ \t]+/g, ' ');
  // Not `trim`, which takes 0xa0 away as well: the last octet of "à".
  const from = value.startsWith(' ') ? 1 : 0;
  return `${name}:${value.endsWith(' ') ? value.slice(from, -1) : value.slice(from)}`;
}

/**
 * The "relaxed" form of a body, RFC 6376 §3.4.4. Bodies that we encode ourselves mostly are in it already: those are
 * only looked through, by native searches.
 */
export function relaxedBody(body: Buffer): Buffer {
  const isPlain =
    !body.includes('  ') && !body.includes('\t') && !body.includes(' \r\n') && body.at(-1) !== SP;
  return endOnce(isPlain ? body : squeezed(body));
}

/** Runs of white space become one space, and those at the ends of lines vanish. */
function squeezed(body: Buffer): Buffer {
  const out = Buffer.allocUnsafe(body.length);
  let length = 0;
  let hasSpace = false;
  for (let i = 0; i < body.length; i++) {
    const octet = body[i]!;
    if (octet === SP || octet === TAB) {
      hasSpace = true;
      continue;
    }
    if (hasSpace && !(octet === CR && body[i + 1] === LF)) out[length++] = SP;
    hasSpace = false;
    out[length++] = octet;
  }
  return out.subarray(0, length);
}

/** Empty lines at the end go; a body that is not empty ends with one CRLF. */
function endOnce(body: Buffer): Buffer {
  let end = body.length;
  while (end >= 2 && body[end - 2] === CR && body[end - 1] === LF) end -= 2;
  if (end === 0) return Buffer.alloc(0);
  return end + 2 <= body.length
    ? body.subarray(0, end + 2)
    : Buffer.concat([body.subarray(0, end), Buffer.from('\r\n')]);
}
