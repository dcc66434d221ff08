import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addPerson } from '../../../../server/src/audience';
import type { Context } from '../../../../server/src/context';
import { discardFeedback, releaseFeedback, takeFeedback } from '../../../../server/src/feedback/act';
import { saveSettings } from '../../../../server/src/settings';
import { liftSuppression, readSuppression, suppressionHistory, TABLE } from '../../../../server/src/storage';
import { createTestContext } from '../../../helpers/context';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../../../helpers/database';
import { addCampaign, addDelivery, addList, count, hashOf, personOf, stateOf } from '../../audience/support';
import { BLOCKED, complaint, FULL, item } from './support';

const DAY = 24 * 3600 * 1000;

describe.each(databaseKinds)('what came back on %s', (kind) => {
  let db: TestDatabase;
  let ctx: Context;
  let list: string;
  let people = 0;
  const told: string[] = [];

  beforeAll(async () => {
    db = await createTestDatabase(kind);
    ctx = {
      ...(await createTestContext(db.knex)),
      emit: (name, payload) => void told.push(`${name} ${JSON.stringify(payload)}`),
    };
    list = await addList(db.knex, 'news');
  });
  beforeEach(() => told.splice(0));
  afterAll(() => db.destroy());

  async function mailed(
    fields: Parameters<typeof addDelivery>[2] = {},
  ): Promise<{ email: string; id: number }> {
    const email = `person${people++}@example.com`;
    await addPerson(ctx, { email, lists: [list], consent: true }, { source: 'admin' });
    return { email, id: await addDelivery(ctx, email, fields) };
  }
  const take = async (...items: Parameters<typeof takeFeedback>[1]) =>
    (await takeFeedback(ctx, items)).map(({ result, why }) => `${result} ${why}`);
  const delivery = async (id: number) => {
    const row = await db.knex(TABLE.deliveries).where({ id }).first();
    return [row.state, row.reason];
  };
  const suppression = async (email: string) =>
    (await readSuppression(db.knex, hashOf(ctx, email)))?.reason ?? null;

  it('a hard bounce suppresses at once, and says by which evidence', async () => {
    const { email, id } = await mailed();
    const [result] = await takeFeedback(ctx, [item({ deliveryId: id, evidence: `To: ${email}` })]);
    expect(result).toMatchObject({ result: 'applied', why: 'hard' });
    expect(await delivery(id)).toEqual(['bounced', 'invalid']);
    expect(await personOf(ctx, email)).toMatchObject({
      status: 'bounced',
      statusReason: 'hard-bounce',
      statusCampaign: 'campaign1',
    });
    expect(await readSuppression(db.knex, hashOf(ctx, email))).toMatchObject({
      reason: 'hard-bounce',
      feedbackId: result!.id,
      campaignId: 'campaign1',
    });
    expect(await db.knex(TABLE.feedback).where({ id: result!.id }).first()).toMatchObject({
      recipient: null,
      reply_text: '<…@example.com>: user unknown',
      evidence: 'To: …@example.com',
    });
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/^subscriber-bounced .*"via":"hard-bounce","campaign":"campaign1"/);
    expect(await count(db.knex, TABLE.events, { delivery_id: id, type: 'bounce' })).toBe(1);
  });

  it('without proof of ours nobody is suppressed', async () => {
    const { email, id } = await mailed();
    expect(await take(item({ deliveryId: null, proof: null, recipient: email }))).toEqual([
      'unmatched no-proof',
    ]);
    // Whoever calls may have found an id; only the proof counts.
    expect(await take(item({ deliveryId: id, proof: null, recipient: email }))).toEqual([
      'unmatched no-proof',
    ]);
    expect(await take(complaint({ deliveryId: null, proof: null, recipient: email }))).toEqual([
      'unmatched no-proof',
    ]);
    expect(await take(item({ deliveryId: 999_999_999, recipient: email }))).toEqual([
      'unmatched unknown-delivery',
    ]);
    expect(await delivery(id)).toEqual(['accepted', null]);
    expect((await stateOf(ctx, email)).status).toBe('subscribed');
    expect(await suppression(email)).toBeNull();
    expect(told).toEqual([]);
  });

  it('has one effect per delivery, in whatever order and however often it comes', async () => {
    const { email, id } = await mailed();
    const bounce = item({ deliveryId: id });
    const blamed = complaint({ deliveryId: id });
    expect(await take(bounce, bounce)).toEqual(['applied hard', 'duplicate same-event']);
    expect(await take(bounce)).toEqual(['duplicate same-event']);
    expect(await take(item({ deliveryId: id, ...FULL }))).toEqual(['duplicate had-its-effect']);
    expect(await take(item({ deliveryId: id, kind: 'delivered', severity: 'none' }))).toEqual([
      'ignored delivered',
    ]);
    expect(await delivery(id)).toEqual(['bounced', 'invalid']);
    expect(await take(blamed, complaint({ deliveryId: id }), blamed)).toEqual([
      'applied complaint',
      'duplicate had-its-effect',
      'duplicate same-event',
    ]);
    expect((await stateOf(ctx, email)).status).toBe('complained');
    expect(await suppression(email)).toBe('complaint');
    expect((await suppressionHistory(db.knex, hashOf(ctx, email))).map((past) => past.reason)).toEqual([
      'hard-bounce',
    ]);
    const events = await db.knex(TABLE.events).where({ delivery_id: id }).orderBy('id').select('type');
    expect(events.map(({ type }: { type: string }) => type)).toEqual(['bounce', 'complaint']);
  });

  it('takes the same event from two processes at the same moment once', async () => {
    const { id } = await mailed();
    const bounce = item({ deliveryId: id });
    const results = await Promise.all(Array.from({ length: 5 }, () => take(bounce)));
    expect(results.flat().sort()).toEqual(['applied hard', ...Array<string>(4).fill('duplicate same-event')]);
    expect(told).toHaveLength(1);
  });

  it('takes different reports about the same people at the same moment once each, by whichever way', async () => {
    const all = await Promise.all(Array.from({ length: 5 }, () => mailed()));
    const byMark = () => all.map(({ id }) => complaint({ deliveryId: id }));
    const byAddress = () =>
      all.map(({ email }) => complaint({ deliveryId: null, proof: 'provider', recipient: email }));
    const takes = [byMark(), byAddress().reverse(), byMark().reverse(), byAddress()];
    const results = (await Promise.all(takes.map((items) => take(...items)))).flat();
    expect(results.filter((result) => result === 'applied complaint')).toHaveLength(5);
    expect(results.filter((result) => result === 'duplicate had-its-effect')).toHaveLength(15);
  });

  it('what was refused while it was sent had its effect then', async () => {
    const { id } = await mailed({ state: 'bounced' });
    expect(await take(item({ deliveryId: id }))).toEqual(['duplicate refused-before']);
  });

  it('a complaint ends all subscriptions and stays; taking it back changes nothing', async () => {
    const { email, id } = await mailed();
    expect(await take(complaint({ deliveryId: id }))).toEqual(['applied complaint']);
    expect(await stateOf(ctx, email)).toEqual({ status: 'complained', lists: { [list]: 'unsubscribed' } });
    expect(await take(item({ deliveryId: id, kind: 'not-spam', severity: 'none' }))).toEqual([
      'ignored not-spam',
    ]);
    expect(await suppression(email)).toBe('complaint');
    expect(told).toHaveLength(1);
    expect(told[0]).toContain('subscriber-complained');
  });

  it('a complaint of somebody who was deleted suppresses their address', async () => {
    const addressHash = hashOf(ctx, 'was-here@example.com');
    expect(await take(complaint({ deliveryId: null, proof: 'list-unsubscribe', addressHash }))).toEqual([
      'applied complaint',
    ]);
    expect(await suppression('was-here@example.com')).toBe('complaint');
  });

  it('an unsubscribe by mail counts at once, also for an address whose delivery is gone', async () => {
    const { email, id } = await mailed();
    expect(
      await take(
        item({
          deliveryId: id,
          kind: 'unsubscribe',
          proof: 'list-unsubscribe',
          severity: 'none',
          addressHash: hashOf(ctx, email),
        }),
      ),
    ).toEqual(['applied unsubscribed']);
    expect((await stateOf(ctx, email)).status).toBe('unsubscribed');
    const row = await db.knex(TABLE.events).where({ delivery_id: id, type: 'unsubscribe' }).first();
    expect(row.detail).toBe('mailto');
    const stranger = hashOf(ctx, 'stranger@example.com');
    const left = { kind: 'unsubscribe', proof: 'list-unsubscribe', severity: 'none' } as const;
    expect(await take(item({ ...left, deliveryId: null, addressHash: stranger }))).toEqual([
      'applied unsubscribed',
    ]);
    expect(await suppression('stranger@example.com')).toBe('unsubscribed');
  });

  it('an unsubscribe that a provider tells has a way of its own', async () => {
    const { email } = await mailed();
    const told = { kind: 'unsubscribe', proof: 'provider', severity: 'none', deliveryId: null } as const;
    const source = { way: 'webhook', name: 'sendgrid' } as const;
    expect(await take(item({ ...told, source, recipient: email }))).toEqual(['applied unsubscribed']);
    expect(await personOf(ctx, email)).toMatchObject({ status: 'unsubscribed', statusReason: 'provider' });
  });

  it('a mail ends what one click ends, and what a provider tells ends everything', async () => {
    const other = await addList(db.knex, 'other');
    const campaign_id = await addCampaign(ctx, { include: { lists: [list], segments: [] } });
    await saveSettings(db.knex, { consent: { buttonEnds: 'lists' } });
    try {
      for (const way of ['mailbox', 'webhook'] as const) {
        const email = `part-${way}@example.com`;
        await addPerson(ctx, { email, lists: [list, other], consent: true }, { source: 'admin' });
        const id = await addDelivery(ctx, email, { campaign_id });
        const addressHash = hashOf(ctx, email);
        const left = { kind: 'unsubscribe', proof: 'verp', severity: 'none', deliveryId: id } as const;
        await take(item({ ...left, addressHash, source: { way, name: 'some' } }));
        expect(await stateOf(ctx, email)).toEqual(
          way === 'mailbox'
            ? { status: 'subscribed', lists: { [list]: 'unsubscribed', [other]: 'subscribed' } }
            : { status: 'unsubscribed', lists: { [list]: 'unsubscribed', [other]: 'unsubscribed' } },
        );
      }
    } finally {
      await saveSettings(db.knex, {});
    }
  });

  it('auto-replies and delays change nobody; anything that is proven resolves a doubt', async () => {
    const { email, id } = await mailed({ state: 'in_doubt' });
    expect(await take(item({ deliveryId: id, proof: null, kind: 'auto-reply', severity: 'none' }))).toEqual([
      'ignored auto-reply',
    ]);
    expect((await delivery(id))[0]).toBe('in_doubt');
    expect(await take(item({ deliveryId: id, kind: 'auto-reply', severity: 'none' }))).toEqual([
      'applied arrived',
    ]);
    expect((await delivery(id))[0]).toBe('accepted');
    expect((await stateOf(ctx, email)).status).toBe('subscribed');
    const doubtful = await mailed({ state: 'in_doubt' });
    expect(await take(item({ deliveryId: doubtful.id }))).toEqual(['applied hard']);
    expect((await delivery(doubtful.id))[0]).toBe('bounced');
  });

  it('what is said about us blames nobody', async () => {
    const { email, id } = await mailed();
    expect(await take(item({ deliveryId: id, ...BLOCKED }))).toEqual(['applied sender-problem']);
    expect(await delivery(id)).toEqual(['bounced', 'reputation']);
    expect((await stateOf(ctx, email)).status).toBe('subscribed');
    expect(await suppression(email)).toBeNull();
  });

  it('a full mailbox is suppressed after three campaigns over two weeks without a mail that arrived', async () => {
    const { email, id: third } = await mailed({ settled_at: Date.now() - DAY });
    const at = (campaign: string, days: number, state = 'bounced') =>
      addDelivery(ctx, email, { campaign_id: campaign, state, settled_at: Date.now() - days * DAY });
    const first = await at('campaign-first', 16);
    await db.knex(TABLE.deliveries).where({ id: first }).update({ reason: 'mailbox-full' });
    expect(await take(item({ deliveryId: third, ...FULL }))).toEqual(['applied soft-counted']);
    expect(await suppression(email)).toBeNull();

    const other = await mailed({ settled_at: Date.now() - DAY });
    for (const [campaign, days] of [
      ['campaign-a', 16],
      ['campaign-b', 9],
    ] as const) {
      const id = await addDelivery(ctx, other.email, {
        campaign_id: campaign,
        state: 'failed',
        settled_at: Date.now() - days * DAY,
      });
      await db.knex(TABLE.deliveries).where({ id }).update({ reason: 'expired' });
    }
    const [counted] = await takeFeedback(ctx, [item({ deliveryId: other.id, ...FULL })]);
    expect(await suppression(other.email)).toBe('soft-bounces');
    expect((await stateOf(ctx, other.email)).status).toBe('bounced');
    const row = await db.knex(TABLE.feedback).where({ id: counted!.id }).first();
    expect(row.why).toBe('soft-threshold');
    expect(told.at(-1)).toContain('"via":"soft-bounces"');

    // Somebody who comes back begins anew.
    await db
      .knex(TABLE.deliveries)
      .where({ id: other.id })
      .update({ settled_at: Date.now() - DAY });
    await liftSuppression(db.knex, hashOf(ctx, other.email), ['soft-bounces'], 'double-opt-in');
    const again = await addDelivery(ctx, other.email, {
      campaign_id: 'campaign-again',
      settled_at: Date.now() + 1000,
    });
    expect(await take(item({ deliveryId: again, ...FULL }))).toEqual(['applied soft-counted']);
    expect(await suppression(other.email)).toBeNull();
  });

  it('a signed webhook may name an address: its newest mail is meant', async () => {
    const { email, id } = await mailed();
    const provider = { deliveryId: null, proof: 'provider', recipient: email.toUpperCase() } as const;
    expect(await take(item({ ...provider }))).toEqual(['applied hard']);
    expect(await delivery(id)).toEqual(['bounced', 'invalid']);
    // Nobody we know: their provider knows the address as dead, so we do not mail it either.
    expect(await take(item({ ...provider, recipient: 'nobody@example.net' }))).toEqual(['applied hard']);
    expect(await suppression('nobody@example.net')).toBe('hard-bounce');
    expect(await take(item({ ...provider, recipient: 'no address' }))).toEqual(['unmatched no-address']);
  });

  it('two events that name only an address are both about its newest mail', async () => {
    const { email, id } = await mailed();
    const newest = await addDelivery(ctx, email, { campaign_id: 'campaign2' });
    const provider = { deliveryId: null, proof: 'provider', recipient: email } as const;
    expect(await take(item(provider))).toEqual(['applied hard']);
    expect(await take(item(provider))).toEqual(['duplicate had-its-effect']);
    expect([await delivery(newest), await delivery(id)]).toEqual([
      ['bounced', 'invalid'],
      ['accepted', null],
    ]);
  });

  it('a flood of one reporter waits for a person, who lets it count or puts it away', async () => {
    await saveSettings(db.knex, { thresholds: { floodPerMinute: 2 } });
    const all = await Promise.all([1, 2, 3, 4, 5].map(() => mailed()));
    const flood = (id: number) => item({ deliveryId: id, reporter: 'Broken.Example.com' });
    expect(await take(...all.slice(0, 4).map(({ id }) => flood(id)))).toEqual([
      'applied hard',
      'applied hard',
      'held flood',
      'held flood',
    ]);
    expect(await take(item({ deliveryId: all[4]!.id, reporter: 'other.example.com' }))).toEqual([
      'applied hard',
    ]);
    const [, , third, fourth] = all;
    expect(await suppression(third!.email)).toBeNull();
    // A held bounce is not applied by a copy of it.
    expect(await take(flood(third!.id))).toEqual(['duplicate had-its-effect']);
    const held = await db.knex(TABLE.feedback).where({ result: 'held' }).orderBy('id').select('id');
    expect(await discardFeedback(ctx, { ids: [Number(held[1].id)] }, 'Mia Miller')).toEqual({
      done: 1,
      left: 0,
    });
    expect(await releaseFeedback(ctx, { reporter: 'broken.example.com' }, 'Jane Doe')).toEqual({
      done: 1,
      left: 0,
    });
    expect(await suppression(third!.email)).toBe('hard-bounce');
    // Who decided is kept with the report and with what it did.
    expect(
      await db
        .knex(TABLE.feedback)
        .whereIn(
          'id',
          held.map(({ id }) => id as number),
        )
        .orderBy('id')
        .select('result', 'decided_by'),
    ).toEqual([
      { result: 'applied', decided_by: 'Jane Doe' },
      { result: 'discarded', decided_by: 'Mia Miller' },
    ]);
    expect(await readSuppression(db.knex, hashOf(ctx, third!.email))).toMatchObject({ addedBy: 'Jane Doe' });
    expect(await readSuppression(db.knex, hashOf(ctx, all[0]!.email))).toMatchObject({ addedBy: null });
    expect(await suppression(fourth!.email)).toBeNull();
    expect(await releaseFeedback(ctx, { reporter: 'broken.example.com' }, null)).toEqual({
      done: 0,
      left: 0,
    });
    await saveSettings(db.knex, {});
  });

  it('what is shown of a suppression names nobody', async () => {
    const { email, id } = await mailed();
    await take(item({ deliveryId: id, text: `<${email}> and 太郎@日本語.jp: unknown` }));
    expect(await readSuppression(db.knex, hashOf(ctx, email))).toMatchObject({
      detail: '<…@example.com> and …@日本語.jp: unknown',
    });
  });

  it('those who do not name themselves flood together', async () => {
    await saveSettings(db.knex, { thresholds: { floodPerMinute: 1 } });
    const [one, two] = [await mailed(), await mailed()];
    const nameless = ({ id }: { id: number }) => item({ deliveryId: id, reporter: null });
    expect(await take(nameless(one))).toEqual(['applied hard']);
    expect(await take(nameless(two))).toEqual(['held flood']);
    expect(await releaseFeedback(ctx, { reporter: null }, null)).toEqual({ done: 1, left: 0 });
    await saveSettings(db.knex, {});
  });

  it('keeps few copies about one mail, without evidence, and an unsubscribe counts nevertheless', async () => {
    const { email, id } = await mailed();
    const report = () => item({ deliveryId: id, evidence: 'a long story' });
    await take(report());
    const copies = await takeFeedback(ctx, Array.from({ length: 30 }, report));
    expect(new Set(copies.map(({ result, why }) => `${result} ${why}`))).toEqual(
      new Set(['duplicate had-its-effect']),
    );
    await take(...Array.from({ length: 30 }, () => item({ deliveryId: id, kind: 'auto-reply' })));
    expect(await count(db.knex, TABLE.feedback, { delivery_id: id })).toBe(20);
    expect(await db.knex(TABLE.feedback).where({ delivery_id: id }).whereNotNull('evidence')).toHaveLength(1);
    const left = { deliveryId: id, kind: 'unsubscribe', severity: 'none' } as const;
    expect(await take(item({ ...left, addressHash: hashOf(ctx, email) }))).toEqual(['applied unsubscribed']);
    expect((await stateOf(ctx, email)).status).toBe('unsubscribed');
    expect(await count(db.knex, TABLE.feedback, { delivery_id: id })).toBe(20);
  });

  it('strangers cannot fill the database', async () => {
    const [first] = await takeFeedback(ctx, [item({ deliveryId: null, proof: null })]);
    const { id: _, event_key: __, ...row } = await db.knex(TABLE.feedback).where({ id: first!.id }).first();
    const rows = Array.from({ length: 5000 }, (___, n) => ({ ...row, event_key: `filled-${kind}-${n}` }));
    await db.knex.batchInsert(TABLE.feedback, rows, 30);
    const before = await count(db.knex, TABLE.feedback, {});
    expect(await take(item({ deliveryId: null, proof: null }))).toEqual(['unmatched no-proof']);
    expect(await take(item({ deliveryId: null, proof: null, kind: 'auto-reply' }))).toEqual([
      'ignored auto-reply',
    ]);
    expect(await count(db.knex, TABLE.feedback, {})).toBe(before);
    const { id } = await mailed();
    expect(await take(item({ deliveryId: id }))).toEqual(['applied hard']);
    // A person who puts them away makes room.
    expect(await releaseFeedback(ctx, { result: 'unmatched' }, null)).toEqual({ done: 0, left: 0 });
    expect(await discardFeedback(ctx, { result: 'unmatched' }, null)).toEqual({ done: 1000, left: 1 });
    const room = await count(db.knex, TABLE.feedback, { result: 'unmatched' });
    expect(await take(item({ deliveryId: null, proof: null }))).toEqual(['unmatched no-proof']);
    expect(await count(db.knex, TABLE.feedback, { result: 'unmatched' })).toBe(room + 1);
    await db.knex(TABLE.feedback).where('event_key', 'like', 'filled-%').delete();
  });

  it('an unsubscribe counts although its delivery was erased', async () => {
    const { email, id } = await mailed();
    await db.knex(TABLE.deliveries).where({ id }).update({ email: '' });
    const addressHash = hashOf(ctx, email);
    expect(await take(item({ deliveryId: id, kind: 'unsubscribe', severity: 'none', addressHash }))).toEqual([
      'applied unsubscribed',
    ]);
    expect((await stateOf(ctx, email)).status).toBe('unsubscribed');
  });

  it('somebody who was erased stays out of it', async () => {
    const { id } = await mailed();
    await db.knex(TABLE.deliveries).where({ id }).update({ email: '' });
    expect(await take(item({ deliveryId: id }))).toEqual(['ignored erased']);
    expect(await db.knex(TABLE.feedback).where({ delivery_id: id }).first()).toMatchObject({
      subscriber_id: null,
      recipient: null,
    });
  });
});
