import { createId } from '@paralleldrive/cuid2';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  claimBatch,
  commitTick,
  openEpoch,
  recoverEpoch,
  TABLE,
  type LedgerTick,
  type OutcomeRow,
} from '../../../server/src/storage';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../../helpers/database';

const CAMPAIGN = createId();
const hash = (n: number) => String(n).padStart(32, '0');

describe.each(databaseKinds)('a group commit on %s', (kind) => {
  let db: TestDatabase;
  let people: string[];
  let ids: number[];
  let epoch: number;

  beforeAll(async () => {
    db = await createTestDatabase(kind);
  });
  afterAll(() => db.destroy());

  beforeEach(async () => {
    const tables = [TABLE.deliveries, TABLE.batches, TABLE.epochs, TABLE.subscribers, TABLE.suppressions];
    for (const table of tables) await db.knex(table).delete();
    const stamps = { created_at: new Date(), updated_at: new Date(), published_at: new Date() };
    people = Array.from({ length: 5 }, () => createId());
    const address = (n: number) => ({
      email: `p${n}@x.test`,
      email_key: `p${n}@x.test`,
      address_hash: hash(n),
    });
    await db
      .knex(TABLE.subscribers)
      .insert(
        people.map((document_id, n) => ({ document_id, ...address(n), status: 'subscribed', ...stamps })),
      );
    await db.knex(TABLE.batches).insert({ campaign_id: CAMPAIGN, size: 5 });
    const batch = Number((await db.knex(TABLE.batches).first('id')).id);
    await db.knex(TABLE.deliveries).insert(
      people.map((subscriber_id, n) => ({
        campaign_id: CAMPAIGN,
        batch_id: batch,
        subscriber_id,
        ...address(n),
        language: 'en',
        created_at: 1,
      })),
    );
    ids = (await db.knex(TABLE.deliveries).orderBy('id').pluck('id')).map(Number);
    epoch = await openEpoch(db.knex, { host: 'h', pid: 1, leaseMs: 60_000 });
    await claimBatch(db.knex, CAMPAIGN, epoch);
  });

  const tick = (over: Partial<LedgerTick> = {}): LedgerTick => ({
    epoch,
    leaseMs: 60_000,
    asked: [],
    open: [],
    outcomes: [],
    now: 5,
    ...over,
  });
  const outcome = (deliveryId: number, over: Partial<OutcomeRow> = {}): OutcomeRow => ({
    deliveryId,
    attempt: 0,
    tried: true,
    state: 'accepted',
    reason: null,
    nextAt: 0,
    replyCode: 250,
    replyStatus: '2.0.0',
    replyText: `queued as "${deliveryId}" \\ ✓ ' ?`,
    transport: 'relay',
    ...over,
  });
  const row = (id: number) => db.knex(TABLE.deliveries).where({ id }).first();
  const lease = async () => {
    const [found] = await db.knex(TABLE.epochs).where({ epoch });
    return (
      found && { until: Number(found.lease_until), open: (JSON.parse(found.open_ids) as number[]).sort() }
    );
  };

  it('writes intents down together with the outcomes of others', async () => {
    const before = (await lease())!.until;
    const [a, b, c] = ids as [number, number, number];
    const result = await commitTick(
      db.knex,
      tick({ asked: [b, c], open: [77], outcomes: [outcome(a)], leaseMs: 90_000 }),
    );
    expect(result).toEqual({ admitted: new Set([b, c]), alive: true, written: 1 });
    expect((await lease())!.open).toEqual([77, b, c].sort());
    expect((await lease())!.until).toBeGreaterThan(before + 20_000);
    expect(await row(a)).toMatchObject({
      state: 'accepted',
      reason: null,
      attempt: 1,
      reply_code: 250,
      reply_status: '2.0.0',
      reply_text: `queued as "${a}" \\ ✓ ' ?`,
      transport: 'relay',
    });
    expect(Number((await row(a)).settled_at)).toBe(5);
  });

  it('commits nothing but the lease when there is nothing', async () => {
    expect(await commitTick(db.knex, tick())).toEqual({ admitted: new Set(), alive: true, written: 0 });
    expect((await lease())!.open).toEqual([]);
  });

  it('admits nobody who was suppressed, deleted or corrected since the claim, is finished, or is not held', async () => {
    const [suppressed, deleted, corrected, finished, fine] = ids as [number, number, number, number, number];
    await db.knex(TABLE.suppressions).insert({ address_hash: hash(0), reason: 'unsubscribe', since: 1 });
    await db.knex(TABLE.subscribers).where({ document_id: people[1] }).delete();
    await db
      .knex(TABLE.subscribers)
      .where({ document_id: people[2] })
      .update({ address_hash: hash(9) });
    await db.knex(TABLE.deliveries).where({ id: finished }).update({ state: 'accepted' });
    const asked = [suppressed, deleted, corrected, finished, fine, 999_999];
    expect((await commitTick(db.knex, tick({ asked }))).admitted).toEqual(new Set([fine]));
    expect((await lease())!.open).toEqual([fine]);
    await db.knex(TABLE.batches).update({ epoch: null });
    expect((await commitTick(db.knex, tick({ asked }))).admitted.size).toBe(0);
    expect((await lease())!.open).toEqual([]);
  });

  it('admits nothing once the lease ran out, and still writes what was replied', async () => {
    const [a, b, c] = ids as [number, number, number];
    await commitTick(db.knex, tick({ asked: [a, b] }));
    await db.knex(TABLE.epochs).where({ epoch }).update({ lease_until: 1 });
    const result = await commitTick(db.knex, tick({ asked: [c], open: [b], outcomes: [outcome(a)] }));
    expect(result).toEqual({ admitted: new Set(), alive: false, written: 1 });
    expect(await lease()).toEqual({ until: 1, open: [b] });
    expect(await row(a)).toMatchObject({ state: 'accepted' });
  });

  it('resolves by a late reply what recovery had put in doubt', async () => {
    const [a, b] = ids as [number, number];
    await commitTick(db.knex, tick({ asked: [a, b] }));
    await db.knex(TABLE.epochs).where({ epoch }).update({ lease_until: 1 });
    await recoverEpoch(db.knex, epoch);
    const result = await commitTick(
      db.knex,
      tick({ asked: [b], outcomes: [outcome(a), outcome(b, { attempt: 3 })] }),
    );
    expect(result).toEqual({ admitted: new Set(), alive: false, written: 1 });
    expect(await row(a)).toMatchObject({ state: 'accepted', attempt: 1 });
    expect(await row(b)).toMatchObject({ state: 'in_doubt' });
  });

  it('keeps when a row was put off for the first time', async () => {
    const [a] = ids as [number];
    const deferred = { state: 'deferred', reason: 'rate', nextAt: 40 } as const;
    await commitTick(db.knex, tick({ outcomes: [outcome(a, deferred)], now: 7 }));
    await commitTick(db.knex, tick({ outcomes: [outcome(a, { ...deferred, attempt: 1 })], now: 8 }));
    const { state, attempt, next_at, first_tried_at, settled_at } = await row(a);
    expect([state, attempt, Number(next_at), Number(first_tried_at), settled_at]).toEqual([
      'deferred',
      2,
      40,
      7,
      null,
    ]);
  });

  it('commits what belongs to it in the same transaction, or nothing', async () => {
    const [a] = ids as [number];
    await expect(
      commitTick(db.knex, tick({ asked: ids, outcomes: [outcome(a)] }), () =>
        Promise.reject(new Error('no')),
      ),
    ).rejects.toThrow('no');
    expect(await row(a)).toMatchObject({ state: 'queued' });
    expect((await lease())!.open).toEqual([]);
  });

  it('takes more outcomes than fit into one statement', async () => {
    const many = Array.from({ length: 1_200 }, (_, n) => outcome(n < 5 ? ids[n]! : 1_000_000 + n));
    expect((await commitTick(db.knex, tick({ outcomes: many }))).written).toBe(5);
  });
});
