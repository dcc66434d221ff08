import { afterEach, expect, it } from 'vitest';
import { createDelivery } from '../../server/src/delivery';
import { createTestContext } from '../helpers/context';
import { createTestDatabase } from '../helpers/database';
import { canStart, startOwnPostgres, startOwnRedis, type StoppableServer } from '../helpers/stoppable';
import { createBed, until, type Bed } from './faults-bed';
import { judge } from './faults-judge';

let bed: Bed | undefined;
let server: StoppableServer | undefined;
afterEach(async () => {
  await bed?.destroy();
  await server?.destroy();
  [bed, server] = [undefined, undefined];
});

const isSent = async () => (await bed!.state()) === 'sent';

/** Stops and starts the server at two moments of the campaign, the second time as in a crash, and judges the end. */
async function throughTwoOutages(what: string): Promise<void> {
  for (const { share, signal } of [
    { share: 80, signal: undefined },
    { share: 240, signal: 'SIGQUIT' as const },
  ]) {
    await until(`${share} messages`, () => bed!.receiver.count() >= share);
    await server!.stop(signal);
    const before = bed!.receiver.count();
    await server!.start();
    await until('sending goes on', () => bed!.receiver.count() > before + 8);
  }
  await until('the campaign is sent', isSent);
  const tally = await bed!.tally();
  judge(bed!, what, 0, tally);
  expect(tally).toMatchObject({ receiver: 800, twice: [], states: { accepted: 800 } });
}

it.skipIf(!canStart.postgres)('goes on when PostgreSQL, with tables and queue, was away', async () => {
  server = await startOwnPostgres();
  bed = await createBed({ database: 'postgres', server: server.url, recipients: 800 });
  await bed.receiver.script({ delayMs: 20 });
  await bed.start();
  await throughTwoOutages('PostgreSQL stopped and crashed');
});

it.skipIf(!canStart.postgres)("goes on when only the queue's PostgreSQL was away", async () => {
  server = await startOwnPostgres();
  bed = await createBed({
    recipients: 800,
    config: { queue: { backend: 'postgres', postgres: server.url } },
  });
  await bed.receiver.script({ delayMs: 20 });
  await bed.start();
  await throughTwoOutages("the queue's PostgreSQL stopped and crashed");
});

it.skipIf(!canStart.redis)('goes on when Redis was away and came back empty', async () => {
  server = await startOwnRedis();
  bed = await createBed({ recipients: 800, config: { queue: { redis: server.url } } });
  await bed.receiver.script({ delayMs: 20 });
  await bed.start();
  await throughTwoOutages('Redis stopped and started');
});

it.skipIf(!canStart.postgres)('waits for a queue that is away at the start, and says so', async () => {
  server = await startOwnPostgres();
  await server.stop();
  const db = await createTestDatabase('sqlite');
  const ctx = await createTestContext(db.knex, {
    queue: { backend: 'postgres', postgres: server.url },
    worker: { reconcileSeconds: 0.3 },
  });
  const logged: string[] = [];
  ctx.log.error = (message) => logged.push(message);
  const delivery = createDelivery(ctx, { work: true });
  const queue = async () => delivery.health().queue;
  const started = delivery.start();
  await until('a sentence', async () => (await queue()).message?.includes('nothing is sent') ?? false);
  expect(await queue()).toMatchObject({ backend: 'postgres', ok: false });
  expect(logged.join()).toContain('ECONNREFUSED');
  await server.start();
  await started;
  expect(await queue()).toEqual({ backend: 'postgres', ok: true, message: null });

  ctx.log.warn = () => {};
  await server.stop();
  await until('a sentence again', async () => !(await queue()).ok);
  // A stop does not wait for who does not answer.
  await delivery.stop();
  await db.destroy();
});
