/**
 * A process that sends one campaign with the real delivery, from the claim of its first batch to the commit of its last
 * outcome. `BENCH_JOB` in its environment is JSON, see EngineJob; what it measured goes to its parent.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import createKnex from 'knex';
import { createDelivery } from '../../server/src/delivery';
import { TABLE } from '../../server/src/storage';
import { createTestContext } from '../../tests/helpers/context';
import { startClock } from './clock';
import { startProfile } from './profile';
import type { EngineJob, Sent } from './senders';

const SAMPLE_MS = 250;

async function main(): Promise<void> {
  const job = JSON.parse(process.env.BENCH_JOB!) as EngineJob;
  const projectDir = mkdtempSync(path.join(tmpdir(), 'newsletter-bench-'));
  const knex = createKnex(job.knexConfig);
  const ctx = { ...(await createTestContext(knex, job.config)), projectDir };
  let settled = 0;
  let accepted = 0;
  let ticks = 0;
  let finish = () => {};
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const delivery = createDelivery(ctx, {
    work: true,
    role: 'worker',
    observer: {
      ticked: () => void (ticks += 1),
      settled(outcomes) {
        settled += outcomes.length;
        for (const { state } of outcomes) if (state === 'accepted') accepted += 1;
        if (settled >= job.messages) finish();
      },
    },
  });
  await delivery.start();
  const rss: Sent['rss'] = [];
  const sampler = setInterval(
    () => rss.push({ settled, mib: process.memoryUsage.rss() / 2 ** 20 }),
    SAMPLE_MS,
  );
  await knex(TABLE.campaigns).where({ document_id: job.campaignId }).update({ state: 'sending' });
  const endProfile = await startProfile();
  const before = ticks;
  const stop = startClock();
  await delivery.nudge(job.campaignId);
  await finished;
  const spent = stop();
  await endProfile();
  clearInterval(sampler);
  await delivery.stop();
  await knex.destroy();
  rmSync(projectDir, { recursive: true, force: true });
  process.send?.({ ...spent, accepted, ticks: ticks - before, rss } satisfies Sent, () => process.exit(0));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
