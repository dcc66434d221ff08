import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMessageBuilder } from '../../../server/src/delivery/message';
import { createSigner } from '../../../server/src/delivery/signing';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, type TestDatabase } from '../../helpers/database';
import { claimFor, headerLines, snapshotFor } from './support';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.destroy());

async function fields(hosts: Record<string, string>, used: string[] = []) {
  const ctx = await createTestContext(db.knex, {
    publicUrl: 'https://news.example.com',
    domains: { 'example.com': { dkim: 'relay' } },
    transports: Object.fromEntries(Object.entries(hosts).map(([name, host]) => [name, { host }])),
  });
  const snapshot = snapshotFor(ctx);
  const transports = used.map((name) => ({ name, weight: 1 }));
  const { raw } = await createMessageBuilder(ctx, createSigner(ctx)).build({
    snapshot: { ...snapshot, sender: { ...snapshot.sender, ...(used.length > 0 && { transports }) } },
    rendered: { subject: 'Hello', preheader: '', html: '<p>Hello</p>', text: 'Hello' },
    to: { email: 'reader@example.net' },
    deliveryId: 42,
    personClaim: claimFor(ctx, 'reader@example.net'),
  });
  const lines = headerLines(raw);
  const given = ['x-pm-metadata-newsletter', 'x-pm-keepid', 'x-mailin-custom'].map((name) => lines.get(name));
  return { given, mark: ctx.tokens.messageIdLocal(42), read: (id: string) => ctx.tokens.readMessageId(id) };
}

it('are in mails through the provider that gives them back, and in no others', async () => {
  const postmark = await fields({ a: 'smtp-broadcasts.postmarkapp.com' });
  expect(postmark.given).toEqual([postmark.mark, 'true', undefined]);
  expect(postmark.read(`${postmark.given[0]}@`)).toBe(42);
  const brevo = await fields({ a: 'mail.example.com', b: 'smtp-relay.brevo.com' }, ['b']);
  expect(brevo.given).toEqual([undefined, undefined, brevo.mark]);
  for (const host of ['mail.example.com', 'smtp.sendgrid.net', 'smtp.postmarkapp.com.example.com'])
    expect((await fields({ a: host, b: 'smtp.postmarkapp.com' })).given).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
});
