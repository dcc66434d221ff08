import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import createKnex from 'knex';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ensurePlaygroundBuilt } from '../../scripts/lib/build.mjs';
import type { CampaignDto, CampaignReport, HealthDto, ListDto, QueueKind } from '../../shared/contracts';
import { createEmptyDatabase, databaseKinds, type DatabaseKind } from '../helpers/database';
import { startPlayground, type TestPlayground } from '../helpers/playground';
import { startReceiver, type Receiver } from '../helpers/receiver';
import { services } from '../helpers/services';
import { until } from './faults-bed';

interface Platform {
  kind: DatabaseKind;
  queue: QueueKind;
  env: NodeJS.ProcessEnv;
}

const platforms = (
  [
    { kind: 'sqlite', queue: 'embedded', env: {} },
    { kind: 'postgres', queue: 'postgres', env: {} },
    { kind: 'mariadb', queue: 'redis', env: { DEMO_REDIS_URL: services.redis ?? undefined } },
  ] satisfies Platform[]
).filter(({ kind, queue }) => databaseKinds.includes(kind) && (queue !== 'redis' || services.redis));

const PEOPLE = 12;

// Apart from the tests' own time: a first build takes a while.
beforeAll(() => ensurePlaygroundBuilt({ panel: false }), 600_000);

let strapi: TestPlayground | undefined;
let receiver: Receiver | undefined;
let drop: (() => Promise<void>) | undefined;
let folder: string | undefined;
afterEach(async () => {
  await strapi?.stop();
  await receiver?.stop();
  await drop?.();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

describe.each(platforms)('Strapi on $kind with the queue auto ($queue)', ({ kind, queue, env }) => {
  it('boots, sends a campaign, boots again over its tables, and sends another one', async () => {
    const database = await emptyDatabase(kind);
    drop = database.drop;
    folder = mkdtempSync(path.join(tmpdir(), 'newsletter-databases-'));
    receiver = await startReceiver({ refuse: { gone: '550 5.1.1 no such user' } });
    const boot = () =>
      startPlayground({ folder, smtpPort: receiver!.port, env: { ...env, ...database.env } });
    strapi = await boot();
    const list = await seed(strapi);

    const first = await send(strapi, list, 'First');
    expect(await received()).toEqual(expected());
    expect(first).toMatchObject({ accepted: PEOPLE, bounced: 1, unfinished: 0 });
    const health = await strapi.admin<HealthDto>('GET', '/newsletter/health');
    expect(health.body.queue).toMatchObject({ backend: queue, ok: true });

    await strapi.stop();
    strapi = await boot();
    const second = await send(strapi, list, 'Second');
    // Who is dead is not asked again.
    expect(second).toMatchObject({ accepted: PEOPLE, bounced: 0, unfinished: 0 });
    expect(await received()).toEqual([...expected(), ...expected()].sort());
  });
});

const expected = () => Array.from({ length: PEOPLE }, (_, n) => `reader-${n}@example.org`).sort();

/** Who has got a message, as the receiver knows it. */
async function received(): Promise<string[]> {
  return (await receiver!.ledger()).map(({ to }) => to).sort();
}

/** An empty database and how the playground finds it; PostgreSQL's with Strapi in a schema of its own. */
async function emptyDatabase(
  kind: DatabaseKind,
): Promise<{ env: NodeJS.ProcessEnv; drop?: () => Promise<void> }> {
  if (kind === 'sqlite') return { env: {} };
  const { knexConfig, drop: dropDatabase } = await createEmptyDatabase(kind);
  const url = new URL(knexConfig.connection as string);
  if (kind === 'postgres') {
    const knex = createKnex(knexConfig);
    await knex.raw('create schema cms').finally(() => knex.destroy());
  }
  return {
    drop: dropDatabase,
    env: {
      DATABASE_CLIENT: kind === 'postgres' ? 'postgres' : 'mysql',
      DATABASE_HOST: url.hostname,
      DATABASE_PORT: url.port,
      DATABASE_NAME: url.pathname.slice(1),
      DATABASE_USERNAME: url.username,
      DATABASE_PASSWORD: url.password,
      ...(kind === 'postgres' && { DATABASE_SCHEMA: 'cms' }),
    },
  };
}

async function seed(playground: TestPlayground): Promise<string> {
  const saved = await playground.admin('PUT', '/newsletter/settings', {
    senders: [{ id: 'news', name: 'News', email: 'hello@news.example.com' }],
    brand: { name: 'Example', postalAddress: '1 Example Street' },
  });
  expect(saved.status, JSON.stringify(saved.body)).toBe(200);
  const list = await playground.admin<ListDto>('POST', '/newsletter/lists', {
    name: 'Readers',
    isDefault: true,
  });
  for (const email of [...expected(), 'gone@example.org', 'left@example.org']) {
    const person = await playground.admin<{ documentId: string }>('POST', '/newsletter/subscribers', {
      email,
      firstName: 'Ana',
      lists: [list.body.documentId],
      consent: true,
    });
    expect(person.status, JSON.stringify(person.body)).toBe(201);
    if (email.startsWith('left')) {
      await playground.admin('POST', '/newsletter/subscribers/bulk', {
        action: 'unsubscribe',
        ids: [person.body.documentId],
      });
    }
  }
  return list.body.documentId;
}

/** @returns what the report says about the campaign at its end */
async function send(
  playground: TestPlayground,
  list: string,
  name: string,
): Promise<CampaignReport['counts']> {
  const draft = await playground.admin<CampaignDto>('POST', '/newsletter/campaigns', {
    name,
    contents: [{ language: 'en', subject: 'Hello {{firstName}}', body: '<p>News</p>' }],
    audience: { include: { lists: [list] } },
  });
  const route = `/newsletter/campaigns/${draft.body.documentId}`;
  const now = { at: new Date().toISOString() };
  const scheduled = await playground.admin('POST', `${route}/schedule`, now);
  expect(scheduled.status, JSON.stringify(scheduled.body)).toBe(200);
  await until(
    `${name} is sent`,
    async () => (await playground.admin<CampaignDto>('GET', route)).body.state === 'sent',
  );
  return (await playground.admin<CampaignReport>('GET', `${route}/report`)).body.counts;
}
