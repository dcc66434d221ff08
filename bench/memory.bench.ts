/** Sends a newsletter to 200,000 readers. Prints the resident memory (MiB) over the last quarter against the first. */
import { createTestContext } from '../tests/helpers/context';
import { createTestDatabase } from '../tests/helpers/database';
import { addFrozenCampaign, addReaders } from './lib/newsletter';
import { median, reportRatio } from './lib/report';
import { configOf, rsaKey, runEngine, type Line } from './lib/senders';
import { startSink } from './lib/sink';

const MESSAGES = Number(process.env.BENCH_MEMORY_RECIPIENTS ?? 200_000);

async function main(): Promise<void> {
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
    reportRatio('memory', quarters[3]!, quarters[0]!);
  } finally {
    await sink.stop();
    await database.destroy();
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
