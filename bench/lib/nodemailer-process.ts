/**
 * What is compared with: nodemailer's pool, which composes and signs, and keeps no books. The texts are rendered before:
 * for each recipient three words are put in, and nothing else. `BENCH_JOB` is JSON, see NodemailerJob.
 */
import { createTransport } from 'nodemailer';
import { startClock } from './clock';
import { FIELDS, type NodemailerJob, type Sent } from './senders';

async function main(): Promise<void> {
  const job = JSON.parse(process.env.BENCH_JOB!) as NodemailerJob;
  const transport = createTransport({
    pool: true,
    host: '127.0.0.1',
    port: job.port,
    maxConnections: job.connections,
    maxMessages: job.maxMessages,
    disableFileAccess: true,
    ...(job.dkim && { dkim: job.dkim }),
  });
  let next = 0;
  let accepted = 0;
  const stop = startClock();
  const lane = async () => {
    while (next < job.messages) {
      const n = next++;
      const filled = (text: string) =>
        text
          .replaceAll(FIELDS.firstName, `Reader ${n}`)
          .replaceAll(FIELDS.city, 'Osaka')
          .replaceAll(FIELDS.plan, `plan ${n % 4}`);
      await transport.sendMail({
        from: job.from,
        to: { name: `Reader ${n}`, address: `reader-${n}@inbox.test` },
        subject: filled(job.subject),
        html: filled(job.html),
        text: filled(job.text),
        headers: job.headers,
      });
      accepted += 1;
    }
  };
  await Promise.all(Array.from({ length: job.slots }, lane));
  const spent = stop();
  transport.close();
  process.send?.({ ...spent, accepted, rss: [] } satisfies Sent, () => process.exit(0));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
