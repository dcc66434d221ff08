/**
 * Sends a newsletter to 20,000 readers unsigned. Prints what a message costs the event loop, in which Strapi answers
 * its requests too: milliseconds of CPU of the main thread. Signatures are made in other threads in any case. Milliseconds
 * are those of a machine: what nodemailer's pool, unsigned too, takes in the same run is printed beside them.
 */
import { createTestContext } from '../tests/helpers/context';
import { createTestDatabase } from '../tests/helpers/database';
import { addFrozenCampaign, addReaders } from './lib/newsletter';
import { median, report } from './lib/report';
import { configOf, runEngine, runNodemailer, type Line } from './lib/senders';
import { startSink } from './lib/sink';

const MESSAGES = Number(process.env.BENCH_RECIPIENTS ?? 20_000);
const BASE_MESSAGES = Math.min(MESSAGES, 4_000);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const [queue, kind] = process.argv[2]!.split('-') as ['embedded', 'sqlite'] | ['redis', 'postgres'];

async function main(): Promise<void> {
  const database = await createTestDatabase(kind);
  const sink = await startSink({ chunking: true });
  try {
    const ctx = await createTestContext(database.knex);
    await addReaders(ctx, MESSAGES);
    const line: Line = { port: sink.port, connections: 10, messages: MESSAGES, key: null };
    const { knexConfig } = database;
    const times: number[] = [];
    const base: number[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      const campaignId = await addFrozenCampaign(ctx);
      const sent = await runEngine({
        knexConfig,
        config: configOf(line, queue),
        campaignId,
        messages: MESSAGES,
      });
      times.push(sent.loopCpuMs / MESSAGES);
      base.push((await runNodemailer({ ...line, messages: BASE_MESSAGES })).loopCpuMs / BASE_MESSAGES);
      console.log(
        `# round ${round}: ${(MESSAGES / sent.seconds).toFixed(0)} messages/s; the loop was busy for ` +
          `${(sent.loopActiveMs / MESSAGES).toFixed(3)} ms a message, of which ${times.at(-1)!.toFixed(3)} ms CPU; ` +
          `nodemailer's for ${base.at(-1)!.toFixed(3)} ms CPU`,
      );
    }
    console.log(
      `# nodemailer's main thread takes ${(median(base) / median(times)).toFixed(1)} times as long`,
    );
    report(`loop-time-${queue}-${kind}`, median(times), 'ms');
  } finally {
    await sink.stop();
    await database.destroy();
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
