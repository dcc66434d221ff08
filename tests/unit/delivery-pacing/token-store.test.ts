import { afterEach, describe, expect, it } from 'vitest';
import { createTokenStore, type OpenTokenStore } from '../../../server/src/delivery/pacing/token-store';
import type { NewsletterConfigInput } from '../../../server/src/config';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, type TestDatabase } from '../../helpers/database';
import { services } from '../../helpers/services';
import { canStart, startOwnPostgres, startOwnRedis, type StoppableServer } from '../../helpers/stoppable';

let db: TestDatabase | undefined;
let server: StoppableServer | undefined;
const stores: OpenTokenStore[] = [];
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  await server?.destroy();
  await db?.destroy();
  server = db = undefined;
});

async function open(queue: NewsletterConfigInput['queue']): Promise<OpenTokenStore> {
  db ??= await createTestDatabase('sqlite');
  const ctx = await createTestContext(db.knex, { queue });
  if (queue?.backend === 'postgres') {
    // As whoever opens the queue does it.
    const { Client } = await import('pg');
    const client = new Client({ connectionString: String(queue.postgres) });
    await client.connect();
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${ctx.config.queue.schema}`);
    await client.end();
  }
  const store = createTokenStore(ctx)!;
  stores.push(store);
  return store;
}

const backends = [
  { backend: 'redis', redis: services.redis ?? '', prefix: `t${Date.now().toString(36)}` },
  {
    backend: 'postgres',
    postgres: services.postgres ?? '',
    schema: `tokens_${Date.now().toString(36)}`,
  },
] as const;

describe.each(backends)('tokens on $backend', (queue) => {
  it.skipIf(!services[queue.backend])(
    'are given once over all processes, and anew with the next window',
    async () => {
      const [one, other] = [await open(queue), await open(queue)];
      const window = { points: 20, seconds: 60 };
      const answers = await Promise.all(
        [one, other, one, other, one, other].map((store) => store.take('x', 5, window)),
      );
      expect(answers.reduce((sum, { granted }) => sum + granted, 0)).toBe(20);
      for (const { moreInMs } of answers) expect(moreInMs).toBeLessThanOrEqual(60_000);
      // A part of what was asked for, rather than nothing.
      const odd = { points: 7, seconds: 60 };
      expect((await one.take('y', 5, odd)).granted).toBe(5);
      expect((await other.take('y', 5, odd)).granted).toBe(2);
      expect((await one.take('y', 5, odd)).granted).toBe(0);
      expect((await one.take('z', 5, odd)).granted).toBe(5);
      const short = { points: 5, seconds: 1 };
      expect((await one.take('w', 5, short)).granted).toBe(5);
      await expect.poll(async () => (await one.take('w', 5, short)).granted).toBe(5);
    },
  );
});

it('the embedded queue has one process and needs none', async () => {
  db = await createTestDatabase('sqlite');
  expect(createTokenStore(await createTestContext(db.knex, { queue: { backend: 'embedded' } }))).toBeNull();
});

describe.each([
  ['redis', startOwnRedis],
  ['postgres', startOwnPostgres],
] as const)('%s', (backend, start) => {
  it.skipIf(!canStart[backend])('says soon that it is away, and is there again when it is back', async () => {
    server = await start();
    const store = await open(
      backend === 'redis' ? { backend, redis: server.url } : { backend, postgres: server.url },
    );
    const take = () => store.take('x', 1, { points: 1000, seconds: 10 });
    expect((await take()).granted).toBe(1);
    await server.stop();
    await expect(take()).rejects.toThrow();
    const begun = Date.now();
    await expect(take()).rejects.toThrow();
    expect(Date.now() - begun).toBeLessThan(15_000);
    await server.start();
    await expect
      .poll(
        () =>
          take().then(
            ({ granted }) => granted,
            () => 0,
          ),
        { timeout: 60_000, interval: 100 },
      )
      .toBe(1);
  });
});

it.skipIf(!services.postgres)('makes its table anew when somebody dropped it', async () => {
  const schema = `dropped_${Date.now().toString(36)}`;
  const store = await open({ backend: 'postgres', postgres: services.postgres!, schema });
  const take = () => store.take('x', 1, { points: 10, seconds: 60 });
  expect((await take()).granted).toBe(1);
  const { Client } = await import('pg');
  const client = new Client({ connectionString: services.postgres! });
  await client.connect();
  await client.query(`DROP TABLE ${schema}.newsletter_tokens`);
  await client.end();
  await expect(take()).rejects.toThrow('does not exist');
  expect((await take()).granted).toBe(1);
});
