/** RFC 5321 §4.5.3.1.5 allows 512 octets a line; what is longer than this in all is no reply. */
const MAX_REPLY = 65_536;

/** Puts the replies of a server together, however its octets come. */
export class ReplyReader {
  private rest = '';
  private lines: string[] = [];
  private size = 0;

  /**
   * @returns the replies that are complete now, lines separated by LF; null when the server sends something endless
   */
  feed(chunk: Buffer): string[] | null {
    const parts = (this.rest + chunk.toString('latin1')).split('\n');
    this.rest = parts.pop()!;
    const replies: string[] = [];
    for (const part of parts) {
      const line = part.replace(/\r$/, '');
      this.lines.push(line);
      this.size += line.length;
      // A hyphen after the code announces another line.
      if (/^\d{3}-/.test(line)) continue;
      replies.push(decoded(this.lines.join('\n')));
      this.lines = [];
      this.size = 0;
    }
    return this.size + this.rest.length > MAX_REPLY ? null : replies;
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** Replies are in UTF-8 if they are not in ASCII (RFC 6531 §3.7.4.1); whatever else some servers send stays Latin-1. */
function decoded(octets: string): string {
  if (!/[\u0080-\u00ff]/.test(octets)) return octets;
  try {
    return UTF8.decode(Buffer.from(octets, 'latin1'));
  } catch {
    return octets;
  }
}
