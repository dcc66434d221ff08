import { randomBytes } from 'node:crypto';
import type { FilledText } from '../../compose';
import type { RawField } from '../dkim/canon';
import { plain } from './header';
import { encodePart, type Encoding, type Piece } from './part';
import { takeRoom } from './rooms';

/** A message in the two pieces that a signature wants; together they are the message. */
export interface ComposedMail {
  fields: readonly RawField[];
  /** Its own "relaxed" form for DKIM. */
  body: Buffer;
  /** The octets that `body` is the end of, with HEAD free ones in front of it: the header is written there. */
  room: Buffer;
  /** Gives the memory back, for another mail. Neither this mail nor what was assembled of it may be read afterwards. */
  free: () => void;
}

/** Octets for a header. One that is longer costs a copy of the body. */
const HEAD = 4_096;

/** `=_` occurs in neither quoted-printable nor base64, so that no content can end a part (RFC 2045 §6.7 note). */
const BOUNDARY = `=_${randomBytes(12).toString('hex')}`;
const MIME_FIELDS = [
  plain('MIME-Version', '1.0'),
  plain('Content-Type', `multipart/alternative;\r\n boundary="${BOUNDARY}"`),
];

/**
 * Puts a mail of plain text and HTML together: 7-bit, in lines of at most 998 octets.
 * @param fields of the header, in their order, without those of MIME
 */
export function composeMail(fields: readonly RawField[], text: FilledText, html: FilledText): ComposedMail {
  const pieces: Piece[] = [];
  addPart('text/plain', text, pieces);
  addPart('text/html', html, pieces);
  pieces.push(END);
  let length = HEAD;
  for (const piece of pieces) length += piece.length;
  const { octets: room, free } = takeRoom(length);
  let at = HEAD;
  for (const piece of pieces) {
    if (typeof piece === 'string') room.write(piece, at, 'latin1');
    else room.set(piece, at);
    at += piece.length;
  }
  return { fields: [...fields, ...MIME_FIELDS], body: room.subarray(HEAD), room, free };
}

const END = `--${BOUNDARY}--\r\n`;

function addPart(type: string, filled: FilledText, pieces: Piece[]): void {
  const begin = pieces.push('') - 1;
  const encoding = encodePart(filled, pieces);
  pieces[begin] = partHeader(type, encoding);
}

const partHeader = (type: string, encoding: Encoding) =>
  `--${BOUNDARY}\r\nContent-Type: ${type}; charset=utf-8\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n`;

/** The message itself; once a mail. @param signatures fields with their CRLF, to stand in front */
export function assembled({ fields, body, room }: ComposedMail, signatures: string): Buffer {
  let head = signatures;
  for (const { text } of fields) head += `${text}\r\n`;
  head += '\r\n';
  if (head.length > HEAD) return Buffer.concat([Buffer.from(head, 'latin1'), body]);
  room.write(head, HEAD - head.length, 'latin1');
  return room.subarray(HEAD - head.length);
}

let dateSecond = 0;
let dateField: RawField;

/** RFC 5322 §3.3, in UTC; the same field for all messages of a second. */
export function dateNow(now = Date.now()): RawField {
  const second = Math.floor(now / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    dateField = plain('Date', new Date(now).toUTCString().replace('GMT', '+0000'));
  }
  return dateField;
}
