import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  addDestinationCounts,
  deferredByDestination,
  destinationCounts,
  findDestination,
  forgetDestination,
  holdDeliveries,
  noteDestination,
  readDestinations,
  releaseHeld,
  TABLE,
  writeDestination,
  type DestinationRow,
} from '../../../server/src/storage';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../../helpers/database';

const NOW = 1_800_000_000_000;
const CAMPAIGN = 'campaign0000000000000001';
const row = (changes: Partial<DestinationRow> = {}): DestinationRow => ({
  source: 'relay',
  destination: 'google',
  concurrency: 4,
  rate: 0.5,
  rateUntil: NOW + 1,
  suspendedUntil: NOW + 2,
  reason: 'asked',
  reply: '421 4.7.0 try again in 5 minutes',
  saidAt: NOW,
  cuts: 1,
  suspensions: 1,
  refusingSince: NOW,
  version: 0,
  ...changes,
});

describe.each(databaseKinds)('destinations on %s', (kind) => {
  let db: TestDatabase;
  beforeAll(async () => void (db = await createTestDatabase(kind)));
  afterAll(() => db?.destroy());
  beforeEach(async () => {
    for (const table of [TABLE.destinations, TABLE.destinationCounts, TABLE.deliveries, TABLE.batches])
      await db.knex(table).delete();
  });

  it('are written by the one who knows the last word, and heard by the others', async () => {
    expect(await writeDestination(db.knex, row())).toBe(true);
    const first = await readDestinations(db.knex);
    expect(first.rows).toEqual([row({ version: 1 })]);
    expect(Math.abs(first.at - Date.now())).toBeLessThan(60_000);

    expect(await writeDestination(db.knex, row({ concurrency: 9 }))).toBe(false);
    expect(await writeDestination(db.knex, row({ concurrency: 2, version: 1 }))).toBe(true);
    expect(await writeDestination(db.knex, row({ concurrency: 3, version: 1 }))).toBe(false);
    expect(await findDestination(db.knex, 'relay', 'google')).toMatchObject({ concurrency: 2, version: 2 });
    expect((await readDestinations(db.knex, first.at)).rows).toHaveLength(1);
    expect((await readDestinations(db.knex, first.at + 3_600_000)).rows).toEqual([]);
  });

  it('are made once by processes that learn at the same moment', async () => {
    const all = await Promise.all([1, 2, 3, 4].map((cuts) => writeDestination(db.knex, row({ cuts }))));
    expect(all.filter(Boolean)).toHaveLength(1);
  });

  it('are forgotten once', async () => {
    await writeDestination(db.knex, row({ concurrency: null, rate: null }));
    expect(await forgetDestination(db.knex, 'relay', 'other')).toBe(false);
    expect(await forgetDestination(db.knex, 'relay', 'google')).toBe(true);
    expect(await forgetDestination(db.knex, 'relay', 'google')).toBe(false);
    expect(await findDestination(db.knex, 'relay', 'google')).toMatchObject({
      suspendedUntil: 0,
      suspensions: 0,
      version: 2,
    });
  });

  it('are counted over all processes, with what went within the last ten seconds', async () => {
    const at = Math.floor(NOW / 10_000) * 10_000;
    const add = (accepted: number, when: number, destination = 'google') =>
      addDestinationCounts(db.knex, [{ campaignId: CAMPAIGN, source: 'relay', destination, accepted }], when);
    const read = async (when: number) => (await destinationCounts(db.knex, [CAMPAIGN], when))[0];
    await Promise.all([add(40, at), add(20, at + 1_000)]);
    expect(await read(at + 5_000)).toMatchObject({ accepted: 60, perSecond: 6 });
    expect((await read(at + 15_000))!.perSecond).toBe(3);
    await add(10, at + 15_000);
    expect(await read(at + 15_000)).toMatchObject({ accepted: 70, perSecond: 4 });
    expect((await read(at + 40_000))!.perSecond).toBe(0);
    await add(5, at + 40_000);
    expect(await read(at + 40_000)).toMatchObject({ accepted: 75, perSecond: 0.5 });
    expect(await destinationCounts(db.knex, [], at)).toEqual([]);
  });

  describe('hold back', () => {
    const batch = async () => {
      await db.knex(TABLE.batches).insert({ campaign_id: CAMPAIGN, size: 10, next_at: 0, done: false });
      return Number((await db.knex(TABLE.batches).max({ id: 'id' }).first())!.id);
    };
    const deliver = async (batchId: number, values: object[]) => {
      await db.knex(TABLE.deliveries).insert(
        values.map((value, n) => ({
          campaign_id: CAMPAIGN,
          batch_id: batchId,
          subscriber_id: `person${batchId}-${n}`,
          email: `person-${n}@gmail.com`,
          email_key: `person-${n}@gmail.com`,
          address_hash: `hash${batchId}-${n}`,
          language: 'en',
          state: 'queued',
          attempt: 0,
          next_at: 0,
          created_at: NOW,
          transport: null,
          ...value,
        })),
      );
      return (await db.knex(TABLE.deliveries).where({ batch_id: batchId }).orderBy('id')).map((one) =>
        Number(one.id),
      );
    };

    it('without an attempt, and only what still waits', async () => {
      const ids = await deliver(await batch(), [
        {},
        { state: 'deferred', attempt: 2, transport: 'second', reason: 'greylist' },
        { state: 'accepted', attempt: 1, transport: 'second' },
      ]);
      const google = { source: 'relay', destination: 'google' };
      await holdDeliveries(db.knex, [{ ...google, ids, reason: 'held', nextAt: NOW + 60_000 }], NOW);
      const rows = await db.knex(TABLE.deliveries).orderBy('id');
      expect(
        rows.map((one) => [one.state, one.reason, Number(one.attempt), one.transport, one.destination]),
      ).toEqual([
        ['deferred', 'held', 0, 'relay', 'google'],
        ['deferred', 'held', 2, 'second', 'google'],
        ['accepted', null, 1, 'second', null],
      ]);
      expect(rows.slice(0, 2).map((one) => [Number(one.next_at), Number(one.first_tried_at)])).toEqual([
        [NOW + 60_000, NOW],
        [NOW + 60_000, NOW],
      ]);
      await holdDeliveries(db.knex, [{ ...google, ids, reason: 'paced', nextAt: NOW }], NOW + 5);
      expect(Number((await db.knex(TABLE.deliveries).orderBy('id').first())!.first_tried_at)).toBe(NOW);
    });

    it('until they are released: those of the destination, not others', async () => {
      const later = NOW + 3_600_000;
      const base = { state: 'deferred', next_at: later, transport: 'relay', destination: 'google' };
      const first = await batch();
      await deliver(first, [
        { ...base, reason: 'held' },
        { ...base, reason: 'rate' },
        { ...base, reason: 'mailbox-full' },
        { ...base, reason: 'network' },
        { ...base, reason: 'held', destination: 'yahoo' },
        { ...base, reason: 'held', transport: 'second' },
      ]);
      const second = await batch();
      await deliver(second, [{ ...base, reason: 'held', destination: 'yahoo' }]);
      await db.knex(TABLE.batches).update({ next_at: later });

      const google = { source: 'relay', destination: 'google' };
      expect(await releaseHeld(db.knex, CAMPAIGN, google, NOW)).toBe(3);
      const times = async () =>
        (await db.knex(TABLE.batches).orderBy('id')).map((one) => Number(one.next_at));
      expect(await times()).toEqual([NOW, later]);
      expect(await releaseHeld(db.knex, CAMPAIGN, google, NOW)).toBe(0);
      // What a relay says about all our mail holds for every destination.
      expect(await releaseHeld(db.knex, CAMPAIGN, { source: 'relay', destination: '*' }, NOW)).toBe(2);
      expect(await times()).toEqual([NOW, NOW]);
    });

    // SQLite has one connection, and no deadlocks.
    describe.runIf(kind !== 'sqlite')('beside others who write the same rows', () => {
      const isBlocked = async () => {
        const waiting =
          kind === 'postgres'
            ? "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            : "SELECT 1 FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'";
        const result = await db.knex.raw(waiting);
        return (kind === 'postgres' ? result.rows : result[0]).length > 0;
      };

      /** Both want two rows, in opposite orders; the database ends the one that did less. */
      async function crossed(ids: number[], work: () => Promise<unknown>): Promise<void> {
        const others = await deliver(
          await batch(),
          Array.from({ length: 100 }, () => ({})),
        );
        let doing: Promise<unknown> = Promise.resolve();
        await db.knex.transaction(async (trx) => {
          await trx(TABLE.deliveries).whereIn('id', others).update({ next_at: 1 });
          await trx(TABLE.deliveries).where({ id: ids[1] }).update({ language: 'ja' });
          doing = work();
          doing.catch(() => {}); // awaited below
          // MariaDB says nothing new to who asks more often than every tenth of a second.
          await expect.poll(isBlocked, { timeout: 60_000, interval: 250 }).toBe(true);
          await trx(TABLE.deliveries).where({ id: ids[0] }).update({ language: 'ja' });
        });
        await doing;
      }
      const google = { source: 'relay', destination: 'google' };
      const held = {
        state: 'deferred',
        reason: 'held',
        next_at: NOW + 9,
        transport: 'relay',
        destination: 'google',
      };

      it('are released nevertheless', async () => {
        const ids = await deliver(await batch(), [held, held]);
        await crossed(ids, () => releaseHeld(db.knex, CAMPAIGN, google, NOW));
        const rows = await db.knex(TABLE.deliveries).whereIn('id', ids);
        expect(rows.map((one) => Number(one.next_at))).toEqual([NOW, NOW]);
      });

      it('are put off nevertheless', async () => {
        const ids = await deliver(await batch(), [{}, {}]);
        const group = { ...google, ids, reason: 'held' as const, nextAt: NOW + 60_000 };
        await crossed(ids, () => holdDeliveries(db.knex, [group], NOW));
        const rows = await db.knex(TABLE.deliveries).whereIn('id', ids);
        expect(rows.map((one) => Number(one.next_at))).toEqual([NOW + 60_000, NOW + 60_000]);
      });
    });

    it('and are counted by destination and reason', async () => {
      const ids = await deliver(await batch(), [
        { state: 'deferred', reason: 'rate', transport: 'relay', next_at: NOW + 9 },
        { state: 'deferred', reason: 'rate', transport: 'relay', next_at: NOW + 5 },
        { state: 'deferred', reason: 'greylist', transport: 'relay', next_at: NOW + 7 },
        { state: 'accepted', transport: 'relay' },
      ]);
      await noteDestination(db.knex, 'google', ids.slice(0, 2));
      const counts = await deferredByDestination(db.knex, [CAMPAIGN]);
      expect(counts.sort((a, b) => b.count - a.count)).toEqual([
        { source: 'relay', destination: 'google', reason: 'rate', count: 2, nextAt: NOW + 5 },
        { source: 'relay', destination: 'other', reason: 'greylist', count: 1, nextAt: NOW + 7 },
      ]);
      expect(await deferredByDestination(db.knex, [])).toEqual([]);
    });
  });
});
