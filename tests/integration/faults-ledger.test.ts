import { createId } from '@paralleldrive/cuid2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  admissibleIds,
  anonymiseTraces,
  claimBatch,
  closeEpoch,
  dueDeliveries,
  expiredEpochs,
  failLate,
  forgetEvidence,
  freeOrphanedBatches,
  hasDueBatch,
  ledgerTransaction,
  liveEpochs,
  openEpoch,
  recoverEpoch,
  releaseBatch,
  reopenBatches,
  renewLease,
  TABLE,
  touchLastSent,
  writeOutcomes,
  type OutcomeRow,
} from '../../server/src/storage';
import { skipReason } from '../../server/src/delivery/engine-send';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../helpers/database';

const CAMPAIGN = createId();
const LIST = createId();
const hash = (n: number) => String(n).padStart(32, '0');

describe.each(databaseKinds)('the ledger on %s', (kind) => {
  let db: TestDatabase;
  let people: string[];
  let batch: number;

  beforeEach(async () => {
    db = await createTestDatabase(kind);
    const stamps = { created_at: new Date(), updated_at: new Date(), published_at: new Date() };
    people = Array.from({ length: 6 }, () => createId());
    await db.knex(TABLE.subscribers).insert(
      people.map((document_id, n) => ({
        document_id,
        email: `p${n}@x.test`,
        email_key: `p${n}@x.test`,
        address_hash: hash(n),
        status: n === 1 ? 'unsubscribed' : 'subscribed',
        attributes: JSON.stringify({ city: `c${n}` }),
        ...stamps,
      })),
    );
    await db.knex(TABLE.subscriptions).insert(
      people
        .filter((_, n) => n !== 3)
        .map((subscriber_id) => ({
          subscriber_id,
          list_id: LIST,
          status: 'subscribed',
          created_at: 1,
          updated_at: 1,
        })),
    );
    await db.knex(TABLE.suppressions).insert({ address_hash: hash(2), reason: 'complaint', since: 1 });
    await db.knex(TABLE.batches).insert({ campaign_id: CAMPAIGN, size: 6 });
    batch = Number((await db.knex(TABLE.batches).first('id')).id);
    await db.knex(TABLE.deliveries).insert(
      people.map((subscriber_id, n) => ({
        campaign_id: CAMPAIGN,
        batch_id: batch,
        subscriber_id,
        email: `p${n}@x.test`,
        email_key: `p${n}@x.test`,
        address_hash: hash(n),
        language: 'en',
        created_at: 1,
      })),
    );
  });
  afterEach(() => db.destroy());

  const epoch = (leaseMs = 60_000) => openEpoch(db.knex, { host: 'h', pid: 1, leaseMs });
  const due = (afterId = 0) => dueDeliveries(db.knex, { batchId: batch, afterId, limit: 100, lists: [LIST] });
  const rows = () =>
    db.knex(TABLE.deliveries).orderBy('id').select('id', 'state', 'reason', 'attempt', 'reply_text');
  const outcome = (deliveryId: number, over: Partial<OutcomeRow>): OutcomeRow => ({
    deliveryId,
    attempt: 0,
    tried: true,
    state: 'accepted',
    reason: null,
    nextAt: 0,
    replyCode: 250,
    replyStatus: '2.0.0',
    replyText: `queued as ${deliveryId} ✓`,
    transport: 'relay',
    ...over,
  });
  const write = (outcomes: OutcomeRow[]) =>
    ledgerTransaction(db.knex, (trx) => writeOutcomes(trx, outcomes, 5));

  it('gives a batch to one epoch only, with what decides about each row', async () => {
    const [a, b] = [await epoch(), await epoch()];
    const claims = await Promise.all([claimBatch(db.knex, CAMPAIGN, a), claimBatch(db.knex, CAMPAIGN, b)]);
    expect(claims.filter(Boolean)).toHaveLength(1);
    const claimed = await due();
    expect(claimed.map((row) => [row.person?.status, row.suppressed, row.onList])).toEqual([
      ['subscribed', false, true],
      ['unsubscribed', false, true],
      ['subscribed', true, true],
      ['subscribed', false, false],
      ['subscribed', false, true],
      ['subscribed', false, true],
    ]);
    expect(claimed[4]!.person!.attributes).toEqual({ city: 'c4' });
    expect(await due(claimed[3]!.id)).toHaveLength(2);
  });

  it('admits only what is unfinished, held, and not suppressed since the claim', async () => {
    const a = await epoch();
    await claimBatch(db.knex, CAMPAIGN, a);
    const ids = (await due()).map((row) => row.id);
    await db.knex(TABLE.deliveries).where({ id: ids[5] }).update({ state: 'skipped' });
    expect([...(await admissibleIds(db.knex, a, ids))].sort()).toEqual([ids[0], ids[1], ids[3], ids[4]]);
    await anonymiseTraces(db.knex, [people[4]!]);
    expect([...(await admissibleIds(db.knex, a, ids))].sort()).toEqual([ids[0], ids[1], ids[3]]);
    expect((await admissibleIds(db.knex, a + 1, ids)).size).toBe(0);
  });

  it('does not send to an address that was corrected since the freeze, or since the claim', async () => {
    const a = await epoch();
    await claimBatch(db.knex, CAMPAIGN, a);
    const claimed = await due();
    expect(skipReason(claimed[0]!)).toBeNull();
    const corrected = { email: 'new@x.test', email_key: 'new@x.test', address_hash: hash(99) };
    await db.knex(TABLE.subscribers).where({ document_id: people[0] }).update(corrected);
    const ids = claimed.map((row) => row.id);
    expect(await admissibleIds(db.knex, a, ids)).not.toContain(ids[0]);
    expect(await admissibleIds(db.knex, a, ids)).toContain(ids[4]);
    const again = await due();
    expect(skipReason(again[0]!)).toBe('address-changed');
    expect(skipReason(again[4]!)).toBeNull();
  });

  it('writes a set of different outcomes at once, each only at its attempt', async () => {
    const ids = (await due()).map((row) => row.id);
    await db.knex(TABLE.deliveries).where({ id: ids[4] }).update({ attempt: 3 });
    await db.knex(TABLE.deliveries).where({ id: ids[5] }).update({ state: 'skipped', reason: 'cancelled' });
    const written = await write([
      outcome(ids[0]!, {}),
      outcome(ids[1]!, { state: 'bounced', reason: 'dead', replyCode: 550, replyStatus: null }),
      outcome(ids[2]!, { state: 'deferred', nextAt: 99, replyText: null }),
      outcome(ids[3]!, { state: 'skipped', reason: 'left-list', tried: false }),
      outcome(ids[4]!, {}),
      outcome(ids[5]!, {}),
    ]);
    expect(written).toBe(5);
    expect((await rows()).map((row) => [row.state, Number(row.attempt)])).toEqual([
      ['accepted', 1],
      ['bounced', 1],
      ['deferred', 1],
      ['skipped', 0],
      ['queued', 3],
      ['accepted', 1],
    ]);
    expect((await rows())[0].reply_text).toBe(`queued as ${ids[0]} ✓`);
    expect(await write([outcome(ids[0]!, {})])).toBe(0);
  });

  it('does not bring back a skipped row with a deferral', async () => {
    const [id] = (await due()).map((row) => row.id);
    await db.knex(TABLE.deliveries).where({ id }).update({ state: 'skipped' });
    await write([outcome(id!, { state: 'deferred' })]);
    expect((await rows())[0].state).toBe('skipped');
  });

  it('renews a living lease and no other', async () => {
    const a = await epoch();
    expect(await renewLease(db.knex, { epoch: a, leaseMs: 60_000, openIds: [1, 2] })).toBe(true);
    expect((await liveEpochs(db.knex))[0]).toMatchObject({ epoch: a, open: 2 });
    const dead = await epoch(-1);
    expect(await renewLease(db.knex, { epoch: dead, leaseMs: 60_000, openIds: [] })).toBe(false);
    expect(await claimBatch(db.knex, CAMPAIGN, dead)).toBeNull();
  });

  it('buries a dead epoch once: open intents in doubt, batches free; a late reply resolves', async () => {
    const a = await epoch();
    await claimBatch(db.knex, CAMPAIGN, a);
    const ids = (await due()).map((row) => row.id);
    await renewLease(db.knex, { epoch: a, leaseMs: 60_000, openIds: [ids[0]!, ids[1]!] });
    expect(await recoverEpoch(db.knex, a)).toBeNull();
    await db.knex(TABLE.epochs).update({ lease_until: 1 });
    expect(await expiredEpochs(db.knex)).toMatchObject([{ epoch: a, evidence: null }]);
    const both = await Promise.all([recoverEpoch(db.knex, a), recoverEpoch(db.knex, a)]);
    expect(both.filter(Boolean)).toEqual([{ epoch: a, open: 2, inDoubt: 2, batches: 1 }]);
    expect((await rows()).map((row) => row.state).slice(0, 3)).toEqual(['in_doubt', 'in_doubt', 'queued']);
    expect(await write([outcome(ids[0]!, {}), outcome(ids[1]!, { attempt: 7 })])).toBe(1);
    expect((await rows())[0]).toMatchObject({ state: 'accepted' });
    expect(Number((await rows())[0].attempt)).toBe(1);
  });

  it('asks who knows more about open intents, and leaves to be sent what is not in doubt', async () => {
    const a = await openEpoch(db.knex, { host: 'h', pid: 1, leaseMs: 60_000, evidence: 'token' });
    await claimBatch(db.knex, CAMPAIGN, a);
    const ids = (await due()).map((row) => row.id);
    await db.knex(TABLE.deliveries).where({ id: ids[1] }).update({ attempt: 2 });
    await renewLease(db.knex, { epoch: a, leaseMs: 60_000, openIds: ids.slice(0, 4) });
    await write([outcome(ids[3]!, {})]);
    await db.knex(TABLE.epochs).update({ lease_until: 1 });
    const [expired] = await expiredEpochs(db.knex);
    expect(expired).toMatchObject({ epoch: a, evidence: 'token' });
    expect(expired!.sinceMs).toBeGreaterThan(60_000);
    const recovered = await recoverEpoch(db.knex, a, async (trx, open) => {
      // What has an outcome is nobody's question any more.
      expect(open.sort((x, y) => x.deliveryId - y.deliveryId)).toEqual([
        { deliveryId: ids[0], attempt: 0 },
        { deliveryId: ids[1], attempt: 2 },
        { deliveryId: ids[2], attempt: 0 },
      ]);
      await writeOutcomes(trx, [outcome(ids[0]!, { state: 'bounced', reason: 'invalid' })], Date.now());
      return [ids[1]!];
    });
    expect(recovered).toEqual({ epoch: a, open: 3, inDoubt: 1, batches: 1 });
    expect((await rows()).map((row) => [row.state, Number(row.attempt)]).slice(0, 4)).toEqual([
      ['bounced', 1],
      ['in_doubt', 3],
      ['queued', 0],
      ['accepted', 1],
    ]);
    const b = await openEpoch(db.knex, { host: 'h', pid: 1, leaseMs: -1, evidence: 'other' });
    await forgetEvidence(db.knex, 'other');
    expect(await expiredEpochs(db.knex)).toMatchObject([{ epoch: b, evidence: null }]);
  });

  it('opens a batch again, or settles the row, when "try later" comes after its end', async () => {
    const a = await epoch();
    await claimBatch(db.knex, CAMPAIGN, a);
    const [late, ...others] = (await due()).map((row) => row.id);
    await renewLease(db.knex, { epoch: a, leaseMs: 60_000, openIds: [late!] });
    await db.knex(TABLE.epochs).update({ lease_until: 1 });
    await recoverEpoch(db.knex, a);
    const b = await epoch();
    await claimBatch(db.knex, CAMPAIGN, b);
    await write(others.map((id) => outcome(id, {})));
    expect(await releaseBatch(db.knex, batch, b)).toBe('done');
    expect(await reopenBatches(db.knex, CAMPAIGN)).toBe(0);
    expect(await write([outcome(late!, { state: 'deferred', reason: 'rate' })])).toBe(1);
    expect(await reopenBatches(db.knex, CAMPAIGN)).toBe(1);
    expect(await hasDueBatch(db.knex, CAMPAIGN)).toBe(true);

    const run = { campaign_id: CAMPAIGN, version: 1, snapshot: '{}', created_at: 1 };
    await db.knex(TABLE.runs).insert({ ...run, ended_at: 1000, ended_as: 'sent' });
    await failLate(db.knex, 1001, 5);
    expect((await rows())[0]).toMatchObject({ state: 'deferred' });
    await failLate(db.knex, 1000, 5);
    expect((await rows())[0]).toMatchObject({ state: 'failed', reason: 'rate' });
  });

  it('gives a batch back until its first row is due, and ends it when nothing is left', async () => {
    const a = await epoch();
    await claimBatch(db.knex, CAMPAIGN, a);
    const later = Date.now() + 60_000;
    const ids = (await due()).map((row) => row.id);
    await write(ids.map((id, n) => outcome(id, n === 2 ? { state: 'deferred', nextAt: later } : {})));
    await touchLastSent(db.knex, batch, 0);
    const sent = await db.knex(TABLE.subscribers).whereNotNull('last_sent_at');
    expect(sent).toHaveLength(5);
    expect(await releaseBatch(db.knex, batch, a + 1)).toBe('lost');
    expect(await releaseBatch(db.knex, batch, a)).toBe('open');
    expect(await hasDueBatch(db.knex, CAMPAIGN)).toBe(false);
    expect(await claimBatch(db.knex, CAMPAIGN, a)).toBeNull();
    await db.knex(TABLE.batches).update({ next_at: 0 });
    await db.knex(TABLE.deliveries).where({ id: ids[2] }).update({ next_at: 0 });
    await claimBatch(db.knex, CAMPAIGN, a);
    await write([outcome(ids[2]!, { attempt: 1 })]);
    expect(await releaseBatch(db.knex, batch, a)).toBe('done');
  });

  it('frees what an ended or vanished epoch holds', async () => {
    const a = await epoch();
    await claimBatch(db.knex, CAMPAIGN, a);
    await closeEpoch(db.knex, a);
    expect(await hasDueBatch(db.knex, CAMPAIGN)).toBe(true);
    await db.knex(TABLE.batches).update({ epoch: 999 });
    expect(await freeOrphanedBatches(db.knex)).toBe(1);
    const b = await epoch();
    await claimBatch(db.knex, CAMPAIGN, b);
    expect(await freeOrphanedBatches(db.knex)).toBe(0);
  });
});
