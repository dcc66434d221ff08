/**
 * Sends a newsletter to 20,000 readers over 10 connections, each message signed with RSA-2048: with the delivery engine,
 * from the claim to the committed outcome, and with nodemailer's pool. Prints messages a second and their ratio.
 */
import { createTestContext } from '../tests/helpers/context';
import { createTestDatabase } from '../tests/helpers/database';
import { addFrozenCampaign, addReaders } from './lib/newsletter';
import { median, reportRatio } from './lib/report';
import { configOf, rsaKey, runEngine, runNodemailer, type Line } from './lib/senders';
import { startSink } from './lib/sink';

const MESSAGES = Number(process.env.BENCH_RECIPIENTS ?? 20_000);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const [queue, kind] = process.argv[2]!.split('-') as ['embedded', 'sqlite'] | ['redis', 'postgres'];

async function main(): Promise<void> {
  const database = await createTestDatabase(kind);
  // Offers what Postfix and Exim offer.
  const sink = await startSink({ chunking: true });
  try {
    const ctx = await createTestContext(database.knex);
    await addReaders(ctx, MESSAGES);
    const line: Line = { port: sink.port, connections: 10, messages: MESSAGES, key: rsaKey() };
    const ours: number[] = [];
    const base: number[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      const campaignId = await addFrozenCampaign(ctx);
      const before = await sink.taken();
      const { knexConfig } = database;
      const own = await runEngine({
        knexConfig,
        config: configOf(line, queue),
        campaignId,
        messages: MESSAGES,
      });
      const after = await sink.taken();
      if (after.accepted - before.accepted !== MESSAGES) throw new Error('the receiver counted otherwise');
      const other = await runNodemailer(line);
      const last = await sink.taken();
      ours.push(MESSAGES / own.seconds);
      base.push(MESSAGES / other.seconds);
      const size = (after.octets - before.octets) / MESSAGES;
      const each = (ms: number) => (ms / MESSAGES).toFixed(2);
      console.log(
        `# round ${round}: ${ours.at(-1)!.toFixed(0)} and ${base.at(-1)!.toFixed(0)} messages/s, of ${size.toFixed(0)} octets; ` +
          `CPU ${each(own.cpuMs)} and ${each(other.cpuMs)} ms each, in the main thread ${each(own.loopCpuMs)} and ${each(other.loopCpuMs)}, ` +
          `in the receiver ${each(after.cpuMs - before.cpuMs)} and ${each(last.cpuMs - after.cpuMs)}; ` +
          `neighbours took ${each(own.waitedMs)} and ${each(other.waitedMs)}; ${(MESSAGES / own.ticks).toFixed(0)} messages a commit`,
      );
    }
    reportRatio(`send-${queue}-${kind}`, median(ours), median(base));
  } finally {
    await sink.stop();
    await database.destroy();
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
