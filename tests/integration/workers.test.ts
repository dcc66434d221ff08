import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createId } from '@paralleldrive/cuid2';
import createKnex, { type Knex } from 'knex';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensurePlaygroundBuilt } from '../../scripts/lib/build.mjs';
import type { CampaignDto, HealthDto, ListDto } from '../../shared/contracts';
import type { NewsletterConfigInput } from '../../server/src/config';
import { TABLE } from '../../server/src/storage';
import { createTestContext } from '../helpers/context';
import { createEmptyDatabase, type TestDatabase } from '../helpers/database';
import { startPlayground, type TestPlayground } from '../helpers/playground';
import { startReceiver, type Receiver } from '../helpers/receiver';
import { services } from '../helpers/services';
import { compare, kill, until } from './faults-bed';

const ROOT = path.resolve(import.meta.dirname, '../..');
const CLI = path.join(ROOT, 'dist/cli/index.js');
const SLOTS = 8;
const TOKEN = 'a-token-for-prometheus';

interface Command {
  child: ChildProcess;
  output(): string;
}

/** `strapi-newsletter` in the playground, as an operator runs it. */
function cli(args: string[], env: NodeJS.ProcessEnv = {}, cwd = path.join(ROOT, 'playground')): Command {
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd,
    env: { ...process.env, NODE_ENV: 'development', STRAPI_TELEMETRY_DISABLED: 'true', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += String(chunk)));
  return { child, output: () => output };
}

async function exitCode({ child }: Command): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}

const combinations = [
  { database: 'postgres', queue: 'redis', people: 400, runs: services.postgres && services.redis },
  { database: 'mariadb', queue: 'redis', people: 160, runs: services.mariadb && services.redis },
  { database: 'postgres', queue: 'postgres', people: 160, runs: services.postgres },
] as const;

// Apart from the tests' own time: a first build takes a while.
beforeAll(() => ensurePlaygroundBuilt({ panel: false }), 600_000);

