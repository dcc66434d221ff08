import { createHash, sign as cryptoSign, type KeyObject } from 'node:crypto';
import { relaxedBody, relaxedField, splitMessage, type RawField } from './canon';

export interface DkimKey {
  /** RFC 6376, or RFC 8463. */
  algorithm: 'rsa-sha256' | 'ed25519-sha256';
  domain: string;
  selector: string;
  key: KeyObject;
}

/** What a signature covers, as often as it is there. RFC 8058 §4 demands both List-Unsubscribe fields. */
const SIGNED = [
  'From',
  'Reply-To',
  'To',
  'Subject',
  'Date',
  'Message-ID',
  'MIME-Version',
  'Content-Type',
  'Content-Transfer-Encoding',
  'List-Unsubscribe',
  'List-Unsubscribe-Post',
  'List-Id',
  'Feedback-ID',
  'Precedence',
  'Auto-Submitted',
  'X-Auto-Response-Suppress',
];

/**
 * Named once more than they are there, so that a second one, which a mail program might show instead, breaks the
 * signature (RFC 6376 §8.15).
 */
const OVERSIGNED = new Set([
  'From',
  'Reply-To',
  'To',
  'Subject',
  'Date',
  'List-Unsubscribe',
  'List-Unsubscribe-Post',
  'Feedback-ID',
]);

/** Other things than signatures run in libuv's pool too: file access and DNS get a thread. */
const AT_ONCE = Math.max(1, Number(process.env.UV_THREADPOOL_SIZE ?? 4) - 1);

/**
 * DKIM-Signature fields for a message, one per key, each with its CRLF; to be put in front of it. relaxed/relaxed, with
 * `t=`, without `l=`. The signature itself is made in libuv's thread pool.
 * @param message complete, with CRLF line ends
 * @param now milliseconds since 1970, for `t=`
 * @throws Error of node:crypto when a key cannot sign
 */
export async function dkimSignatures(
  message: Buffer,
  keys: readonly DkimKey[],
  now = Date.now(),
): Promise<string> {
  const { fields, body } = splitMessage(message);
  return signaturesOf(fields, relaxedBody(body), keys, now);
}

/**
 * The same for a message that we compose ourselves.
 * @param body in its relaxed form
 */
export async function signaturesOf(
  fields: readonly RawField[],
  body: Buffer,
  keys: readonly DkimKey[],
  now = Date.now(),
): Promise<string> {
  const bodyHash = createHash('sha256').update(body).digest('base64');
  const { names, canonical } = coverage(fields);
  const signatures = await Promise.all(
    keys.map(async (key) => {
      const unsigned = unsignedField(key, names, bodyHash, now);
      const data = Buffer.from(`${canonical}${relaxedField(unsigned)}`, 'latin1');
      return `${unsigned.text}${folded(await signed(data, key))}\r\n`;
    }),
  );
  return signatures.join('');
}

/** `h=`, and the fields that it names in canonical form: of several, the last one first (RFC 6376 §5.4.2). */
function coverage(fields: readonly RawField[]): { names: string[]; canonical: string } {
  const names: string[] = [];
  let canonical = '';
  for (const name of SIGNED) {
    const present = fields.filter((field) => field.name === name.toLowerCase()).reverse();
    for (const field of present) canonical += `${relaxedField(field)}\r\n`;
    const times = present.length + (OVERSIGNED.has(name) ? 1 : 0);
    for (let i = 0; i < times; i++) names.push(name);
  }
  return { names, canonical };
}

function unsignedField(key: DkimKey, names: readonly string[], bodyHash: string, now: number): RawField {
  const lines = [
    `v=1; a=${key.algorithm}; c=relaxed/relaxed; d=${key.domain};`,
    ` s=${key.selector}; t=${Math.floor(now / 1000)};`,
    ...wrapped(` h=${names.join(':')};`),
    ` bh=${bodyHash};`,
    ' b=',
  ];
  return { name: 'dkim-signature', text: `DKIM-Signature: ${lines.join('\r\n')}` };
}

/** Breaks a list of names after colons, where folding white space may stand. */
function wrapped(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const part of text.split(/(?<=:)/)) {
    if (line.length + part.length > 76) {
      lines.push(line);
      line = '  ';
    }
    line += part;
  }
  return [...lines, line];
}

const folded = (base64: string) => base64.replace(/(.{72})(?=.)/g, '$1\r\n  ');

let running = 0;
const waiting: (() => void)[] = [];

async function signed(data: Buffer, { algorithm, key }: DkimKey): Promise<string> {
  if (running < AT_ONCE) running++;
  else await new Promise<void>((resolve) => waiting.push(resolve)); // whoever ends hands its place over
  try {
    const [digest, input] =
      algorithm === 'rsa-sha256'
        ? ['RSA-SHA256', data]
        : // RFC 8463 §3: the hash is what is signed.
          [null, createHash('sha256').update(data).digest()];
    return await new Promise((resolve, reject) =>
      cryptoSign(digest, input, key, (error, signature) =>
        error ? reject(error) : resolve(signature.toString('base64')),
      ),
    );
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running--;
  }
}
