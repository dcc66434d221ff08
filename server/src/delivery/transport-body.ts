import { EventEmitter } from 'node:events';
import type { Transform } from 'node:stream';

/**
 * How far a message got: `waiting` for a connection, `envelope` (connected and logged in, MAIL to DATA under way),
 * `body` (the server said 354), `handed` (the final dot went to the socket: from here on nobody can say that the
 * message was not accepted).
 */
export type Progress = 'waiting' | 'envelope' | 'body' | 'handed';

/**
 * A message that can be sent once, in the shape in which nodemailer's SMTPConnection reads one. It is not a Readable:
 * a piped Readable ends when the next stage has buffered it, which for small messages is before a byte left the
 * process. This one watches what comes out of nodemailer's dot-stuffing stream, so that it knows exactly when the
 * final dot is given to the socket. And because it has no `readableDidRead`, nodemailer's pool never sends it again
 * by itself and passes on the reply with which a server closes a reused connection.
 */
export class MessageBody extends EventEmitter {
  progress: Progress = 'waiting';

  constructor(private readonly raw: Buffer) {
    super();
  }

  /** nodemailer asks for the stream when it has a connection that is logged in. */
  open(): this {
    this.progress = 'envelope';
    return this;
  }

  /** nodemailer calls this after the server's 354. */
  pipe(dotStuffing: Transform): Transform {
    this.progress = 'body';
    const total = wireLength(this.raw);
    let passed = 0;
    // Before nodemailer's own listener, which writes to the socket: the mark is set before the dot can leave.
    dotStuffing.prependListener('data', (chunk: Buffer) => {
      passed += chunk.length;
      if (passed >= total) this.progress = 'handed';
    });
    dotStuffing.write(this.raw);
    dotStuffing.end();
    return dotStuffing;
  }

  /** nodemailer calls this when it gives the message up; there is nothing to release. */
  destroy(): void {}
}

/**
 * Octets of a message on the wire, with stuffed dots and the final dot. A message with bare CR or LF grows further;
 * then the mark comes early and a lost connection counts as unknown: the safe side.
 */
function wireLength(raw: Buffer): number {
  let stuffed = raw[0] === 0x2e ? 1 : 0;
  for (let at = raw.indexOf('\r\n.'); at >= 0; at = raw.indexOf('\r\n.', at + 2)) stuffed += 1;
  const ending = raw.subarray(-2).equals(Buffer.from('\r\n')) ? 3 : 5;
  return raw.length + stuffed + ending;
}
