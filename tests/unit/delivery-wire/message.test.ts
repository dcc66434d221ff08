import fc from 'fast-check';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { simpleParser } from 'mailparser';
import PostalMime from 'postal-mime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CampaignSnapshot, RenderedMail } from '../../../server/src/compose/types';
import type { Context } from '../../../server/src/context';
import { createMessageBuilder, type MessageBuilder } from '../../../server/src/delivery/message';
import { createSigner } from '../../../server/src/delivery/signing';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, type TestDatabase } from '../../helpers/database';
import { claimFor, dnsWith, headerLines, rsaPair, snapshotFor } from './support';

const { privateKey, publicKey } = rsaPair();
const resolver = dnsWith('news._domainkey.example.com', publicKey);

let db: TestDatabase;
let ctx: Context;
let builder: MessageBuilder;

beforeAll(async () => {
  db = await createTestDatabase();
  ctx = await createTestContext(db.knex, {
    publicUrl: 'https://news.example.com',
    domains: {
      'example.com': { dkim: { selector: 'news', privateKey } },
      'relay.example': { dkim: 'relay' },
    },
  });
  builder = createMessageBuilder(ctx, createSigner(ctx));
});
afterAll(() => db.destroy());

const rendered: Omit<RenderedMail, 'filled'> = {
  subject: '冬のお知らせ — Winter news',
  preheader: '',
  html: '<p>こんにちは</p>\n<p>See you soon</p>\n',
  text: 'こんにちは\nSee you soon\n',
};

function build(
  over: {
    snapshot?: Partial<CampaignSnapshot>;
    rendered?: Partial<Omit<RenderedMail, 'filled'>>;
    to?: string;
    name?: string;
  } = {},
) {
  return builder.build({
    snapshot: { ...snapshotFor(ctx), ...over.snapshot },
    rendered: { ...rendered, ...over.rendered },
    to: { email: over.to ?? 'reader@example.net', name: over.name ?? 'Ayumi 読者' },
    deliveryId: 42,
    personClaim: claimFor(ctx, 'reader@example.net'),
  });
}

