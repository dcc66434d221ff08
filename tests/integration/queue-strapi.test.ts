import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import createKnex, { type Knex } from 'knex';
import { afterEach, expect, it } from 'vitest';
import { startPlayground, type TestPlayground } from '../helpers/playground';
import { until } from './faults-bed';

let knex: Knex;
let playground: TestPlayground | undefined;
const folder = mkdtempSync(path.join(tmpdir(), 'newsletter-queue-strapi-'));
afterEach(async () => {
  await playground?.stop();
  await knex?.destroy();
  rmSync(folder, { recursive: true, force: true });
});

it('delivers from the built plugin once Strapi listens, survives a kill, and ends cleanly on SIGTERM', async () => {
  playground = await startPlayground({ folder });
  knex = createKnex({
    client: 'better-sqlite3',
    connection: { filename: path.join(folder, 'data.db') },
    useNullAsDefault: true,
  });
  const pids = async () => (await knex('newsletter_epochs').select('pid')).map((row) => Number(row.pid));
  await until('an epoch of this process', async () => (await pids()).includes(playground!.pid));
  expect(existsSync(path.join(folder, 'queue/PG_VERSION'))).toBe(true);
  expect(existsSync(path.join(folder, 'queue.lock'))).toBe(true);

  await playground.stop('SIGKILL');
  playground = await startPlayground({ folder });
  await until('an epoch of the new process', async () => (await pids()).includes(playground!.pid));
  expect(playground.output()).not.toContain('delivery did not start');

  await playground.stop('SIGTERM');
  expect(await pids()).not.toContain(playground.pid);
  expect(existsSync(path.join(folder, 'queue.lock'))).toBe(false);
});