describe.each(combinations)(
  'workers apart on $database with the queue on $queue',
  ({ database, queue, people, runs }) => {
    const commands: Command[] = [];
    let drop = async () => {};
    let knex: Knex | undefined;
    let receiver: Receiver | undefined;
    let playground: TestPlayground | undefined;
    afterAll(async () => {
      for (const { child } of commands) await kill(child);
      await playground?.stop();
      await receiver?.stop();
      await knex?.destroy();
      await drop();
    });

    it.skipIf(!runs)('share a campaign, whoever is killed, stopped or added meanwhile', async () => {
      const empty = await createEmptyDatabase(database);
      drop = empty.drop;
      knex = createKnex(empty.knexConfig);
      receiver = await startReceiver();
      const url = new URL(String(empty.knexConfig.connection));
      const config: NewsletterConfigInput = {
        transports: { relay: { host: '127.0.0.1', port: receiver.port, pool: { maxConnections: 5 } } },
        domains: { 'example.test': { dkim: 'relay' } },
        queue: {
          backend: queue,
          ...(queue === 'redis' ? { redis: services.redis! } : {}),
          prefix: url.pathname.slice(1).replace('_', '-'),
        },
        worker: {
          enabled: false,
          slots: SLOTS,
          batchSize: 20,
          leaseSeconds: 2,
          reconcileSeconds: 0.5,
          heartbeatSeconds: 0.5,
          ticketSeconds: 2,
        },
        metrics: { enabled: true, token: TOKEN },
      };
      const env = {
        DATABASE_CLIENT: database === 'postgres' ? 'postgres' : 'mysql',
        DATABASE_HOST: url.hostname,
        DATABASE_PORT: url.port,
        DATABASE_NAME: url.pathname.slice(1),
        DATABASE_USERNAME: decodeURIComponent(url.username),
        DATABASE_PASSWORD: decodeURIComponent(url.password),
        NEWSLETTER_CONFIG: JSON.stringify(config),
      };
      playground = await startPlayground({ env });
      const admin: TestPlayground['admin'] = (...call) => playground!.admin(...call);
      const { body: list } = await admin<ListDto>('POST', '/newsletter/lists', {
        name: 'News',
        isDefault: true,
      });
      await seedPeople(knex, list.documentId, people);
      const settings = (await admin<object>('GET', '/newsletter/settings')).body;
      const saved = await admin('PUT', '/newsletter/settings', {
        ...settings,
        senders: [{ id: 'news', name: 'News', email: 'news@example.test' }],
        brand: {
          name: 'Example',
          postalAddress: '1 Main Street',
          contact: '',
          logoUrl: '',
          color: '#4945ff',
        },
      });
      expect(saved.status, JSON.stringify(saved.body)).toBe(200);
      const { body: campaign } = await admin<CampaignDto>('POST', '/newsletter/campaigns', {
        name: 'Shared',
        sender: 'news',
        contents: [{ language: 'en', subject: 'Hello', body: '<p>News</p>' }],
        audience: {
          include: { lists: [list.documentId], segments: [] },
          exclude: { lists: [], segments: [] },
        },
      });
      const id = campaign.documentId;
      const health = async () => (await admin<HealthDto>('GET', '/newsletter/health')).body;
      expect(await health()).toMatchObject({
        problems: [],
        processes: [{ role: 'web', alive: true }],
        workers: [],
      });

      const start = () => {
        const command = cli(['worker', '--health-port', '0'], env);
        commands.push(command);
        return command;
      };
      const port = (command: Command) => /health on port (\d+)/.exec(command.output())?.[1];
      const first = start();
      const second = start();
      await until('two workers', () => {
        for (const command of [first, second])
          if (command.child.exitCode !== null) throw new Error(`a worker ended: ${command.output()}`);
        return Boolean(port(first) && port(second));
      });
      const ask = (route: string, token?: string) =>
        fetch(`http://127.0.0.1:${port(second)}${route}`, {
          headers: token ? { authorization: `Bearer ${token}` } : {},
        });
      // Until it has looked at the tables it says that it starts; nothing else may be wrong.
      await until('a healthy worker', async () => {
        const answer = await ask('/health');
        const { problems } = (await answer.json()) as { problems: string[] };
        expect(problems.filter((problem) => !problem.startsWith('Starting:'))).toEqual([]);
        expect(answer.status).toBe(problems.length === 0 ? 200 : 503);
        return problems.length === 0;
      });
      await until('both in the health of the web process', async () => {
        const { processes, lastReconciliation } = await health();
        return lastReconciliation !== null && processes.filter(({ role }) => role === 'worker').length === 2;
      });

      // The receiver stands still at these points, so that the campaign does not get ahead of the test.
      await receiver.script({ delayMs: 20, stallAfter: people * 0.15 });
      const now = { at: new Date().toISOString() };
      const scheduled = await admin('POST', `/newsletter/campaigns/${id}/schedule`, now);
      expect(scheduled.status, JSON.stringify(scheduled.body)).toBe(200);
      await until('a part of the campaign', () => receiver!.count() > people * 0.15);
      await kill(first.child, 'SIGKILL');
      const third = start();
      await receiver.script({ delayMs: 20, stallAfter: people * 0.35 });
      await until('another part', () => receiver!.count() > people * 0.35);
      expect((await ask('/metrics')).status).toBe(401);
      let metrics = '';
      await until('outcomes in the metrics', async () => {
        metrics = await (await ask('/metrics', TOKEN)).text();
        return /newsletter_deliveries_total\{transport="relay",outcome="accepted"\} [1-9]/.test(metrics);
      });
      expect(metrics).toContain('newsletter_queue_up 1');
      expect(metrics).toContain('newsletter_campaigns{state="sending"} 1');
      expect(metrics).not.toContain('@');
      second.child.kill('SIGTERM');
      await until('the signal is heard', () =>
        second.output().includes('ends after the outstanding replies'),
      );
      await receiver.script({ delayMs: 20 });
      expect(await exitCode(second), second.output()).toBe(0);
      await until('the end of the campaign', async () => {
        if (third.child.exitCode !== null) throw new Error(`the third worker ended: ${third.output()}`);
        const row = await knex!(TABLE.campaigns).where({ document_id: id }).first('state');
        return row.state === 'sent';
      });

      const tally = await compare({ knex } as TestDatabase, receiver, id);
      expect(tally).toMatchObject({ candidates: people, unfinished: 0, twice: [], denied: [], invented: [] });
      expect(tally.states.in_doubt ?? 0).toBeLessThanOrEqual(SLOTS);
      expect((tally.states.accepted ?? 0) + (tally.states.in_doubt ?? 0)).toBe(people);
      const { processes } = await health();
      expect(processes.find(({ pid }) => pid === first.child.pid)).toMatchObject({
        role: 'worker',
        alive: false,
      });
      expect(processes.find(({ pid }) => pid === second.child.pid)).toBeUndefined();
      expect(processes.find(({ pid }) => pid === third.child.pid)).toMatchObject({ alive: true });
      const route = `${playground.url}/api/newsletter/metrics`;
      expect((await fetch(route)).status).toBe(401);
      const scraped = await fetch(route, { headers: { authorization: `Bearer ${TOKEN}` } });
      expect(scraped.headers.get('content-type')).toContain('text/plain');
      expect(await scraped.text()).toContain('newsletter_campaigns{state="sent"} 1');

      third.child.kill('SIGINT');
      expect(await exitCode(third), third.output()).toBe(0);

      if (database === 'postgres') return; // there, a queue that is not configured is in the database
      const alone = { ...env, NEWSLETTER_CONFIG: JSON.stringify({ ...config, queue: {} }) };
      const refused = cli(['worker'], alone);
      commands.push(refused);
      expect(await exitCode(refused), refused.output()).toBe(2);
      expect(refused.output()).toContain('The embedded queue belongs to one process');
    });
  },
);

it('refuses SQLite and folders that are no project, and says what to do', async () => {
  const onSqlite = cli(['worker']);
  expect(await exitCode(onSqlite)).toBe(2);
  expect(onSqlite.output()).toContain('SQLite belongs to one process');
  const elsewhere = cli(['worker'], {}, ROOT);
  expect(await exitCode(elsewhere)).toBe(2);
  expect(elsewhere.output()).toContain('is not a Strapi project');
});

async function seedPeople(knex: Knex, listId: string, count: number): Promise<void> {
  const { tokens } = await createTestContext(knex);
  const stamps = { created_at: new Date(), updated_at: new Date(), published_at: new Date() };
  const now = Date.now();
  const people = Array.from({ length: count }, (_, n) => {
    const email = `person-${n}@inbox.test`;
    return {
      document_id: createId(),
      email,
      email_key: email,
      address_hash: tokens.addressHash(email),
      status: 'subscribed',
      ...stamps,
    };
  });
  await knex.batchInsert(TABLE.subscribers, people, 50);
  const subscriptions = people.map(({ document_id }) => ({
    subscriber_id: document_id,
    list_id: listId,
    status: 'subscribed',
    created_at: now,
    updated_at: now,
  }));
  await knex.batchInsert(TABLE.subscriptions, subscriptions, 50);
}
