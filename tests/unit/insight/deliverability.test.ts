import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Context } from '../../../server/src/context';
import { deliverability, feedbackSources } from '../../../server/src/insight';
import { addEvent, noteSource, TABLE } from '../../../server/src/storage';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../../helpers/database';
import { addRun } from '../campaign/fixtures';

const DAY = 24 * 3600 * 1000;
const day = (daysAgo: number) => new Date(Date.now() - daysAgo * DAY).toISOString().slice(0, 10);

describe.each(databaseKinds)('deliverability on %s', (kind) => {
  let db: TestDatabase;
  let ctx: Context;
  let first: string;
  let second: string;

  beforeAll(async () => {
    db = await createTestDatabase(kind);
    ctx = await createTestContext(db.knex, {
      feedback: { generic: { secret: 'a secret of thirty-two octets ....' } },
      bounce: {
        mailboxes: [{ name: 'bounces', host: 'imap.example.com', auth: { user: 'u', pass: 'p' } }],
      },
    });
    first = await addRun(ctx, 'sent', undefined, Date.now() - 3 * DAY);
    second = await addRun(ctx, 'sending', undefined, Date.now() - DAY);
    await db.knex(TABLE.runs).update({ frozen_at: 1 });
    let n = 0;
    const add = async (
      campaignId: string,
      count: number,
      domain: string,
      daysAgo: number,
      fields: object = {},
    ) => {
      const rows = Array.from({ length: count }, () => ({
        campaign_id: campaignId,
        batch_id: 1,
        subscriber_id: `person${n++}`,
        email: `p${n}@${domain}`,
        email_key: `p${n}@${domain}`,
        address_hash: `hash${n}`,
        language: 'en',
        state: 'accepted',
        created_at: 1,
        settled_at: Date.now() - daysAgo * DAY,
        ...fields,
      }));
      await db.knex(TABLE.deliveries).insert(rows);
    };
    await add(first, 10, 'example.com', 3);
    await add(first, 2, 'example.com', 3, { state: 'bounced', reason: 'invalid' });
    await add(first, 1, 'example.com', 2, { state: 'failed', reason: 'expired' });
    await add(first, 1, 'example.com', 2, { state: 'failed', reason: 'message' });
    await add(first, 2, 'example.net', 3, { state: 'bounced', reason: 'reputation' });
    await add(first, 1, 'example.net', 3, { state: 'failed', reason: 'rate' });
    await add(first, 1, 'example.com', 3, { state: 'queued', settled_at: null });
    await add(second, 5, 'example.net', 1);
    const accepted = await db.knex(TABLE.deliveries).where({ campaign_id: second }).first('id');
    await addEvent(db.knex, {
      type: 'complaint',
      campaignId: second,
      deliveryId: Number(accepted.id),
      subscriberId: null,
      at: Date.now(),
    });
  });
  afterAll(() => db.destroy());

  const FIRST = { accepted: 10, hard: 2, soft: 1, block: 3, complaints: 0 };
  const SECOND = { accepted: 5, hard: 0, soft: 0, block: 0, complaints: 1 };
  const rates = (by: 'campaign' | 'sender' | 'destination', days = 30, campaign?: string) =>
    deliverability(ctx, { by, days, campaign });

  it('counts by campaign and day', async () => {
    const { series, total, lines, asOf } = await rates('campaign');
    expect(series.map(({ key, label, days: _, ...counts }) => [key, label, counts])).toEqual([
      [first, 'Spring letter', FIRST],
      [second, 'Spring letter', SECOND],
    ]);
    expect(series[0]?.days.map((one) => one.day)).toEqual([day(3), day(2)]);
    expect(total).toEqual({ accepted: 15, hard: 2, soft: 1, block: 3, complaints: 1 });
    expect(lines).toEqual({ bounceWarn: 2, bouncePause: 5, complaintWarn: 0.1, complaintPause: 0.3 });
    expect(Date.parse(asOf!)).toBeGreaterThan(Date.now() - 60_000);
  });

  it('counts by sender and by destination, in a span and for one campaign', async () => {
    expect((await rates('sender')).series).toMatchObject([
      { key: 'example.org', accepted: 15, complaints: 1 },
    ]);
    expect((await rates('destination')).series).toMatchObject([
      { key: 'example.com', accepted: 10, hard: 2, soft: 1 },
      { key: 'example.net', accepted: 5, block: 3, complaints: 1 },
    ]);
    expect((await rates('campaign', 1)).total).toEqual(SECOND);
    expect((await rates('destination', 30, second)).total).toEqual(SECOND);
  });

  it('sums up what is beyond the largest destinations', async () => {
    const rows = Array.from({ length: 130 }, (_, i) => ({
      campaign_id: second,
      batch_id: 1,
      subscriber_id: `many${i}`,
      email: `a@d${i}.example`,
      email_key: `a@d${i}.example`,
      address_hash: `many${i}`,
      language: 'en',
      state: 'accepted',
      created_at: 1,
      settled_at: Date.now() - DAY,
    }));
    await db.knex(TABLE.deliveries).insert(rows);
    await db.knex(TABLE.rateRuns).update({ made_at: 0 });
    const { series, total } = await rates('destination');
    expect(series).toHaveLength(51);
    expect(series.at(-1)).toMatchObject({ key: '', accepted: 132 - 50 });
    expect(total.accepted).toBe(145);
  });

  it('shows the state of each way in', async () => {
    await noteSource(db.knex, 'webhook', 'generic', { seenAt: Date.now() - 60_000, taken: 2 });
    await noteSource(db.knex, 'webhook', 'generic', { refusal: 'The signature is missing.', refused: 1 });
    await noteSource(db.knex, 'mailbox', 'old one', { seenAt: 1, taken: 1 });
    expect(await feedbackSources(ctx)).toMatchObject([
      { way: 'mailbox', name: 'bounces', configured: true, state: 'silent', lastSeenAt: null, url: null },
      {
        way: 'webhook',
        name: 'generic',
        configured: true,
        state: 'ok',
        lastError: null,
        lastRefusal: 'The signature is missing.',
        lastRefusalAt: expect.any(String),
        taken: 2,
        refused: 1,
        url: 'http://localhost:1337/api/newsletter/feedback/generic',
      },
      { way: 'mailbox', name: 'old one', configured: false, state: 'stopped' },
    ]);
  });

  it('lets no stranger call a webhook failing, and shows one whose key is wrong', async () => {
    const refused = { refusal: 'The signature is missing.', refused: 1 };
    const stateAfter = async (...notes: Parameters<typeof noteSource>[3][]) => {
      await db.knex(TABLE.feedbackSources).delete();
      for (const note of notes) await noteSource(db.knex, 'webhook', 'generic', note);
      return (await feedbackSources(ctx)).find(({ way }) => way === 'webhook')!.state;
    };
    expect(await stateAfter()).toBe('silent');
    expect(await stateAfter(refused)).toBe('failing');
    expect(await stateAfter({ seenAt: Date.now() - 60_000 }, refused, refused)).toBe('ok');
    expect(await stateAfter(refused, { seenAt: Date.now() })).toBe('ok');
    expect(await stateAfter({ seenAt: Date.now() - 2 * DAY }, refused)).toBe('refusing');
    expect(await stateAfter({ seenAt: Date.now() - 60_000 }, { error: 'It was ended.' }, refused)).toBe(
      'failing',
    );
  });

  it('does not call a mailbox or a listener well that no process works on any more', async () => {
    const auth = { user: 'u', pass: 'p' };
    const mailboxes = [
      { name: 'often', host: 'imap.example.com', auth },
      { name: 'seldom', host: 'imap.example.com', auth, pollSeconds: 600 },
    ];
    const { config } = await createTestContext(db.knex, {
      bounce: { domain: 'bounce.example.com', listener: {}, mailboxes },
      feedback: { generic: { secret: 'a secret of thirty-two octets ....' } },
    });
    const states = async (minutes: number) => {
      const seenAt = Date.now() - minutes * 60_000;
      await db.knex(TABLE.feedbackSources).delete();
      await noteSource(db.knex, 'listener', 'smtp', { seenAt });
      await noteSource(db.knex, 'webhook', 'generic', { seenAt });
      for (const { name } of mailboxes) await noteSource(db.knex, 'mailbox', name, { seenAt });
      return (await feedbackSources({ ...ctx, config })).map(({ name, state }) => [name, state]);
    };
    const four = (smtp: string, often: string, seldom: string) => [
      ['smtp', smtp],
      ['often', often],
      ['seldom', seldom],
      ['generic', 'ok'],
    ];
    expect(await states(9)).toEqual(four('ok', 'ok', 'ok'));
    expect(await states(39)).toEqual(four('stopped', 'stopped', 'ok'));
    expect(await states(41)).toEqual(four('stopped', 'stopped', 'stopped'));
  });
});
