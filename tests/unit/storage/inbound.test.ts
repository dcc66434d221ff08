import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beginMessage, forgetTry, holdMailbox, releaseMailbox, TABLE } from '../../../server/src/storage';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../../helpers/database';

describe.each(databaseKinds)('the lease of a mailbox on %s', (kind) => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase(kind);
  });
  afterAll(() => db.destroy());
  const hold = (name: string, holder: string) => ({ name, holder });

  it('belongs to one process until it ends, is given back or runs out', async () => {
    const [one, two] = [hold('lease', 'one'), hold('lease', 'two')];
    expect(await holdMailbox(db.knex, one, 60_000)).toBe(true);
    expect(await holdMailbox(db.knex, two, 60_000)).toBe(false);
    expect(await holdMailbox(db.knex, one, 60_000)).toBe(true);
    await releaseMailbox(db.knex, two);
    expect(await holdMailbox(db.knex, two, 60_000)).toBe(false);
    await releaseMailbox(db.knex, one);
    expect(await holdMailbox(db.knex, two, 60_000)).toBe(true);
    await db.knex(TABLE.inboundMailboxes).where({ name: 'lease' }).update({ lease_until: 1 });
    expect(await beginMessage(db.knex, two, '1:1')).toBeNull();
    expect(await holdMailbox(db.knex, one, 60_000)).toBe(true);
  });

  it('is taken by one of many that ask at once', async () => {
    const holders = Array.from({ length: 8 }, (_, nth) => hold('race', `process${nth}`));
    const taken = await Promise.all(holders.map((each) => holdMailbox(db.knex, each, 60_000)));
    expect(taken.filter(Boolean)).toHaveLength(1);
  });

  it('counts how often the same mail was begun, in a row', async () => {
    const me = hold('tries', 'me');
    expect(await beginMessage(db.knex, me, '7:1')).toBeNull();
    await holdMailbox(db.knex, me, 60_000);
    const begun = [];
    for (const message of ['7:1', '7:1', '7:1', '7:2', '7:1'])
      begun.push(await beginMessage(db.knex, me, message));
    expect(begun).toEqual([1, 2, 3, 1, 1]);
    await forgetTry(db.knex, me);
    expect(await beginMessage(db.knex, me, '7:1')).toBe(1);
    // Whoever takes the mailbox over after a crash goes on counting.
    await releaseMailbox(db.knex, me);
    await holdMailbox(db.knex, hold('tries', 'next'), 60_000);
    expect(await beginMessage(db.knex, hold('tries', 'next'), '7:1')).toBe(2);
  });
});
