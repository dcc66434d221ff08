import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import createKnex, { type Knex } from 'knex';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { bin, ensurePlaygroundBuilt } from '../../scripts/lib/build.mjs';
import { contentTables } from '../../server/src/content-types';
import { TABLE } from '../../server/src/storage';
import { startPlayground, type TestPlayground } from '../helpers/playground';
import { insertTraces } from './lifecycle-rows';

/** A filled database whose Strapi has ended: what each test begins with a copy of. */
let filled: string;
// Apart from the tests' own time: a first build takes a while.
beforeAll(async () => {
  ensurePlaygroundBuilt({ panel: false });
  filled = mkdtempSync(path.join(tmpdir(), 'newsletter-lifecycle-filled-'));
  const strapi = await startPlayground({ folder: filled });
  try {
    await fill(strapi);
  } finally {
    await strapi.stop();
  }
}, 600_000);
afterAll(() => rmSync(filled, { recursive: true, force: true }));

const folders: string[] = [];
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true })));

function newFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'newsletter-lifecycle-'));
  folders.push(folder);
  return folder;
}

async function withDatabase<T>(folder: string, work: (knex: Knex) => Promise<T>): Promise<T> {
  const filename = path.join(folder, 'data.db');
  const knex = createKnex({ client: 'better-sqlite3', connection: { filename }, useNullAsDefault: true });
  return work(knex).finally(() => knex.destroy());
}

/** What lives only as long as a process, a running import or a running check. */
const PASSING: string[] = [
  TABLE.epochs,
  TABLE.processes,
  TABLE.importAddresses,
  TABLE.inboundMailboxes,
  TABLE.hygieneMailboxes,
];

/** Everything of ours that stays, by table. */
async function allRows(folder: string): Promise<Record<string, unknown[]>> {
  return withDatabase(folder, async (knex) => {
    const tables = [...new Set([...Object.values(TABLE), ...contentTables])].filter(
      (table) => !PASSING.includes(table),
    );
    const rows = await Promise.all(tables.map((table) => knex(table).select()));
    return Object.fromEntries(tables.map((table, index) => [table, rows[index] ?? []]));
  });
}

/** Something in every table, by the ways in which it gets there where one call does it, else as a campaign leaves it. */
async function fill(strapi: TestPlayground): Promise<void> {
  const create = async (route: string, body: object) => {
    const answer = await strapi.admin<{ documentId: string }>('POST', `/newsletter/${route}`, body);
    expect(answer).toMatchObject({ status: 201 });
    return answer.body.documentId;
  };
  const list = await create('lists', { name: 'Readers' });
  const [stays, leaves] = [
    await create('subscribers', { email: 'stays@example.com', lists: [list], consent: true }),
    await create('subscribers', { email: 'leaves@example.com', lists: [list], consent: true }),
    await create('subscribers', { email: 'asked@example.com', lists: [list] }),
  ];
  await create('segments', {
    name: 'On the list',
    rules: { combinator: 'and', rules: [{ field: 'list', operator: 'on', list }] },
  });
  const rule = await create('rules', {
    name: 'Articles',
    contentType: 'api::article.article',
    mapping: { body: [{ field: 'body' }] },
  });
  const campaign = await create('campaigns', { name: 'Kept', audience: { include: { lists: [list] } } });
  await strapi.admin('POST', '/newsletter/subscribers/bulk', { action: 'unsubscribe', ids: [leaves] });
  await strapi.admin('PUT', '/newsletter/settings', { brand: { name: 'ACME' } });
  await withDatabase(strapi.folder, async (knex) => {
    const at = Date.now();
    const person = await knex(TABLE.subscribers).where({ document_id: stays }).first();
    await knex(TABLE.runs).insert({
      campaign_id: campaign,
      version: 1,
      snapshot: '{}',
      ended_at: at,
      created_at: at,
    });
    await knex(TABLE.batches).insert({ campaign_id: campaign, size: 1, done: true });
    await knex(TABLE.deliveries).insert({
      campaign_id: campaign,
      batch_id: 1,
      subscriber_id: stays,
      email: person.email,
      email_key: person.email_key,
      address_hash: person.address_hash,
      language: 'en',
      state: 'accepted',
      created_at: at,
      settled_at: at,
    });
    await knex(TABLE.links).insert({ campaign_id: campaign, url_hash: 'x', url: 'https://example.com' });
    await knex(TABLE.events).insert({
      type: 'open',
      campaign_id: campaign,
      delivery_id: 1,
      subscriber_id: stays,
      at,
    });
    await knex(TABLE.imports).insert({
      id: 'import00000000000000001',
      state: 'done',
      file_name: 'readers.csv',
      format: 'csv',
      host: 'elsewhere',
      bytes_total: 1,
      created_at: at,
      ended_at: at,
    });
    await knex(TABLE.importErrors).insert({
      import_id: 'import00000000000000001',
      line: 2,
      code: 'no-address',
    });
    await knex(TABLE.outbox).insert({
      rule_id: rule,
      content_type: 'api::article.article',
      entry_id: 'article0000000000000001',
      locale: '',
      occasion: 'first',
      title: 'Sent long ago',
      state: 'done',
      created_at: at,
    });
    await insertTraces(knex, { campaign, person: stays });
    await knex(TABLE.campaigns).where({ document_id: campaign }).update({ state: 'sent' });
  });
}

interface CommandResult {
  code: number | null;
  output: string;
}

