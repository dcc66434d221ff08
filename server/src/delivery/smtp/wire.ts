import type { OutgoingMessage } from '../types';

const END = Buffer.from('.\r\n');
const CRLF = Buffer.from('\r\n');
const DOT = Buffer.from('.');

/** A message as DATA carries it, RFC 5321 §4.5.2: dots at the start of lines doubled, and the final dot. */
export function dataOctets(raw: Buffer): Buffer {
  const parts: Buffer[] = [];
  let from = 0;
  if (raw[0] === 0x2e) parts.push(DOT);
  for (let at = raw.indexOf('\r\n.'); at >= 0; at = raw.indexOf('\r\n.', at + 2)) {
    parts.push(raw.subarray(from, at + 2), DOT);
    from = at + 2;
  }
  parts.push(raw.subarray(from));
  if (!raw.subarray(-2).equals(CRLF)) parts.push(CRLF);
  return Buffer.concat([...parts, END]);
}

/** What stands in front of a message that is one chunk, RFC 3030 §2; the message itself goes as it is. */
export const chunkCommand = (raw: Buffer): string => `BDAT ${raw.length} LAST\r\n`;

// eslint-disable-next-line no-control-regex
const isAscii = (text: string) => /^[\u0000-\u007f]*$/.test(text);

/** Whether the addresses of the envelope need SMTPUTF8 (RFC 6531): domains are A-labels already, so only a local part can. */
export const needsUtf8 = ({ envelope }: OutgoingMessage): boolean =>
  !isAscii(envelope.from) || !isAscii(envelope.to);

/** The MAIL command. Our messages are 7-bit, so that BODY is never said. */
export function mailCommand(message: OutgoingMessage, extensions: ReadonlySet<string>): string {
  const size = extensions.has('SIZE') ? ` SIZE=${message.raw.length}` : '';
  // A server that does not know it gets a header with such an address nevertheless: nearly all take it.
  const wantsUtf8 = needsUtf8(message) || message.utf8Header === true;
  const utf8 = wantsUtf8 && extensions.has('SMTPUTF8') ? ' SMTPUTF8' : '';
  return `MAIL FROM:<${message.envelope.from}>${size}${utf8}\r\n`;
}

export const rcptCommand = ({ envelope }: OutgoingMessage): string => `RCPT TO:<${envelope.to}>\r\n`;
