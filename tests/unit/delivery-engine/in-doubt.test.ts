import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  cancel,
  finishIfDone,
  inDoubtPage,
  leaveAllInDoubt,
  sendInDoubtAgain,
} from '../../../server/src/campaign';
import { createPumpEnv, pump, type PumpEnv } from '../../../server/src/delivery/pump';
import { inDoubtCampaigns, TABLE } from '../../../server/src/storage';
import { createTestContext } from '../../helpers/context';
import { databaseKinds } from '../../helpers/database';
import { createBed, until, type Bed } from '../../integration/faults-bed';

const PAGE = { page: 1, pageSize: 20 };
const ELEVEN_MINUTES = 11 * 60_000;

describe.each(databaseKinds)('what is in doubt, on %s', (database) => {
  let bed: Bed;
  let env: PumpEnv;
  beforeEach(async () => {
    bed = await createBed({ recipients: 6, database, name: (n) => (n < 4 ? 'lost' : 'person') });
    const ctx = await createTestContext(bed.db.knex, bed.config);
    ctx.log.warn = () => {};
    env = createPumpEnv(ctx);
    await bed.receiver.script({ dropAfterDot: ['lost'] });
    await pumpToEnd();
    await bed.receiver.script({});
  });
  afterEach(async () => {
    await env.epochs.stop();
    for (const transport of env.transports.values()) await transport.close();
    await bed.destroy();
  });

  const pumpToEnd = () =>
    until('the campaign is sent', async () => {
      await pump(env, bed.campaignId, new AbortController().signal);
      return (await bed.state()) === 'sent';
    });
  const deliveries = () => bed.db.knex(TABLE.deliveries);
  const age = (ms = ELEVEN_MINUTES) =>
    deliveries()
      .where({ state: 'in_doubt' })
      .update({ settled_at: Date.now() - ms });
  const again = (by = 'Ada') => sendInDoubtAgain(env.ctx, bed.campaignId, by);
  const page = () => inDoubtPage(env.ctx, bed.campaignId, PAGE);
  const toMind = async () => (await inDoubtCampaigns(env.ctx.knex, 0)).map(({ count }) => count);

  it('lists it, and lets nobody send it again before ten minutes are over', async () => {
    const { results, summary, pagination } = await page();
    expect(pagination.total).toBe(4);
    expect(summary).toMatchObject({ total: 4, undecided: 4, ready: 0, decisions: [] });
    expect(results[0]).toMatchObject({
      email: 'lost-0@inbox.test',
      transport: 'relay',
      attempt: 1,
      reason: 'in-doubt',
      left: false,
      ready: false,
    });
    const wait = Date.parse(summary.nextReadyAt!) - Date.now();
    expect(wait).toBeGreaterThan(9 * 60_000);
    expect(wait).toBeLessThanOrEqual(10 * 60_000);
    await expect(again()).rejects.toMatchObject({ code: 'too-early', status: 409 });
    expect(await bed.state()).toBe('sent');
  });

  it('sends it again with the same Message-ID, after another look at each person, and ends again', async () => {
    await age();
    const [first] = await deliveries().where({ email: 'lost-0@inbox.test' });
    await bed.db
      .knex(TABLE.suppressions)
      .insert({ address_hash: first.address_hash, reason: 'manual', since: Date.now() });
    const [second] = await deliveries().where({ email: 'lost-1@inbox.test' });
    await bed.db
      .knex(TABLE.subscribers)
      .where({ document_id: second.subscriber_id })
      .update({ status: 'unsubscribed' });
    const both = await Promise.all([again('Ada'), again('Bob')]);
    expect(both.map(({ recipients }) => recipients).sort()).toEqual([0, 4]);
    expect(await bed.state()).toBe('sending');
    expect((await page()).summary.decisions).toMatchObject([
      { decision: 'send-again', recipients: 4, by: expect.stringMatching(/^(Ada|Bob)$/) },
    ]);
    await pumpToEnd();
    expect((await bed.tally()).states).toEqual({ accepted: 4, skipped: 2 });
    const sent = (await bed.receiver.ledger()).filter(({ to }) => to === 'lost-2@inbox.test');
    expect(sent.map(({ reply }) => reply)).toEqual(['dropped', 250]);
    expect(new Set(sent.map(({ messageId }) => messageId)).size).toBe(1);
    expect(await deliveries().where({ email: 'lost-2@inbox.test' }).first('attempt')).toMatchObject({
      attempt: 2,
    });
    // Nothing is left to decide: asking once more does nothing.
    expect(await again()).toEqual({ recipients: 0, state: 'sent' });
  });

  it('is not ended, or failed, by who looks at the campaign at the same moment', async () => {
    await age();
    await bed.db.knex(TABLE.campaigns).where({ document_id: bed.campaignId }).update({ state: 'sending' });
    await bed.db.knex(TABLE.runs).update({ ended_at: null, ended_as: null });
    const [result] = await Promise.all([again(), finishIfDone(env.ctx, bed.campaignId)]);
    expect(result.recipients).toBe(4);
    expect(await bed.state()).toBe('sending');
    expect(await deliveries().where({ state: 'queued' })).toHaveLength(4);
    expect(await bed.db.knex(TABLE.runs).first('ended_at')).toMatchObject({ ended_at: null });
  });

  it('reminds nobody of what was left, and asks again about what comes later', async () => {
    expect(await toMind()).toEqual([4]);
    expect(await leaveAllInDoubt(env.ctx, bed.campaignId, 'Ada')).toEqual({ recipients: 4, state: 'sent' });
    expect(await leaveAllInDoubt(env.ctx, bed.campaignId, 'Bob')).toMatchObject({ recipients: 0 });
    expect(await toMind()).toEqual([]);
    expect((await page()).summary).toMatchObject({
      total: 4,
      undecided: 0,
      decisions: [{ decision: 'leave', recipients: 4, by: 'Ada' }],
    });
    // A change of mind is none of an error.
    await age();
    await bed.receiver.script({ dropAfterDot: ['lost-3'] });
    expect(await again()).toMatchObject({ recipients: 4, state: 'sending' });
    await pumpToEnd();
    expect((await bed.tally()).states).toEqual({ accepted: 5, in_doubt: 1 });
    expect(await toMind()).toEqual([1]);
    expect((await page()).results).toMatchObject([{ email: 'lost-3@inbox.test', attempt: 2, left: false }]);
  });

  it('sends nothing of a cancelled campaign, and knows no campaign that is not there', async () => {
    await age();
    await bed.db.knex(TABLE.campaigns).where({ document_id: bed.campaignId }).update({ state: 'sending' });
    await bed.db.knex(TABLE.runs).update({ ended_at: null, ended_as: null });
    await cancel(env.ctx, bed.campaignId);
    await expect(again()).rejects.toMatchObject({ code: 'wrong-state', status: 409 });
    expect((await page()).summary.total).toBe(4);
    await expect(sendInDoubtAgain(env.ctx, 'nosuchcampaign', null)).rejects.toMatchObject({ status: 404 });
    await expect(inDoubtPage(env.ctx, 'nosuchcampaign', PAGE)).rejects.toMatchObject({ status: 404 });
  });
});