/**
 * Runs a command of Strapi in the playground over a folder's database, and waits until it ends by itself.
 * @param type what to write into it, and after which of its output
 */
function strapiCommand(
  folder: string,
  args: string[],
  type: { after: RegExp; text: string; later?: number }[] = [],
): Promise<CommandResult> {
  const child = spawn(process.execPath, [bin('strapi'), ...args], {
    cwd: path.join(import.meta.dirname, '../../playground'),
    env: {
      ...process.env,
      NODE_ENV: 'development',
      STRAPI_TELEMETRY_DISABLED: 'true',
      HOST: '127.0.0.1',
      PORT: '0',
      DATABASE_FILENAME: path.join(folder, 'data.db'),
      NEWSLETTER_QUEUE_FOLDER: path.join(folder, 'queue'),
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let output = '';
  const lines = [...type];
  const typeNext = () => {
    const [next] = lines;
    if (!next?.after.test(output)) return;
    lines.shift();
    setTimeout(() => child.stdin.write(next.text), next.later ?? 0);
    typeNext();
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += String(chunk);
      typeNext();
    });
  }
  if (lines.length === 0) child.stdin.end();
  const tooLong = setTimeout(() => child.kill('SIGKILL'), 180_000);
  return new Promise((resolve) =>
    child.once('close', (code) => {
      clearTimeout(tooLong);
      resolve({ code, output });
    }),
  );
}

/** What a process that delivers leaves behind even after it ended well: its number was taken, its queue was opened. */
async function tracesOfDelivery(folder: string) {
  const epochs = await withDatabase(
    folder,
    (knex) =>
      knex('sqlite_sequence').where({ name: TABLE.epochs }).first('seq') as Promise<
        { seq: number } | undefined
      >,
  );
  return { lastEpoch: epochs?.seq ?? 0, queueFolder: existsSync(path.join(folder, 'queue')) };
}

function filledFolder(): string {
  const folder = newFolder();
  cpSync(filled, folder, { recursive: true });
  return folder;
}

it('a boot with the plugin disabled loses no row', async () => {
  const folder = filledFolder();
  const before = await allRows(folder);
  const empty = Object.keys(before).filter((table) => before[table]?.length === 0);
  expect(empty).toEqual([]);

  const without = await startPlayground({ folder, env: { NEWSLETTER_ENABLED: 'false' } });
  const answer = await without.admin('GET', '/newsletter/lists');
  await without.stop();
  expect(answer.status).toBe(404);
  const again = await startPlayground({ folder });
  await again.stop();
  expect(await allRows(folder)).toEqual(before);
});

it('export and import keep suppressions, consent, deliveries and secrets, and start nothing', async () => {
  const folder = filledFolder();
  const before = await allRows(folder);
  rmSync(path.join(folder, 'queue'), { recursive: true, force: true });
  const { lastEpoch } = await tracesOfDelivery(folder);
  expect(lastEpoch).toBeGreaterThan(0);

  const file = path.join(folder, 'backup');
  const exported = await strapiCommand(folder, ['export', '--no-encrypt', '--no-compress', '-f', file]);
  expect(exported, exported.output).toMatchObject({ code: 0 });
  expect(await tracesOfDelivery(folder)).toEqual({ lastEpoch, queueFolder: false });

  // As a restore on a machine whose content was lost, while the raw tables are still there.
  await withDatabase(folder, (knex) =>
    knex(TABLE.subscribers).where({ email_key: 'stays@example.com' }).delete(),
  );
  const imported = await strapiCommand(folder, ['import', '--force', '-f', `${file}.tar`]);
  expect(imported, imported.output).toMatchObject({ code: 0 });
  expect(await tracesOfDelivery(folder)).toEqual({ lastEpoch, queueFolder: false });

  const after = await allRows(folder);
  for (const table of Object.keys(before)) {
    if (contentTables.includes(table)) {
      const documents = (rows: unknown[] | undefined) =>
        (rows as { document_id: string }[]).map((row) => row.document_id).sort();
      expect(documents(after[table]), table).toEqual(documents(before[table]));
    } else {
      expect(after[table], table).toEqual(before[table]);
    }
  }
  // Ids of the raw tables still lead to the people: the report and the timeline show what they showed.
  const strapi = await startPlayground({ folder });
  try {
    const people = await strapi.admin<{ results: { documentId: string }[] }>(
      'GET',
      '/newsletter/subscribers?search=stays',
    );
    const timeline = await strapi.admin<{ type: string }[]>(
      'GET',
      `/newsletter/subscribers/${people.body.results[0]?.documentId}/timeline`,
    );
    expect(timeline.body.map(({ type }) => type).sort()).toEqual(['accepted', 'added', 'open']);
  } finally {
    await strapi.stop();
  }
});

it('the console starts no queue and no worker', async () => {
  const folder = filledFolder();
  rmSync(path.join(folder, 'queue'), { recursive: true, force: true });
  const { lastEpoch } = await tracesOfDelivery(folder);
  const { code, output } = await strapiCommand(
    folder,
    ['console'],
    [
      { after: /> $/, text: "'here:' + Object.keys(strapi.plugin('newsletter').services)\n" },
      // That nothing happens cannot be waited for: five seconds are several times what a start takes to open its queue.
      { after: /here:api/, text: '.exit\n', later: 5_000 },
    ],
  );
  expect(output).toContain('here:api');
  expect(code, output).toBe(0);
  expect(await tracesOfDelivery(folder)).toEqual({ lastEpoch, queueFolder: false });
});
