import createKnex from 'knex';
import { afterEach, describe, expect, it } from 'vitest';
import { migrate, migrations, readSecrets, TABLE, type Migration } from '../../../server/src/storage';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../../helpers/database';

let db: TestDatabase;
afterEach(() => db.destroy());

describe.each(databaseKinds)('migrations on %s', (kind) => {
  it('run once, in order, and are recorded', async () => {
    db = await createTestDatabase(kind);
    expect(await migrate(db.knex)).toEqual([]);
    const recorded: { name: string }[] = await db.knex(TABLE.migrations).select('name').orderBy('name');
    expect(recorded.map((row) => row.name)).toEqual(migrations.map((step) => step.name));
  });

  it('run each step once when two processes boot together', async () => {
    db = await createTestDatabase(kind);
    // SQLite files have one process (DESIGN §5): there the two boots share its single connection.
    const second = kind === 'sqlite' ? db.knex : createKnex(db.knexConfig);
    let runs = 0;
    const step: Migration = {
      name: '9999-count',
      async up(trx) {
        runs++;
        await trx(TABLE.settings).insert({ key: `run-${runs}`, value: '1', updated_at: 0 });
      },
    };
    try {
      const results = await Promise.all([migrate(db.knex, [step]), migrate(second, [step])]);
      expect(results.flat()).toEqual(['9999-count']);
      expect(runs).toBe(1);
    } finally {
      if (second !== db.knex) await second.destroy();
    }
  });

  it('record nothing of a step that fails', async () => {
    db = await createTestDatabase(kind);
    const failing: Migration = {
      name: '9999-fails',
      async up(trx) {
        await trx(TABLE.settings).insert({ key: 'half', value: '1', updated_at: 0 });
        throw new Error('broken step');
      },
    };
    await expect(migrate(db.knex, [failing])).rejects.toThrow('broken step');
    expect(await db.knex(TABLE.settings).where({ key: 'half' })).toEqual([]);
    expect(await db.knex(TABLE.migrations).where({ name: '9999-fails' })).toEqual([]);
  });

  it('make the secrets of the instance once', async () => {
    db = await createTestDatabase(kind);
    const before = await readSecrets(db.knex);
    await migrate(db.knex);
    expect(await readSecrets(db.knex)).toEqual(before);
    expect(before.tokens).toHaveLength(1);
    expect(before.pepper).toMatch(/^[0-9a-f]{64}$/);
  });
});
