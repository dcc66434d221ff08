import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { corpusMails } from './corpus';

const RECORDED = path.resolve(import.meta.dirname, '../../fixtures/bounces');

/** Mails to begin with: reports of real mail servers, and the collection where it lies beside the project. */
export const seeds = (): Buffer[] => [
  ...readdirSync(RECORDED).map((file) => readFileSync(path.join(RECORDED, file))),
  ...corpusMails(),
];

const CHUNKS: readonly (() => string)[] = [
  () => '\0\0\0',
  () => '\r',
  () => '\r\n\r\n',
  () => '\n--b\nContent-Type: multipart/mixed; boundary="b"\n\n',
  () =>
    'Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@b\nAction: failed\nStatus: 5.1.1\n\n',
  () => 'Content-Transfer-Encoding: base64\n',
  () => 'Content-Transfer-Encoding: quoted-printable\n',
  () => 'Content-Type: text/plain; charset=x-no-such\n',
  () => 'Content-Type: text/html; charset=utf-16le\n',
  () => 'Content-Type: text/plain; charset=iso-2022-jp\n\n\x1b$B',
  () => `Subject: ${'=?utf-8?B?44GC?= '.repeat(60)}\n`,
  () => `X-${'a'.repeat(5000)}: ${'b'.repeat(5000)}\n`,
  () => `${'Final-Recipient: rfc822; a@b\n'.repeat(60)}`,
  () => `${'<a@b>: 550 5.1.1 user unknown\n'.repeat(60)}`,
  () => 'x'.repeat(20_000),
  () => '('.repeat(2000),
  () => '<'.repeat(2000),
  () => '@'.repeat(2000),
  () => ' '.repeat(5000),
  () => '\n'.repeat(3000),
  () => 'a@'.repeat(2000),
  () => '550 5.1.1 '.repeat(400),
  () => `${'>>> RCPT TO:<a@b>\n<<< 550 no\n'.repeat(100)}`,
  () => '\ud83d\ude00'.repeat(200),
];

/** One change to a mail, by numbers of 0 to 1. */
type Change = { kind: number; at: number; length: number; what: number };

const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.nat(6),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.double({ min: 0, max: 1, noNaN: true }),
  what: fc.nat(1000),
});

/** A seed, changed in up to eight places: cut, doubled, mixed with others, with hostile pieces in it. */
export function hostileMails(from: readonly Buffer[]): fc.Arbitrary<Buffer> {
  return fc
    .tuple(fc.nat(from.length - 1), fc.array(change, { minLength: 1, maxLength: 8 }))
    .map(([seed, changes]) => changes.reduce((mail, one) => apply(mail, one, from), from[seed]!));
}

const MAX = 256 * 1024;

function apply(mail: Buffer, { kind, at, length, what }: Change, from: readonly Buffer[]): Buffer {
  const start = Math.floor(at * mail.length);
  const end = Math.min(mail.length, start + Math.floor(length * Math.min(mail.length, 4000)));
  const [before, slice, after] = [mail.subarray(0, start), mail.subarray(start, end), mail.subarray(end)];
  switch (kind) {
    case 0: // lost
      return Buffer.concat([before, after]);
    case 1: // cut
      return before.length > 0 ? before : mail;
    case 2: // again and again
      return Buffer.concat([before, ...Array<Buffer>((what % 20) + 1).fill(slice), after]).subarray(0, MAX);
    case 3: {
      // one octet after another
      const copy = Buffer.from(mail);
      for (let index = start; index < end; index += (what % 97) + 1)
        copy[index] = (copy[index]! + what) & 0xff;
      return copy;
    }
    case 4: {
      // a piece of another one
      const other = from[what % from.length]!;
      const cut = Math.floor(length * other.length);
      return Buffer.concat([before, other.subarray(cut, cut + 8000), after]).subarray(0, MAX);
    }
    default:
      return Buffer.concat([before, Buffer.from(CHUNKS[what % CHUNKS.length]!()), after]).subarray(0, MAX);
  }
}
