import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addPerson } from '../../../../server/src/audience';
import type { Context } from '../../../../server/src/context';
import { noteRefusal, receiveWebhook, WebhookRefusal } from '../../../../server/src/feedback';
import { bindWebhookToken, readSources, readSuppression, TABLE } from '../../../../server/src/storage';
import { createTestContext } from '../../../helpers/context';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../../../helpers/database';
import { addDelivery, count, hashOf } from '../../audience/support';
import { generic, GENERIC_SECRET, mailgun, MAILGUN_KEY, sendgrid, SENDGRID_KEY } from './support';

describe.each(databaseKinds)('webhooks on %s', (kind) => {
  let db: TestDatabase;
  let ctx: Context;

  beforeAll(async () => {
    db = await createTestDatabase(kind);
    ctx = await createTestContext(db.knex, {
      feedback: {
        sendgrid: { publicKey: SENDGRID_KEY },
        mailgun: { signingKey: MAILGUN_KEY },
        generic: { secret: GENERIC_SECRET },
      },
    });
  });
  afterAll(() => db.destroy());

  async function mailed(email: string, fields: Parameters<typeof addDelivery>[2] = {}) {
    await addPerson(ctx, { email, consent: true }, { source: 'admin' });
    const id = await addDelivery(ctx, email, fields);
    return { id, messageId: `<${ctx.tokens.messageIdLocal(id)}@news.example.com>` };
  }
  const stateOf = async (id: number) => (await db.knex(TABLE.deliveries).where({ id }).first()).state;
  const bounce = (messageId: string, id: string) => ({
    event: 'bounce',
    type: 'bounce',
    reason: '550 5.1.1 user unknown',
    email: 'forwarded@elsewhere.example',
    'smtp-id': messageId,
    sg_event_id: id,
    timestamp: Math.floor(Date.now() / 1000),
  });

  it('find the mail by our Message-ID, whatever address the provider names', async () => {
    const { id, messageId } = await mailed('sendgrid@example.com');
    expect(await receiveWebhook(ctx, 'sendgrid', sendgrid([bounce(messageId, 'one')]))).toEqual({
      taken: 1,
      ignored: 0,
    });
    expect(await stateOf(id)).toBe('bounced');
    expect(await readSuppression(db.knex, hashOf(ctx, 'sendgrid@example.com'))).toMatchObject({
      reason: 'hard-bounce',
    });
    expect(await readSuppression(db.knex, hashOf(ctx, 'forwarded@elsewhere.example'))).toBeNull();
  });

  it('change nothing when they come again, in another order, or mixed with others', async () => {
    const { id, messageId } = await mailed('again@example.com');
    const delivered = { ...bounce(messageId, 'late'), event: 'delivered' };
    const first = sendgrid([bounce(messageId, 'two'), bounce(messageId, 'three')]);
    expect(await receiveWebhook(ctx, 'sendgrid', first)).toEqual({ taken: 1, ignored: 1 });
    expect(await receiveWebhook(ctx, 'sendgrid', first)).toEqual({ taken: 0, ignored: 2 });
    expect(await receiveWebhook(ctx, 'sendgrid', sendgrid([delivered]))).toEqual({ taken: 0, ignored: 1 });
    expect(await stateOf(id)).toBe('bounced');
    // A delivery that changes nothing leaves no row: there is one for each mail.
    expect(await count(db.knex, TABLE.feedback, { delivery_id: id })).toBe(2);
  });

  it('take a foreign Message-ID for none, and the signed address instead', async () => {
    const { id } = await mailed('by-address@example.com');
    const event = {
      id: 'four',
      type: 'complaint',
      recipient: 'By-Address@example.com',
      messageId: '<x@elsewhere>',
    };
    expect(await receiveWebhook(ctx, 'generic', generic([event]))).toEqual({ taken: 1, ignored: 0 });
    expect(await count(db.knex, TABLE.events, { delivery_id: id, type: 'complaint' })).toBe(1);
  });

  it("do not let Mailgun's signature be used for another body", async () => {
    const event = (recipient: string, fields: object = {}) => ({ event: 'complained', recipient, ...fields });
    for (const seen of ['delivered', 'opened']) {
      const genuine = mailgun(event('alice@example.com', { event: seen }), { token: seen });
      await receiveWebhook(ctx, 'mailgun', genuine);
      const timestamp = String(JSON.parse(genuine.body.toString()).signature.timestamp);
      const forged = mailgun(event('victim@example.com'), { token: seen, timestamp });
      await expect(receiveWebhook(ctx, 'mailgun', forged)).rejects.toMatchObject({ status: 401 });
      // A retry of Mailgun's own.
      await receiveWebhook(ctx, 'mailgun', genuine);
    }
    expect(await count(db.knex, TABLE.webhookTokens, {})).toBe(2);
    expect(await readSuppression(db.knex, hashOf(ctx, 'victim@example.com'))).toBeNull();
  });

  it('forget the tokens of days ago, now and then', async () => {
    const bind = (token: string, at?: number) =>
      bindWebhookToken(db.knex, { provider: 'mailgun', token, content: '' }, at);
    const yesterday = Date.now() - 24 * 3_600_000;
    for (let n = 0; n < 5; n++) await bind(`old ${n}`, yesterday - 60_000);
    const sum = (token: string) => createHash('sha256').update(`mailgun\n${token}`).digest().readUInt32BE(0);
    let n = 0;
    while (sum(`new ${n}`) % 100 !== 0) n++;
    expect(await bind(`new ${n}`)).toBe(true);
    expect(await db.knex(TABLE.webhookTokens).where('received_at', '<', yesterday)).toEqual([]);
    expect(await bind(`new ${n}`)).toBe(true);
  });

  it('are not there unless they are configured', async () => {
    expect(await receiveWebhook(ctx, 'postmark', generic([]))).toBeNull();
    expect(await receiveWebhook(ctx, 'constructor', generic([]))).toBeNull();
  });

  it('throw what the database throws, and then are taken when it is back', async () => {
    const { id, messageId } = await mailed('away@example.com');
    const request = generic([{ id: 'five', type: 'bounce', messageId, text: '550 5.1.1 user unknown' }]);
    await db.knex.schema.renameTable(TABLE.events, 'elsewhere');
    await expect(receiveWebhook(ctx, 'generic', request)).rejects.not.toBeInstanceOf(WebhookRefusal);
    await db.knex.schema.renameTable('elsewhere', TABLE.events);
    expect(await stateOf(id)).toBe('accepted');
    expect(await receiveWebhook(ctx, 'generic', request)).toEqual({ taken: 1, ignored: 0 });
    expect(await stateOf(id)).toBe('bounced');
  });

  it('show in the panel what came and what was refused', async () => {
    const forged = generic([], '1', GENERIC_SECRET);
    const refusal = await receiveWebhook(ctx, 'generic', forged).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(WebhookRefusal);
    await noteRefusal(ctx, 'generic', refusal as WebhookRefusal);
    await noteRefusal(ctx, 'unheard-of', refusal as WebhookRefusal);
    const sources = await readSources(db.knex);
    expect(sources.map(({ name }) => name)).toEqual(['generic', 'mailgun', 'sendgrid']);
    expect(sources[0]).toMatchObject({ taken: 2, ignored: 0, refused: 1 });
    expect(sources[0]).toMatchObject({ lastError: null, lastRefusal: expect.stringMatching(/timestamp/) });
  });
});
