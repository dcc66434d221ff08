/**
 * Sends a newsletter to 200,000 readers, in a new process in each of three rounds. Prints the resident memory (MiB) over the last
 * quarter against the first, medians of the rounds.
 */
import { createTestContext } from '../tests/helpers/context';
import { createTestDatabase } from '../tests/helpers/database';
import { addFrozenCampaign, addReaders } from './lib/newsletter';
import { median, reportRatio } from './lib/report';
import { configOf, rsaKey, runEngine, type Line } from './lib/senders';
import { startSink } from './lib/sink';

const MESSAGES = Number(process.env.BENCH_MEMORY_RECIPIENTS ?? 200_000);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);

async function main(): Promise<void> {
  const rounds: number[][] = [];
  for (let n = 0; n < ROUNDS; n++) rounds.push(await round());
  const [first, , , last] = [0, 1, 2, 3].map((nth) => median(rounds.map((quarters) => quarters[nth]!)));
  reportRatio('memory', last!, first!);
}

/** @returns MiB of each quarter */
async function round(): Promise<number[]> {
  const database = await createTestDatabase('sqlite');
  const sink = await startSink({ chunking: true });
  try {
    const ctx = await createTestContext(database.knex);
    await addReaders(ctx, MESSAGES);
    const line: Line = { port: sink.port, connections: 10, messages: MESSAGES, key: rsaKey() };
    const campaignId = await addFrozenCampaign(ctx);
    const { knexConfig } = database;
    const config = configOf(line, 'embedded');
    const { rss } = await runEngine({ knexConfig, config, campaignId, messages: MESSAGES });
    const between = (from: number, to: number) =>
      median(
        rss
          .filter(({ settled }) => settled >= from * MESSAGES && settled < to * MESSAGES)
          .map(({ mib }) => mib),
      );
    const quarters = [0, 0.25, 0.5, 0.75].map((from) => between(from, from + 0.25));
    console.log(`# MiB by quarter: ${quarters.map((mib) => mib.toFixed(0)).join(', ')}`);
    return quarters;
  } finally {
    await sink.stop();
    await database.destroy();
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
