import { generateKeyPairSync } from 'node:crypto';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import PostalMime from 'postal-mime';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { relaxedField } from '../../../server/src/delivery/dkim/canon';
import { createMessageBuilder, type MessageBuilder } from '../../../server/src/delivery/message';
import { createSigner } from '../../../server/src/delivery/signing';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, type TestDatabase } from '../../helpers/database';
import { dnsWith } from './support';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const resolver = dnsWith('news._domainkey.example.com', publicKey.export({ type: 'spki', format: 'der' }));

let db: TestDatabase;
let builder: MessageBuilder;
beforeAll(async () => {
  db = await createTestDatabase();
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const ctx = await createTestContext(db.knex, {
    domains: { 'example.com': { dkim: { selector: 'news', privateKey: key } } },
  });
  builder = createMessageBuilder(ctx, createSigner(ctx));
});
afterAll(() => db.destroy());

const build = (to: { email: string; name?: string }, subject = 'Hello') =>
  builder.buildPlain({
    from: { name: 'Editor', email: 'editor@example.com' },
    to,
    subject,
    html: '<p>Hello</p>',
    text: 'Hello',
    messageIdLocal: 'one',
  });
const linesOf = (raw: Buffer) => raw.toString('latin1').split('\r\n\r\n', 1)[0]!.split('\r\n');
const namesOf = (raw: Buffer) =>
  linesOf(raw)
    .filter((line) => !/^[ \t]/.test(line))
    .map((line) => line.split(':', 1)[0]);

/** Characters whose lower octet in UTF-16 is LF, CR, a blank or a mark of the header syntax. */
it.each(['用户@example.net', 'čĊ@example.net', '"aĊX-Evil: 1č"@example.net'])(
  'writes the address %s in UTF-8, and signs what it writes',
  async (email) => {
    const { raw } = await build({ email });
    expect(namesOf(raw)).toEqual(namesOf((await build({ email: 'reader@example.net' })).raw));
    expect(raw.toString('utf8')).toContain(`\r\nTo: ${email}\r\n`);
    const { results } = await dkimVerify(raw, { resolver });
    expect(results.map(({ status }) => status.result)).toEqual(['pass']);
  },
);

it.each([
  ['a word of 1,500 letters', 'x'.repeat(1500)],
  ['1,500 blanks', `A${' '.repeat(1500)}B`],
  ['long words', 'wordwordword '.repeat(100).trim()],
])('folds %s: no line above 998 octets, and none of blanks alone', async (_, text) => {
  const { raw } = await build({ email: 'reader@example.net', name: text }, text);
  expect(Math.max(...linesOf(raw).map((line) => line.length))).toBeLessThanOrEqual(998);
  expect(linesOf(raw).filter((line) => line.trim() === '')).toEqual([]);
  const mail = await PostalMime.parse(raw);
  expect(mail.subject).toBe(text);
  expect(mail.to).toEqual([{ name: text, address: 'reader@example.net' }]);
  const { results } = await dkimVerify(raw, { resolver });
  expect(results.map(({ status }) => status.result)).toEqual(['pass']);
});

it('takes away as white space only what RFC 6376 calls so', () => {
  // The last octet of "à" is a no-break space to JavaScript. (To mailauth too, which is why it does not judge here.)
  const text = Buffer.from('Subject: \t voilà\r\n\t voilà \t').toString('latin1');
  const relaxed = relaxedField({ name: 'subject', text });
  expect(Buffer.from(relaxed, 'latin1').toString()).toBe('subject:voilà voilà');
});
