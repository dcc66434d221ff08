/** Counts, of 1,000,000 subscribers, those on a list with two attributes: what the builder asks for while it is used. */
import type { RuleGroup } from '../shared/contracts';
import { countSegment } from '../server/src/storage';
import { createTestDatabase, type DatabaseKind } from '../tests/helpers/database';
import { fillPeople, LIST } from './lib/people';
import { median, report } from './lib/report';

const PEOPLE = Number(process.env.BENCH_PEOPLE ?? 1_000_000);
const RUNS = 5;
const kind = process.argv[2] as DatabaseKind;

const rules: RuleGroup = {
  combinator: 'and',
  not: false,
  rules: [
    { field: 'attribute', name: 'city', type: 'string', operator: 'is', value: 'Tokyo' },
    { field: 'attribute', name: 'score', type: 'number', operator: 'greaterOrEqual', value: 50 },
    { field: 'list', operator: 'on', list: LIST, status: 'subscribed' },
  ],
};

async function main(): Promise<void> {
  const database = await createTestDatabase(kind);
  try {
    await fillPeople(database.knex, kind, PEOPLE);
    const times: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const begun = performance.now();
      const { matched } = await countSegment(database.knex, rules, { now: Date.now(), timeoutMs: 120_000 });
      times.push(performance.now() - begun);
      const expected = expectedMatches();
      if (matched !== expected) throw new Error(`${matched} people were counted instead of ${expected}`);
    }
    report(`segment-count-${kind}`, median(times), 'ms');
  } finally {
    await database.destroy();
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});

function expectedMatches(): number {
  let count = 0;
  for (let i = 1; i <= PEOPLE; i++) if (i % 4 === 1 && (i * 13) % 100 >= 50 && i % 3 < 2) count += 1;
  return count;
}
