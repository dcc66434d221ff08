import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { describe, expect, it } from 'vitest';
import { relaxedBody } from '../../../server/src/delivery/dkim/canon';
import { dkimSignatures, type DkimKey } from '../../../server/src/delivery/dkim/sign';
import { services } from '../../helpers/services';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ed25519 = generateKeyPairSync('ed25519');
const RSA: DkimKey = {
  algorithm: 'rsa-sha256',
  domain: 'example.com',
  selector: 'r1',
  key: rsa.privateKey,
};
const ED25519: DkimKey = {
  algorithm: 'ed25519-sha256',
  domain: 'example.com',
  selector: 'e1',
  key: ed25519.privateKey,
};
/** RFC 8463 §4: the TXT record holds the 32 octets of the key, not its ASN.1 form. */
const records: Record<string, string> = {
  'r1._domainkey.example.com': `v=DKIM1; k=rsa; p=${rsa.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}`,
  'e1._domainkey.example.com': `v=DKIM1; k=ed25519; p=${ed25519.publicKey
    .export({ type: 'spki', format: 'der' })
    .subarray(-32)
    .toString('base64')}`,
};
const resolver = async (name: string): Promise<string[][]> => {
  const record = records[name];
  if (record) return [[record]];
  throw Object.assign(new Error('not found'), { code: 'ENOTFOUND' });
};

async function sign(message: Buffer, ...keys: DkimKey[]): Promise<Buffer> {
  return Buffer.concat([Buffer.from(await dkimSignatures(message, keys), 'latin1'), message]);
}
const verdicts = async (message: Buffer): Promise<string[]> =>
  (await dkimVerify(message, { resolver })).results.map(({ status }) => status.result);

const HEAD =
  'From: Editors <editors@example.com>\r\nTo: a@example.net\r\nSubject: Hello\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\n' +
  'List-Unsubscribe: <https://example.com/u>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nFeedback-ID: a:b:c:d\r\n';
const letter = Buffer.from(`${HEAD}\r\nHello\r\n`);

/** What is awkward to canonicalise: runs of blanks, blanks at ends of lines, empty lines, folding, 8-bit octets. */
const piece = fc.constantFrom(
  ' ',
  '  ',
  '\t',
  '\r\n',
  '\r\n\r\n',
  'a',
  'b:',
  ';',
  'é',
  '日本',
  '=20',
  '.',
  ' \r\n',
  'x'.repeat(90),
);
const body = fc.array(piece, { maxLength: 40 }).map((pieces) => `${pieces.join('')}\r\n`);
const word = fc.array(
  fc.constantFrom('a', 'B', ' ', '  ', '\t', '\r\n ', '\r\n\t', ';', ':', '"', '=', 'ü'),
  {
    maxLength: 25,
  },
);
const field = fc
  .tuple(
    fc.constantFrom(
      'Subject',
      'SUBJECT',
      'To',
      'Reply-To',
      'Message-ID',
      'List-Id',
      'X-Other',
      'Content-Type',
      'Feedback-ID',
    ),
    fc.constantFrom(':', ': ', ':\t'),
    word,
  )
  .map(([name, colon, text]) => `${name}${colon}v${text.join('')}w\r\n`);
const message = fc
  .tuple(fc.array(field, { maxLength: 8 }), body)
  .map(([fields, text]) =>
    Buffer.from(`From: Editors <editors@example.com>\r\n${fields.join('')}\r\n${text}`),
  );

describe('our signatures', () => {
  it('pass a verifier, both kinds, over whatever a message looks like', async () => {
    await fc.assert(
      fc.asyncProperty(message, async (raw) => {
        expect(await verdicts(await sign(raw, RSA, ED25519))).toEqual(['pass', 'pass']);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    'From',
    'Subject',
    'To',
    'Date',
    'Reply-To',
    'List-Unsubscribe',
    'List-Unsubscribe-Post',
    'Feedback-ID',
  ])('break when a second %s is added, before or after', async (name) => {
    const signed = (await sign(letter, RSA)).toString();
    expect(await verdicts(Buffer.from(signed))).toEqual(['pass']);
    expect(await verdicts(Buffer.from(`${name}: added@example.org\r\n${signed}`))).toEqual(['fail']);
    const late = signed.replace('\r\n\r\n', `\r\n${name}: added@example.org\r\n\r\n`);
    expect(await verdicts(Buffer.from(late))).toEqual(['fail']);
  });

  it('cover the whole body', async () => {
    const signed = await sign(letter, RSA);
    // What the verifier calls a body that does not fit.
    expect(await verdicts(Buffer.concat([signed, Buffer.from('more\r\n')]))).toEqual(['neutral']);
    expect(signed.toString()).not.toMatch(/\bl=/);
  });

  it('have a time, lines of a mail’s length, and no more fields than keys', async () => {
    const text = await dkimSignatures(letter, [RSA, ED25519], Date.UTC(2026, 10, 24));
    expect(text).toMatch(/\bt=1795478400;/);
    expect(text.match(/^DKIM-Signature:/gm)).toHaveLength(2);
    expect(Math.max(...text.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(78);
  });

  it('are not made with a key that cannot sign so', async () => {
    await expect(dkimSignatures(letter, [{ ...RSA, key: ed25519.privateKey }])).rejects.toThrow();
  });
});

it('canonicalises bodies as RFC 6376 §3.4.4 and §3.4.5 say', () => {
  const relaxed = (text: string) => relaxedBody(Buffer.from(text, 'latin1')).toString('latin1');
  expect(relaxed('')).toBe('');
  expect(relaxed('\r\n\r\n')).toBe('');
  expect(relaxed(' \r\n')).toBe('');
  expect(relaxed('a')).toBe('a\r\n');
  expect(relaxed(' C \r\nD \t E\r\n\r\n\r\n')).toBe(' C\r\nD E\r\n');
  expect(relaxed('a\r\n\r\nb\r\n')).toBe('a\r\n\r\nb\r\n');
  expect(relaxed('a \r b')).toBe('a \r b\r\n');
});

it.skipIf(!services.dkimPython)(
  'python3-dkim accepts a thousand random messages',
  async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'newsletter-dkim-'));
    try {
      const samples = fc.sample(message, 1000);
      await Promise.all(
        samples.map(async (raw, i) => {
          // Only RSA: its Ed25519 needs a further package.
          writeFileSync(path.join(folder, `${i}.eml`), await sign(raw, RSA));
        }),
      );
      const program = [
        'import dkim, pathlib, sys',
        'record = sys.argv[2].encode()',
        'files = list(pathlib.Path(sys.argv[1]).glob("*.eml"))',
        'bad = [f.name for f in files if not dkim.verify(f.read_bytes(), dnsfunc=lambda n, timeout=5: record)]',
        'print(len(files), bad)',
      ].join('\n');
      const answer = execFileSync(services.dkimPython!, [
        '-c',
        program,
        folder,
        records['r1._domainkey.example.com']!,
      ]);
      expect(answer.toString().trim()).toBe('1000 []');
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  120_000,
);
