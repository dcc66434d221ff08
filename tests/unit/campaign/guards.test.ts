import { createId } from '@paralleldrive/cuid2';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { guardCampaigns, guardWarnings, resume } from '../../../server/src/campaign';
import type { Context } from '../../../server/src/context';
import { overview } from '../../../server/src/insight';
import { classify, GIVE_UP_AFTER } from '../../../server/src/delivery/replies';
import type { SendOutcome } from '../../../server/src/delivery/types';
import { DestinationFinder } from '../../../server/src/delivery/pacing/destination';
import { saveSettings } from '../../../server/src/settings';
import {
  addDestinationCounts,
  addEvent,
  findCampaign,
  readState,
  readSuppression,
  TABLE,
} from '../../../server/src/storage';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../../helpers/database';
import { addPeople, addRun } from './fixtures';

const DAY = 24 * 3600 * 1000;

describe.each(databaseKinds)('guards on %s', (kind) => {
  let db: TestDatabase;
  let ctx: Context;
  let told: string[] = [];
  let people = 0;

  beforeAll(async () => {
    db = await createTestDatabase(kind);
    ctx = {
      ...(await createTestContext(db.knex)),
      log: { debug() {}, info() {}, warn() {}, error: console.error },
      emit: (name) => void told.push(name),
    };
    await saveSettings(db.knex, {
      thresholds: { hardBounces: { atLeast: 20 }, complaints: { atLeast: 2 }, refusals: { last: 20 } },
    });
  });
  beforeEach(() => (told = []));
  afterAll(() => db.destroy());

  /** Recipients of a campaign as they were settled, a minute ago and more. */
  async function settle(
    campaignId: string,
    count: number,
    { domain, ...fields }: { domain?: string; [column: string]: unknown } = {},
  ): Promise<string[]> {
    const emails = Array.from(
      { length: count },
      () => `p${people++}@${domain ?? `d${people % 5}.example.com`}`,
    );
    const ids = await addPeople(
      ctx,
      emails.map((email) => ({ email })),
    );
    const rows = emails.map((email, i) => ({
      campaign_id: campaignId,
      batch_id: 1,
      subscriber_id: ids[i],
      email,
      email_key: email,
      address_hash: ctx.tokens.addressHash(email),
      language: 'en',
      state: 'accepted',
      created_at: 1,
      settled_at: Date.now() - 2 * 60_000,
      ...fields,
    }));
    for (let at = 0; at < rows.length; at += 100)
      await db.knex(TABLE.deliveries).insert(rows.slice(at, at + 100));
    return emails;
  }
  const finder = new DestinationFinder({});
  const receivers = { destinationOf: (domain: string) => finder.find(domain, null) };
  const dead = { state: 'bounced', reason: 'invalid' };
  /** As if the time for the next look had come. */
  const look = async () => {
    await db.knex(TABLE.campaignGuards).update({ judged_at: 0 });
    await guardCampaigns(ctx, receivers);
  };
  const stateOf = async (id: string) => {
    const row = await db.knex(TABLE.campaigns).where({ document_id: id }).first();
    return [row.state, row.state_reason];
  };

  it('pause a campaign to a dead list with a sentence, and leave it to a person who goes on', async () => {
    const id = await addRun(ctx, 'sending');
    await settle(id, 90);
    await settle(id, 10, dead);
    await look();
    expect(await stateOf(id)).toEqual([
      'paused',
      expect.stringMatching(/^10 % of the addresses do not exist .* resume/),
    ]);
    expect((await findCampaign(db.knex, id))?.stateCause).toEqual({
      id: 'guard-hard-bounces',
      values: { share: 10, line: 5 },
    });
    expect(told).toEqual(['campaign-paused']);
    await resume(ctx, id);
    expect(await findCampaign(db.knex, id)).toMatchObject({ stateReason: null, stateCause: null });
    await look();
    expect(await readState(db.knex, id)).toBe('sending');
    await settle(id, 20, dead);
    await look();
    expect(await readState(db.knex, id)).toBe('paused');
  });

  it('pause for complaints', async () => {
    const id = await addRun(ctx, 'sending');
    await settle(id, 100);
    for (const subscriberId of ['a', 'b'])
      await addEvent(db.knex, { type: 'complaint', campaignId: id, deliveryId: null, subscriberId, at: 1 });
    await look();
    expect(await stateOf(id)).toEqual([
      'paused',
      expect.stringMatching(/^2 % of the recipients called this mail spam/),
    ]);
  });

  it('pause for a burst of refusals by several domains, waiting ones included', async () => {
    const id = await addRun(ctx, 'sending');
    await settle(id, 5);
    await settle(id, 30, { state: 'deferred', reason: 'authentication', settled_at: null });
    await look();
    expect(await stateOf(id)).toEqual([
      'paused',
      expect.stringMatching(/^85.71 % of the last mails were refused/),
    ]);
  });

  it.each(['other', 'protocol', 'size'])('pause when everybody refuses for good, as %s', async (reason) => {
    const id = await addRun(ctx, 'sending');
    await settle(id, 5);
    await settle(id, 15, { state: 'deferred', reason, settled_at: null });
    await look();
    expect(await readState(db.knex, id)).toBe('sending');
    await settle(id, 30, { state: 'bounced', reason });
    await look();
    expect(await readState(db.knex, id)).toBe('paused');
  });

  it('pause when one large receiver refuses our authentication, at once or behind a relay, and no small one', async () => {
    const refused = { reason: 'authentication', settled_at: null };
    const took = async (campaignId: string, destination: string, accepted: number) =>
      addDestinationCounts(db.knex, [{ campaignId, source: 'relay', destination, accepted }], Date.now());
    const small = await addRun(ctx, 'sending');
    await settle(small, 30, {
      ...refused,
      state: 'deferred',
      domain: 'firm.example',
      destination: 'firm.example',
    });
    const direct = await addRun(ctx, 'sending');
    await settle(direct, 40);
    await took(direct, 'google', 3);
    await settle(direct, 6, {
      ...refused,
      state: 'deferred',
      domain: 'workspace.example',
      destination: 'google',
    });
    const relayed = await addRun(ctx, 'sending');
    await settle(relayed, 40);
    await took(relayed, 'google', 20);
    await settle(relayed, 15, { reason: 'authentication', state: 'bounced', domain: 'gmail.com' });
    await look();
    expect(await readState(db.knex, small)).toBe('sending');
    expect(await stateOf(direct)).toEqual(['paused', expect.stringMatching(/^Gmail refused 66.67 %/)]);
    expect(await stateOf(relayed)).toEqual(['paused', expect.stringMatching(/^Gmail refused 75 %/)]);

    await resume(ctx, direct);
    await settle(direct, 10, { ...refused, state: 'deferred', domain: 'gmail.com', destination: 'google' });
    await look();
    expect(await readState(db.knex, direct)).toBe('sending');
    const { attention } = await overview(ctx);
    expect(attention.find((item) => item.campaign === direct)).toMatchObject({
      id: 'danger-authentication',
      values: { share: 100, receiver: 'Gmail' },
    });
  });

  it('look at a campaign once within their interval, whichever process asks', async () => {
    const id = await addRun(ctx, 'sending');
    await look();
    await settle(id, 90);
    await settle(id, 10, dead);
    await Promise.all([guardCampaigns(ctx, receivers), guardCampaigns(ctx, receivers)]);
    expect(await readState(db.knex, id)).toBe('sending');
    await look();
    expect(await readState(db.knex, id)).toBe('paused');
  });

  it('warn of a campaign that ended, on the overview', async () => {
    const id = await addRun(ctx, 'sent');
    await db.knex(TABLE.runs).where({ campaign_id: id }).update({ ended_at: Date.now(), ended_as: 'sent' });
    await settle(id, 97);
    await settle(id, 3, dead);
    await look();
    expect(await readState(db.knex, id)).toBe('sent');
    expect(await guardWarnings(ctx)).toContainEqual({
      campaignId: id,
      guard: 'hard-bounces',
      share: 3,
      line: 2,
      receiver: null,
    });
    const { attention } = await overview(ctx);
    expect(attention.find((item) => item.id === 'danger-hard-bounces')).toMatchObject({
      campaign: id,
      values: { share: 3, line: 2 },
    });
  });

  it('suppress who failed softly while sending often enough, as by mail', async () => {
    const [first, second, third] = await Promise.all(
      ['sent', 'sent', 'sending'].map((state) => addRun(ctx, state as 'sent')),
    );
    const ended = { ended_at: Date.now(), ended_as: 'sent' };
    await db.knex(TABLE.runs).whereIn('campaign_id', [first!, second!]).update(ended);
    const full = { state: 'bounced', reason: 'mailbox-full', reply_text: 'over quota' };
    const [email] = await settle(third!, 1, full);
    const [other] = await settle(third!, 1, full);
    const before = async (address: string, campaignId: string, days: number, fields: object) => {
      const row = await db.knex(TABLE.deliveries).where({ campaign_id: third, email: address }).first();
      const { id: _, ...rest } = row;
      const settled_at = Date.now() - days * DAY;
      await db.knex(TABLE.deliveries).insert({ ...rest, campaign_id: campaignId, settled_at, ...fields });
    };
    await before(email!, first!, 20, { state: 'failed', reason: 'expired' });
    await before(email!, second!, 10, full);
    await before(other!, first!, 20, full);
    await before(other!, second!, 10, { state: 'accepted', reason: null });
    await look();
    const reason = async (address: string) =>
      (await readSuppression(db.knex, ctx.tokens.addressHash(address)))?.reason;
    expect(await reason(email!)).toBe('soft-bounces');
    expect(await reason(other!)).toBeUndefined();
    expect(told).toContain('subscriber-bounced');
    const person = await db.knex(TABLE.subscribers).where({ email_key: email }).first();
    expect([person.status, person.status_reason, person.status_campaign]).toEqual([
      'bounced',
      'soft-bounces',
      third,
    ]);
    // Lifted by a person, it is not suppressed again for the same failures.
    await db.knex(TABLE.suppressions).delete();
    await look();
    expect(await reason(email!)).toBeUndefined();
  });

  it('suppress who was given up in three campaigns, unless the last refusals were about us', async () => {
    const refused = (code: number, text: string): SendOutcome => ({
      kind: 'refused',
      stage: 'rcpt',
      reply: { code, status: null, text },
    });
    const lasts: Record<string, SendOutcome> = {
      reputation: refused(554, 'Blocked using zen.spamhaus.org'),
      rate: refused(450, 'Too many messages, slow down'),
      greylist: refused(451, 'Greylisted'),
      full: refused(452, 'Mailbox full'),
      away: { kind: 'lost', stage: 'connect', message: 'connect ETIMEDOUT' },
    };
    const campaigns = await Promise.all(['sent', 'sent', 'sent'].map(() => addRun(ctx, 'sent')));
    await db
      .knex(TABLE.runs)
      .whereIn('campaign_id', campaigns)
      .update({ ended_at: Date.now(), ended_as: 'sent' });
    const suppressed: Record<string, string | undefined> = {};
    const emails = new Map<string, string>();
    for (const [name, last] of Object.entries(lasts)) {
      const now = Date.now();
      const { state, reason } = classify(last, { attempt: 17, firstQueuedAt: now - GIVE_UP_AFTER, now });
      expect(state).toBe('failed');
      const [email] = await settle(campaigns[2]!, 1, { state, reason });
      emails.set(name, email!);
      const { id: _, ...row } = await db
        .knex(TABLE.deliveries)
        .where({ campaign_id: campaigns[2], email })
        .first();
      for (const [i, days] of [20, 10].entries())
        await db
          .knex(TABLE.deliveries)
          .insert({ ...row, campaign_id: campaigns[i], settled_at: now - days * DAY });
    }
    await look();
    for (const [name, email] of emails)
      suppressed[name] = (await readSuppression(db.knex, ctx.tokens.addressHash(email)))?.reason;
    expect(suppressed).toEqual({
      reputation: undefined,
      rate: undefined,
      greylist: undefined,
      full: 'soft-bounces',
      away: 'soft-bounces',
    });
  });

  it('forget feedback that led to nothing, and keep evidence and what waits', async () => {
    const old = Date.now() - 91 * DAY;
    const row = (result: string, received_at: number) => ({
      event_key: createId(),
      way: 'mailbox',
      source: 'x',
      kind: 'bounce',
      result,
      why: 'x',
      reason: 'undefined',
      class: 'other',
      severity: 'soft',
      at: received_at,
      received_at,
    });
    await db
      .knex(TABLE.feedback)
      .insert([
        row('unmatched', old),
        row('ignored', old),
        row('applied', old),
        row('held', old),
        row('unmatched', Date.now()),
      ]);
    // More than one statement takes.
    await db.knex.batchInsert(
      TABLE.feedback,
      Array.from({ length: 1200 }, () => row('duplicate', old)),
      50,
    );
    await look();
    const left = await db.knex(TABLE.feedback).orderBy('id').select('result');
    expect(left.map(({ result }: { result: string }) => result)).toEqual(['applied', 'held', 'unmatched']);
  });
});