describe('a newsletter message', () => {
  it('carries its headers once each, and reads the same in two parsers', async () => {
    const { raw, envelope } = await build();
    expect(envelope).toEqual({ from: 'editor@example.com', to: 'reader@example.net' });
    const headers = headerLines(raw);
    const names = [...headers.keys()];
    expect(new Set(names).size).toBe(names.length);
    expect(headers.get('list-unsubscribe')).toBe(
      `<${ctx.urls.unsubscribe(claimFor(ctx, 'reader@example.net'))}>`,
    );
    expect(headers.get('list-unsubscribe-post')).toBe('List-Unsubscribe=One-Click');
    expect(headers.get('list-id')).toBe('=?UTF-8?Q?=E6=9C=88=E5=88=8A_Monthly?= <monthly.example.com>');
    expect(headers.get('feedback-id')).toMatch(/^campaign00000000000000001:monthly:newsletter:[0-9a-f]{12}$/);
    expect(headers.get('message-id')).toBe(`<${ctx.tokens.messageIdLocal(42)}@example.com>`);
    expect(headers.get('precedence')).toBe('bulk');
    expect(headers.get('x-auto-response-suppress')).toBe('OOF, AutoReply');
    expect(headers.has('auto-submitted')).toBe(false);

    const one = await simpleParser(raw);
    const two = await PostalMime.parse(raw);
    expect(one.subject).toBe(rendered.subject);
    expect(two.subject).toBe(rendered.subject);
    expect(one.from?.value).toEqual([{ name: '編集部 & Co.', address: 'editor@example.com' }]);
    expect(two.to).toEqual([{ name: 'Ayumi 読者', address: 'reader@example.net' }]);
    expect(two.replyTo).toEqual([{ name: '', address: 'answers@example.com' }]);
    expect(one.text?.trim()).toBe(rendered.text.trim());
    expect(two.html?.trim().replace(/\r\n/g, '\n')).toBe(rendered.html.trim());
    const listId = two.headers.find(({ key }) => key === 'list-id')?.value;
    expect(listId).toContain('<monthly.example.com>');
  });

  it('says when an address of its header needs SMTPUTF8', async () => {
    const from = { name: 'N', email: 'editor@example.com' };
    const plainMail = (replyTo: string | null) =>
      createMessageBuilder(ctx, createSigner(ctx)).buildPlain({
        from: { ...from, replyTo },
        to: { email: 'reader@example.net' },
        subject: 's',
        html: 'h',
        text: 't',
        messageIdLocal: 'm',
      });
    expect((await plainMail('編集部@example.com')).utf8Header).toBe(true);
    expect((await plainMail('answers@bücher.example')).utf8Header).toBeUndefined();
    expect((await plainMail(null)).utf8Header).toBeUndefined();
  });

  it('keeps the Message-ID on each attempt, and nothing else decides it', async () => {
    const [first, second] = [await build(), await build({ rendered: { subject: 'Other' } })];
    expect(headerLines(first.raw).get('message-id')).toBe(headerLines(second.raw).get('message-id'));
  });

  it('is 7-bit in lines of at most 998 octets, with CRLF only', async () => {
    const { raw } = await build({
      rendered: {
        html: `<p>${'long '.repeat(2000)}</p><p>${'長い'.repeat(2000)}</p>`,
        text: `a\rb\nc\r\n${'x'.repeat(5000)}`,
      },
    });
    expect(raw.every((byte) => byte < 0x80)).toBe(true);
    expect(raw.toString('latin1').replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    expect(
      Math.max(
        ...raw
          .toString('latin1')
          .split('\r\n')
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(998);
  });

  it('is signed over everything that receivers ask for', async () => {
    const { raw } = await build();
    const { results } = await dkimVerify(raw, { resolver });
    expect(results).toHaveLength(1);
    expect(results[0]!.status.result).toBe('pass');
    expect(results[0]!.signingDomain).toBe('example.com');
    const signed = /\bh=([^;]+);/.exec(headerLines(raw).get('dkim-signature')!)![1]!;
    const names = signed.toLowerCase().replace(/\s/g, '').split(':');
    // Fields that are named twice must not be added to (oversigning).
    const often = (name: string) => names.filter((other) => other === name).length;
    const twice = [
      'from',
      'reply-to',
      'to',
      'subject',
      'date',
      'list-unsubscribe',
      'list-unsubscribe-post',
      'feedback-id',
    ];
    const once = [
      'message-id',
      'mime-version',
      'content-type',
      'list-id',
      'precedence',
      'x-auto-response-suppress',
    ];
    for (const name of twice) expect([name, often(name)]).toEqual([name, 2]);
    for (const name of once) expect([name, often(name)]).toEqual([name, 1]);
    expect(names).toHaveLength(2 * twice.length + once.length);
  });

  it.each(['List-Unsubscribe:', 'List-Unsubscribe-Post:', 'Feedback-ID:', 'Subject:'])(
    'loses its signature when %s is altered',
    async (name) => {
      const { raw } = await build();
      const altered = Buffer.from(raw.toString('latin1').replace(`\r\n${name} `, `\r\n${name} x`), 'latin1');
      expect(altered.equals(raw)).toBe(false);
      const { results } = await dkimVerify(altered, { resolver });
      expect(results[0]!.status.result).toBe('fail');
    },
  );

  it('cannot be made to carry a header or a recipient of somebody else', async () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 80 }),
      fc
        .tuple(
          fc.string({ maxLength: 20 }),
          fc.constantFrom('\r\n', '\n', '\r', '\u2028', '\u0085', '\0'),
          fc.string({ maxLength: 20 }),
        )
        .map(([a, brk, b]) => `${a}${brk}Bcc: thief@example.org${brk}${brk}${b}`),
      fc.constantFrom(
        'a@b.example, thief@example.org',
        '"x" <thief@example.org>',
        'x;thief@example.org',
        '=?utf-8?q?=0D=0ABcc:_x?=',
      ),
    );
    const expected = [...headerLines((await build()).raw).keys()].sort();
    await fc.assert(
      fc.asyncProperty(hostile, hostile, hostile, hostile, async (subject, name, sender, list) => {
        const { raw, envelope } = await build({
          name,
          rendered: { subject },
          snapshot: {
            sender: { ...snapshotFor(ctx).sender, name: sender },
            list: { name: list, slug: list },
          },
        });
        const names = [...headerLines(raw).keys()].sort();
        // Empty texts may leave their header out; nothing may be added.
        expect(names.filter((key) => !expected.includes(key))).toEqual([]);
        expect(envelope.to).toBe('reader@example.net');
        const parsed = await PostalMime.parse(raw);
        expect(parsed.to?.map(({ address }) => address)).toEqual(['reader@example.net']);
        expect(parsed.from?.address).toBe('editor@example.com');
        expect(parsed.cc ?? []).toEqual([]);
        expect(parsed.bcc ?? []).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it('quotes the stray dots of old docomo addresses and writes domains as A-labels', async () => {
    expect((await build({ to: 'a..b.@docomo.ne.jp' })).envelope.to).toBe('"a..b."@docomo.ne.jp');
    const { envelope, raw } = await build({ to: 'reader@例え.jp' });
    expect(envelope.to).toBe('reader@xn--r8jz45g.jp');
    expect(headerLines(raw).get('to')).toContain('<reader@xn--r8jz45g.jp>');
  });

  it.each(['nobody', 'a b@example.com', 'a@b\r\nRCPT TO:<c@d.example>', ''])(
    'refuses the address %j',
    async (to) => {
      await expect(build({ to })).rejects.toMatchObject({ name: 'MessageError' });
    },
  );
});

describe('signing', () => {
  it('leaves a message to a relay that signs by itself', async () => {
    const sender = { ...snapshotFor(ctx).sender, email: 'editor@relay.example' };
    const { raw } = await build({ snapshot: { sender } });
    expect(headerLines(raw).has('dkim-signature')).toBe(false);
  });

  it('gives no message for a domain that is not configured', async () => {
    const sender = { ...snapshotFor(ctx).sender, email: 'editor@other.example' };
    await expect(build({ snapshot: { sender } })).rejects.toMatchObject({
      name: 'SigningError',
      message: expect.stringContaining('other.example is not configured'),
    });
  });
});

it('a mail to one person has no list headers and says that a machine wrote it', async () => {
  const { raw } = await builder.buildPlain({
    from: { name: 'News', email: 'editor@example.com' },
    to: { email: 'reader@example.net' },
    subject: 'Please confirm',
    html: '<p>Hi</p>',
    text: 'Hi',
    messageIdLocal: 'm1.abc',
  });
  const headers = headerLines(raw);
  expect(headers.get('auto-submitted')).toBe('auto-generated');
  expect(headers.get('message-id')).toBe('<m1.abc@example.com>');
  expect([...headers.keys()].filter((name) => name.startsWith('list-') || name === 'precedence')).toEqual([]);
  const { results } = await dkimVerify(raw, { resolver });
  expect(results[0]!.status.result).toBe('pass');
});
