/**
 * A process that does nothing but send: opens a test database and runs the real delivery. Started by faults-bed.ts,
 * which kills it. `SENDER` in its environment is JSON, see SenderOptions.
 */
import createKnex, { type Knex } from 'knex';
import type { NewsletterConfigInput } from '../../server/src/config';
import { createDelivery, type FaultPoint } from '../../server/src/delivery';
import { createTestContext } from './context';

export interface SenderOptions {
  knexConfig: Knex.Config;
  config: NewsletterConfigInput;
  projectDir: string;
  /** Kills this process the nth time that it comes by. */
  fault?: { point: FaultPoint; nth: number };
}

async function main(): Promise<void> {
  const options = JSON.parse(process.env.SENDER!) as SenderOptions;
  const knex = createKnex(options.knexConfig);
  const ctx = { ...(await createTestContext(knex, options.config)), projectDir: options.projectDir };
  let passed = 0;
  const delivery = createDelivery(ctx, {
    work: true,
    threadsAfter: 0,
    fault(point) {
      if (options.fault?.point !== point) return;
      passed += 1;
      if (passed === options.fault.nth) process.kill(process.pid, 'SIGKILL');
    },
  });
  process.once('SIGTERM', () => {
    void delivery.stop().then(async () => {
      await knex.destroy();
      process.exit(0);
    });
  });
  await delivery.start();
  process.send?.('started');
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
