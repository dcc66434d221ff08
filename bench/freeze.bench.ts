/**
 * Freezes an audience of 1,000,000 people who come from a segment of two attributes, as a sending process does it: in
 * pages of about 20 ms with gaps of 5 ms. Prints the seconds that it takes (median of three rounds) and the MiB by which the process
 * grows.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ResolvedAudience } from '../shared/contracts';
import { freezeStep } from '../server/src/campaign';
import { TABLE } from '../server/src/storage';
import { addRun } from '../tests/unit/campaign/fixtures';
import { createTestContext } from '../tests/helpers/context';
import { createTestDatabase, type DatabaseKind } from '../tests/helpers/database';
import { fillPeople } from './lib/people';
import { median, report, watchMemory } from './lib/report';

const PEOPLE = Number(process.env.BENCH_PEOPLE ?? 1_000_000);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const kind = process.argv[2] as DatabaseKind;

const audience: ResolvedAudience = {
  include: {
    lists: [],
    segments: [
      {
        documentId: 'benchsegment',
        name: 'Everybody with a city and a score',
        rules: {
          combinator: 'and',
          not: false,
          rules: [
            { field: 'attribute', name: 'city', type: 'string', operator: 'isSet' },
            { field: 'attribute', name: 'score', type: 'number', operator: 'greaterOrEqual', value: 0 },
          ],
        },
      },
    ],
  },
  exclude: { lists: [], segments: [] },
};

async function main(): Promise<void> {
  const database = await createTestDatabase(kind);
  try {
    await fillPeople(database.knex, kind, PEOPLE);
    const ctx = await createTestContext(database.knex);
    const memory = watchMemory();
    const seconds: number[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      await database.knex(TABLE.deliveries).truncate();
      const id = await addRun(ctx, 'sending', audience, Date.now());
      const begun = performance.now();
      while ((await freezeStep(ctx, id)) === 'more') await sleep(5);
      seconds.push((performance.now() - begun) / 1000);
      const [row] = await database.knex(TABLE.deliveries).where({ campaign_id: id }).count({ total: '*' });
      if (Number(row?.total) !== PEOPLE) throw new Error(`${row?.total} deliveries instead of ${PEOPLE}`);
    }
    console.log(`# rounds: ${seconds.map((one) => one.toFixed(1)).join(', ')} s`);
    report(`freeze-${kind}`, median(seconds), 's');
    report(`freeze-memory-${kind}`, memory.grownMib(), 'MiB');
  } finally {
    await database.destroy();
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
