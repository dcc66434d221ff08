import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { ruleGroupSchema, type RuleGroup } from '../../../shared/contracts';
import { isInSegment } from '../../../server/src/audience';
import { segmentCondition, TABLE, type Reach } from '../../../server/src/storage';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../../helpers/database';
import { anyPerson, anyTree, named, NOW } from './arbitraries';
import { idOf, insertPeople } from './people';

/** Chosen anew for each run, and named in a failure: SEGMENT_SEED repeats it. */
const seed = Number(process.env.SEGMENT_SEED ?? Math.floor(Math.random() * 2 ** 31));
const PEOPLE = 240;
const TREES = Number(process.env.SEGMENT_TREES ?? 250);

const people = fc.sample(anyPerson, { numRuns: PEOPLE, seed }).map(named);

describe.each(databaseKinds)('segments on %s', (kind) => {
  let database: TestDatabase | undefined;
  afterAll(() => database?.destroy());

  async function select(rules: RuleGroup, reach: Reach): Promise<string[]> {
    const rows: { document_id: string }[] = await database!
      .knex({ s: TABLE.subscribers })
      .where(segmentCondition(database!.knex, rules, { reach, now: NOW }))
      .orderBy('s.id')
      .select('s.document_id');
    return rows.map((row) => row.document_id);
  }

  it(`finds whom the evaluator finds (SEGMENT_SEED=${seed})`, { timeout: 120_000 }, async () => {
    database = await createTestDatabase(kind);
    await insertPeople(database.knex, people);
    let selective = 0;
    await fc.assert(
      fc.asyncProperty(anyTree, async (tree) => {
        const rules = ruleGroupSchema.parse(tree);
        const expected = people.flatMap((person, i) => (isInSegment(person, rules, NOW) ? [idOf(i)] : []));
        if (expected.length > 0 && expected.length < PEOPLE) selective += 1;
        expect(await select(rules, 'all')).toEqual(expected);
        expect(await select(rules, 'page')).toEqual(expected);
      }),
      { seed, numRuns: TREES },
    );
    // Trees that take everybody or nobody would prove little.
    expect(selective).toBeGreaterThan(TREES / 3);
  });
});
