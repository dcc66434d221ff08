/**
 * Sends over one connection to a receiver 40 ms away, which offers PIPELINING, or CHUNKING as well: with the delivery
 * engine and with nodemailer's pool. Prints messages a second and their ratio.
 */
import { createTestContext } from '../tests/helpers/context';
import { createTestDatabase } from '../tests/helpers/database';
import { addFrozenCampaign, addReaders } from './lib/newsletter';
import { median, reportRatio } from './lib/report';
import { configOf, rsaKey, runEngine, runNodemailer, type Line } from './lib/senders';
import { startSink } from './lib/sink';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const RTT_MS = 40;
const mode = process.argv[2] as 'pipelining' | 'chunking';
/** About 15 seconds each. */
const MESSAGES = mode === 'chunking' ? 1_200 : 200;
const BASE_MESSAGES = 100;

async function main(): Promise<void> {
  const database = await createTestDatabase('sqlite');
  const sink = await startSink({ rttMs: RTT_MS, chunking: mode === 'chunking' });
  try {
    const ctx = await createTestContext(database.knex);
    await addReaders(ctx, MESSAGES);
    const line: Line = { port: sink.port, connections: 1, messages: MESSAGES, key: rsaKey() };
    const ours: number[] = [];
    const base: number[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      const campaignId = await addFrozenCampaign(ctx);
      const { knexConfig } = database;
      const config = configOf(line, 'embedded');
      ours.push(MESSAGES / (await runEngine({ knexConfig, config, campaignId, messages: MESSAGES })).seconds);
      base.push(BASE_MESSAGES / (await runNodemailer({ ...line, messages: BASE_MESSAGES })).seconds);
    }
    reportRatio(`rtt40-${mode}`, median(ours), median(base));
  } finally {
    await sink.stop();
    await database.destroy();
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
