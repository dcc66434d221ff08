import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { Transform, type Duplex } from 'node:stream';
import { decodeStream } from 'iconv-lite';
import type { ImportEncoding } from '../../../../shared/contracts';

/** Bytes that are looked at to guess. */
const SAMPLE = 256 * 1024;

/**
 * The encoding of a text file: by its byte order mark, else UTF-16 by its zero bytes, else UTF-8 if the whole file is
 * valid UTF-8, else the likeliest of Shift_JIS, EUC-JP and Windows-1252.
 */
export async function detectEncoding(path: string): Promise<ImportEncoding> {
  const sample = await readStart(path, SAMPLE);
  const mark = byteOrderMark(sample) ?? zeroBytes(sample);
  if (mark) return mark;
  const at = await firstInvalidUtf8(path);
  if (at === null) return 'utf-8';
  // What is not ASCII may come late in a large file: the guess needs the bytes around it.
  const evidence = at < SAMPLE ? sample : await readStart(path, SAMPLE, at - 1024);
  if (isEucJp(evidence)) return 'euc-jp';
  return isShiftJis(evidence) ? 'shift_jis' : 'windows-1252';
}

/**
 * EUC-JP writes everything beyond ASCII in pairs of high bytes; in Latin letters a high byte mostly stands alone.
 * (General detectors want more text than a few names: they take short Japanese for Windows-1252.)
 */
function isEucJp(evidence: Buffer): boolean {
  const runs = evidence.toString('latin1').match(/[\x80-\xff]+/g) ?? [];
  // The last run may be cut in the middle of a pair.
  return runs.slice(0, -1).every(isPaired) && runs.some(isPaired);
}

const isPaired = (run: string) => /^(?:\x8f[\xa1-\xfe]{2}|\x8e[\xa1-\xdf]|[\xa1-\xfe]{2})+$/.test(run);

/**
 * Shift_JIS begins common characters with 0x81–0x9F, where Windows-1252 has rare signs; é and its like begin rare
 * characters in Shift_JIS, or are half-width katakana, which come in rows.
 */
function isShiftJis(evidence: Buffer): boolean {
  const text = evidence.toString('latin1');
  const characters = text.match(/[\x81-\x9f\xe0-\xfc][\x40-\x7e\x80-\xfc]|[\xa1-\xdf]+|[\x80-\xff]/g) ?? [];
  const common = characters.filter((one) => /^[\x81-\x9f]./.test(one) || /^[\xa1-\xdf]{2}/.test(one)).length;
  return common * 2 > characters.length;
}

function byteOrderMark(sample: Buffer): ImportEncoding | null {
  if (sample[0] === 0xef && sample[1] === 0xbb && sample[2] === 0xbf) return 'utf-8';
  if (sample[0] === 0xff && sample[1] === 0xfe) return 'utf-16le';
  if (sample[0] === 0xfe && sample[1] === 0xff) return 'utf-16be';
  return null;
}

/** ASCII in UTF-16 has a zero in every second byte; an address list is mostly ASCII. */
function zeroBytes(sample: Buffer): ImportEncoding | null {
  const zeros = [0, 0];
  for (let at = 0; at < sample.length; at++) if (sample[at] === 0) zeros[at % 2]! += 1;
  const most = sample.length * 0.2;
  if (zeros[1]! > most && zeros[1]! > 4 * zeros[0]!) return 'utf-16le';
  if (zeros[0]! > most && zeros[0]! > 4 * zeros[1]!) return 'utf-16be';
  return null;
}

/** Roughly where the file stops being UTF-8; null: nowhere. */
async function firstInvalidUtf8(path: string): Promise<number | null> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let at = 0;
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      decoder.decode(chunk, { stream: true });
      at += chunk.length;
    }
    decoder.decode();
    return null;
  } catch (error) {
    if (error instanceof TypeError) return at;
    throw error;
  }
}

async function readStart(path: string, length: number, from = 0): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, Math.max(0, from));
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Bytes → text without a byte order mark, whose line ends are all `\n`. What cannot be decoded becomes U+FFFD. */
export function textOf(encoding: ImportEncoding): [Duplex, Duplex] {
  const decoder = encoding === 'utf-8' ? utf8() : (decodeStream(encoding) as Duplex);
  return [decoder, unixLines()];
}

/** Node's own decoder is several times faster than iconv-lite's for what most files are. */
function utf8(): Transform {
  const decoder = new StringDecoder('utf8');
  let isFirst = true;
  const strip = (text: string) => {
    if (!isFirst || text === '') return text;
    isFirst = false;
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  };
  return new Transform({
    encoding: 'utf8',
    transform: (chunk: Buffer, _, done) => done(null, strip(decoder.write(chunk))),
    flush: (done) => done(null, strip(decoder.end())),
  });
}

/** One kind of line end, so that lines are counted as every editor counts them, inside quotes too. */
function unixLines(): Transform {
  let held = '';
  return new Transform({
    decodeStrings: false,
    encoding: 'utf8',
    transform(chunk: string | Buffer, _, done) {
      let text = held + chunk.toString();
      // A \r at the end may be the first half of \r\n.
      held = text.endsWith('\r') ? '\r' : '';
      if (held) text = text.slice(0, -1);
      done(null, text.replace(/\r\n?/g, '\n'));
    },
    flush: (done) => done(null, held ? '\n' : ''),
  });
}
