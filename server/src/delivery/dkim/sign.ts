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
  'CFBL-Address',
  'CFBL-Feedback-ID',
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

/**
 * So many signatures of one thread are in libuv's queue at most. Fewer, and its threads have nothing to do while the main thread is busy
 * for some milliseconds; more, and file access and DNS, which need the same threads, wait longer than for about eight.
 */
const AT_ONCE = 32;

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
  return signaturesOf(fields, relaxedBody(body), keys, signInPool, now);
}

/** Makes the signature itself, as base64. @throws Error of node:crypto when the key cannot sign */
export type Sign = (data: Buffer, key: DkimKey) => Promise<string> | string;

/**
 * The same for a message that we compose ourselves.
 * @param body in its relaxed form
 * @param sign where it is signed: `signInPool`, or `signHere` in a thread that has nothing else to do
 */
export async function signaturesOf(
  fields: readonly RawField[],
  body: Buffer,
  keys: readonly DkimKey[],
  sign: Sign = signInPool,
  now = Date.now(),
): Promise<string> {
  const bodyHash = createHash('sha256').update(body).digest('base64');
  const plan = planFor(fields);
  let canonical = '';
  for (const at of plan.order) canonical += `${relaxedField(fields[at]!)}\r\n`;
  const time = String(Math.floor(now / 1000));
  const signatures = await Promise.all(
    keys.map(async (key) => {
      const { raw, relaxed } = unsignedField(plan, key);
      const data = Buffer.from(`${canonical}${filled(relaxed, time, bodyHash)}`, 'latin1');
      return `${filled(raw, time, bodyHash)}${folded(await sign(data, key))}\r\n`;
    }),
  );
  return signatures.join('');
}

/** What depends only on which fields there are, in which order: all mails of a campaign share it. */
interface Plan {
  /** `h=` */
  names: string[];
  /** Places of the fields that it names; of several, the last one first (RFC 6376 §5.4.2). */
  order: number[];
  /** The signature's own field for a key, without time, hash and signature. */
  unsigned: Map<string, { raw: Gaps; relaxed: Gaps }>;
}

const PLANS = 64;
const plans = new Map<string, Plan>();

function planFor(fields: readonly RawField[]): Plan {
  let key = '';
  for (const { name } of fields) key += `${name}:`;
  const known = plans.get(key);
  if (known) return known;
  const names: string[] = [];
  const order: number[] = [];
  for (const name of SIGNED) {
    const present = fields.flatMap((field, at) => (field.name === name.toLowerCase() ? [at] : [])).reverse();
    order.push(...present);
    const times = present.length + (OVERSIGNED.has(name) ? 1 : 0);
    for (let i = 0; i < times; i++) names.push(name);
  }
  const plan: Plan = { names, order, unsigned: new Map() };
  if (plans.size >= PLANS) plans.clear();
  plans.set(key, plan);
  return plan;
}

/** A text around the time and the hash of the body. */
type Gaps = readonly [before: string, between: string, after: string];
const filled = ([before, between, after]: Gaps, time: string, hash: string) =>
  `${before}${time}${between}${hash}${after}`;

function unsignedField(plan: Plan, { algorithm, domain, selector }: DkimKey): { raw: Gaps; relaxed: Gaps } {
  const name = `${algorithm} ${domain} ${selector}`;
  const known = plan.unsigned.get(name);
  if (known) return known;
  const lines = [
    `v=1; a=${algorithm}; c=relaxed/relaxed; d=${domain};`,
    ` s=${selector}; t=\u0000;`,
    ...wrapped(` h=${plan.names.join(':')};`),
    ' bh=\u0000;',
    ' b=',
  ];
  const text = `DKIM-Signature: ${lines.join('\r\n')}`;
  const made = { raw: gaps(text), relaxed: gaps(relaxedField({ name: 'dkim-signature', text })) };
  plan.unsigned.set(name, made);
  return made;
}

const gaps = (text: string): Gaps => text.split('\u0000') as [string, string, string];

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

function folded(base64: string): string {
  let lines = base64.slice(0, 72);
  for (let at = 72; at < base64.length; at += 72) lines += `\r\n  ${base64.slice(at, at + 72)}`;
  return lines;
}

let running = 0;
const waiting: (() => void)[] = [];

/** In this thread, which does nothing else meanwhile. */
export const signHere: Sign = (data, key) => cryptoSign(...inputOf(data, key), key.key).toString('base64');

/** In libuv's threads. */
export const signInPool: Sign = async (data, key) => {
  if (running < AT_ONCE) running++;
  else await new Promise<void>((resolve) => waiting.push(resolve)); // whoever ends hands its place over
  try {
    return await new Promise((resolve, reject) =>
      cryptoSign(...inputOf(data, key), key.key, (error, signature) =>
        error ? reject(error) : resolve(signature.toString('base64')),
      ),
    );
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running--;
  }
};

function inputOf(data: Buffer, { algorithm }: DkimKey): [digest: string | null, input: Buffer] {
  if (algorithm === 'rsa-sha256') return ['RSA-SHA256', data];
  // RFC 8463 §3: the hash is what is signed.
  return [null, createHash('sha256').update(data).digest()];
}
