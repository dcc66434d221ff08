import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureLinks, readLinks } from '../../../server/src/storage';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../../helpers/database';

describe.each(databaseKinds)('links on %s', (kind) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase(kind);
  }, 150_000);
  afterAll(() => database.destroy());

  const urls = Array.from({ length: 450 }, (_, i) => `https://example.com/${i}/日本語?a=1&b=${i}`);

  it('registers each address once, whoever else does it at the same time', async () => {
    const shuffled = [...urls].reverse();
    const results = await Promise.all([
      ensureLinks(database.knex, 'c1', urls),
      ensureLinks(database.knex, 'c1', shuffled),
      ensureLinks(database.knex, 'c1', [...urls, ...urls]),
    ]);
    for (const ids of results) for (const [url, id] of ids) expect(id).toBe(results[0].get(url));
    expect(new Set(results[0].values()).size).toBe(urls.length);
    const inside = await database.knex.transaction((trx) => ensureLinks(trx, 'c1', urls.slice(100)));
    expect(inside.get(urls[449]!)).toBe(results[0].get(urls[449]!));
    const stored = await readLinks(database.knex, 'c1');
    expect(stored.size).toBe(urls.length);
    expect(stored.get(urls[7]!)).toBe(results[0].get(urls[7]!));
  });

  it('keeps campaigns apart and addresses that differ only in case', async () => {
    const first = await ensureLinks(database.knex, 'c2', ['https://example.com/A', 'https://example.com/a']);
    const second = await ensureLinks(database.knex, 'c3', ['https://example.com/A']);
    expect(new Set([...first.values(), ...second.values()]).size).toBe(3);
    expect(await ensureLinks(database.knex, 'c4', [])).toEqual(new Map());
  });
});
