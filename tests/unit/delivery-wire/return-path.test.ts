import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { simpleParser } from 'mailparser';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { NewsletterConfigInput } from '../../../server/src/config';
import { createMessageBuilder } from '../../../server/src/delivery/message';
import { createSigner } from '../../../server/src/delivery/signing';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, type TestDatabase } from '../../helpers/database';
import { claimFor, dnsWith, headerLines, rsaPair, snapshotFor } from './support';

const { privateKey, publicKey } = rsaPair();
const dkim = { selector: 'news', privateKey };

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.destroy());

async function build(config: NewsletterConfigInput, { test = false } = {}) {
  const ctx = await createTestContext(db.knex, {
    publicUrl: 'https://news.example.com',
    domains: { 'example.com': { dkim } },
    ...config,
  });
  const builder = createMessageBuilder(ctx, createSigner(ctx));
  const message = () =>
    builder.build({
      snapshot: snapshotFor(ctx),
      rendered: { subject: 'Hello', preheader: '', html: '<p>Hello</p>', text: 'Hello' },
      to: { email: 'reader@example.net' },
      deliveryId: 42,
      personClaim: claimFor(ctx, 'reader@example.net'),
      ...(test && { messageIdLocal: 'test-1' }),
    });
  return { ctx, builder, message, first: await message() };
}

const bounce = { domain: 'bounce.example.com', listener: {} };

it('is an address that names the delivery, the same on each attempt, with a mailto behind the link', async () => {
  const { ctx, first, message } = await build({ bounce });
  expect(first.envelope).toEqual({
    from: `${ctx.tokens.bounceLocal(42)}@bounce.example.com`,
    to: 'reader@example.net',
  });
  expect((await message()).envelope).toEqual(first.envelope);
  const claim = claimFor(ctx, 'reader@example.net');
  const field = headerLines(first.raw).get('list-unsubscribe')!;
  expect(field).toBe(
    `<${ctx.urls.unsubscribe(claim)}>, <mailto:${ctx.tokens.unsubscribeLocal(claim)}@bounce.example.com?subject=unsubscribe>`,
  );
  const lines = first.raw.toString('latin1').split('\r\n');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(998);
});

it('says where complaints may go, and leaves From as it is; all of it is signed', async () => {
  const { first } = await build({ bounce });
  const { results } = await dkimVerify(first.raw, {
    resolver: dnsWith('news._domainkey.example.com', publicKey),
  });
  expect(results.map(({ status }) => status.result)).toEqual(['pass']);
  const headers = headerLines(first.raw);
  expect(headers.get('cfbl-address')).toBe(`${first.envelope.from}; report=arf`);
  expect(headers.get('cfbl-feedback-id')).toBe(headers.get('message-id')!.replace(/^<|@.*$/g, ''));
  expect(headers.get('dkim-signature')).toMatch(/[: ]CFBL-Address:\s?CFBL-Feedback-ID[:;]/);
  const broken = Buffer.from(
    first.raw.toString('latin1').replace('?subject=unsubscribe', '?subject=no'),
    'latin1',
  );
  const { results: after } = await dkimVerify(broken, {
    resolver: dnsWith('news._domainkey.example.com', publicKey),
  });
  expect(after.map(({ status }) => status.result)).toEqual(['fail']);
  expect((await simpleParser(first.raw)).from?.value[0]?.address).toBe('editor@example.com');
});

it('is of the sender domain where that has one of its own', async () => {
  const domains = { 'example.com': { dkim, bounceDomain: 'b.example.com' } };
  const { ctx, first } = await build({ bounce, domains });
  expect(first.envelope.from).toBe(`${ctx.tokens.bounceLocal(42)}@b.example.com`);
  expect(headerLines(first.raw).get('list-unsubscribe')).toContain('@b.example.com?');
});

it('names no address for complaints that the signature of the sender does not speak for', async () => {
  const named = async (domain: string) => {
    const { first } = await build({ bounce: { ...bounce, domain } });
    expect(first.envelope.from).toMatch(new RegExp(`@${domain}$`));
    return headerLines(first.raw).get('cfbl-address');
  };
  expect(await named('example.com')).toContain('@example.com; report=arf');
  expect(await named('bounces.example.org')).toBeUndefined();
  expect(await named('bounces.anexample.com')).toBeUndefined();
});

it('names no mailto as long as nothing of ours reads the mail', async () => {
  const { ctx, first } = await build({ bounce: { domain: 'bounce.example.com' } });
  expect(first.envelope.from).toBe(`${ctx.tokens.bounceLocal(42)}@bounce.example.com`);
  expect(headerLines(first.raw).get('list-unsubscribe')).not.toContain('mailto');
});

it("is the sender's own address without a bounce domain, for tests and for single mails", async () => {
  expect((await build({})).first.envelope.from).toBe('editor@example.com');
  const { builder, first, ctx } = await build({ bounce }, { test: true });
  expect(first.envelope.from).toBe('editor@example.com');
  const single = await builder.buildPlain({
    from: snapshotFor(ctx).sender,
    to: { email: 'reader@example.net' },
    subject: 'Confirm',
    html: '<p>x</p>',
    text: 'x',
    messageIdLocal: 'mail-1',
  });
  expect(single.envelope.from).toBe('editor@example.com');
  expect(headerLines(single.raw).has('list-unsubscribe')).toBe(false);
});
