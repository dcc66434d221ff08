import { afterEach, expect, it } from 'vitest';
import { freezeStep } from '../../../server/src/campaign';
import { createPumpEnv, pump, type PumpEnv } from '../../../server/src/delivery/pump';
import { TABLE } from '../../../server/src/storage';
import { createTestContext } from '../../helpers/context';
import { createBed, type Bed } from '../../integration/faults-bed';

let bed: Bed;
let env: PumpEnv;
afterEach(async () => {
  await env.epochs.stop();
  await env.pacer.stop();
  for (const transport of env.transports.values()) await transport.close();
  await bed.destroy();
});

it('asks the database for each commit, each batch and now and then, not for each message', async () => {
  const RECIPIENTS = 600;
  bed = await createBed({
    recipients: RECIPIENTS,
    config: {
      worker: { slots: 300, batchSize: 200, tickMs: 1000, ticketSeconds: 60, leaseSeconds: 60, threads: 0 },
    },
  });
  let commits = 0;
  const observer = { settled() {}, ticked: () => void (commits += 1) };
  env = createPumpEnv(await createTestContext(bed.db.knex, bed.config), { observer });
  while ((await freezeStep(env.ctx, bed.campaignId)) === 'more');

  let statements = 0;
  const count = () => void (statements += 1);
  const since = performance.now();
  let tickets = 0;
  bed.db.knex.on('query', count);
  do {
    await pump(env, bed.campaignId, new AbortController().signal);
    tickets += 1;
  } while ((await bed.state()) !== 'sent');
  bed.db.knex.removeListener('query', count);
  const seconds = (performance.now() - since) / 1000;
  const batches = (await bed.db.knex(TABLE.batches).select('id')).length;
  expect((await bed.tally()).states).toEqual({ accepted: RECIPIENTS });

  // By the clock: one each `tickMs`, however many messages there are.
  expect(commits).toBeLessThanOrEqual(seconds + 2);
  expect(statements).toBeLessThanOrEqual(5 * commits + 20 * (batches + tickets) + 10 * seconds);
});
