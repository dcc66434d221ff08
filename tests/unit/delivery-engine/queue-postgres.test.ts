import { randomBytes } from 'node:crypto';
import createKnex from 'knex';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NewsletterConfigInput } from '../../../server/src/config';
import type { Context } from '../../../server/src/context';
import { openTickets, queueKind, type Tickets } from '../../../server/src/delivery/queue';
import { postgresSettings } from '../../../server/src/delivery/queue/postgres-settings';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, type TestDatabase } from '../../helpers/database';
import { startPostgresProxy } from '../../helpers/postgres-proxy';
import { services } from '../../helpers/services';

describe.skipIf(!services.postgres)('the queue on PostgreSQL', () => {
  let db: TestDatabase;
  let opened: Tickets[];
  beforeEach(async () => {
    db = await createTestDatabase('postgres');
    opened = [];
  });
  afterEach(async () => {
    await Promise.all(opened.map((tickets) => tickets.close()));
    await db.destroy();
  });

  async function open(ctx: Context): Promise<Tickets> {
    const tickets = await openTickets(ctx, new AbortController().signal, () => {});
    opened.push(tickets!);
    return tickets!;
  }
  const context = (queue?: NewsletterConfigInput['queue']) => createTestContext(db.knex, { queue });
  /** Pumps of each campaign, in their order. */
  function work(tickets: Tickets, rounds = 1): string[] {
    const seen: string[] = [];
    tickets.work({
      pump: async (id) => {
        seen.push(id);
        return {
          again: seen.filter((other) => other === id).length % rounds !== 0,
          delayMs: 0,
          wakeAt: null,
        };
      },
      start: async () => void seen.push('start'),
      wake: async (id) => void seen.push(`wake ${id}`),
      mails: async () => void seen.push('mails'),
    });
    return seen;
  }
  const tables = async (schema: string) =>
    (await db.knex('pg_tables').where({ schemaname: schema }).select('tablename')).map(
      (row) => row.tablename,
    );

  it('is what auto means on PostgreSQL, unless another one is configured', async () => {
    expect(queueKind(await context())).toBe('postgres');
    expect(queueKind(await context({ redis: 'redis://127.0.0.1:1' }))).toBe('redis');
    expect(queueKind(await context({ backend: 'embedded' }))).toBe('embedded');
  });

  it('carries tickets over a restart, the same id again and again, and keeps nothing', async () => {
    const ctx = await context();
    const publicBefore = await tables('public');
    const first = await open(ctx);
    await first.addPump('campaign', 0);
    await opened.pop()!.close();

    const tickets = await open(ctx);
    const seen = work(tickets, 3);
    await expect.poll(() => seen, { timeout: 60_000 }).toEqual(['campaign', 'campaign', 'campaign']);
    const jobs = () => db.knex('newsletter_queue.job').count({ n: '*' }).first();
    await expect.poll(async () => Number((await jobs())!.n)).toBe(0);
    await tickets.addPump('campaign', 0);
    await tickets.addStart('campaign', 1, Date.now());
    await tickets.addWake('campaign', Date.now() + 200);
    await tickets.addMails();
    await expect.poll(() => seen.length, { timeout: 60_000 }).toBe(9);
    expect(seen).toEqual(expect.arrayContaining(['start', 'mails', 'wake campaign']));
    expect(await tables('public')).toEqual(publicBefore);
    expect(await tables('bullmq')).toEqual([]);
  });

  it('keeps few events, however many tickets there were', async () => {
    const tickets = await open(await context());
    const seen = work(tickets);
    for (let n = 0; n < 120; n++) await tickets.addPump(`campaign${n}`, 0);
    await expect.poll(() => seen.length, { timeout: 60_000 }).toBe(120);
    const events = await db.knex('newsletter_queue.event').count({ n: '*' }).first();
    // Trimmed to a hundred at each 256th of the four that a ticket makes.
    expect(Number(events!.n)).toBeLessThan(100 + 256 + 10);
  });

  it('opens at most four connections', async () => {
    const tickets = await open(await context());
    const seen = work(tickets, 5);
    await Promise.all(Array.from({ length: 40 }, (_, n) => tickets.addPump(`campaign${n}`, 0)));
    await expect.poll(() => seen.length, { timeout: 60_000 }).toBe(200);
    const connections = await db
      .knex('pg_stat_activity')
      .whereRaw('datname = current_database()')
      .where('application_name', 'like', '%newsletter%');
    expect(connections.length).toBeLessThanOrEqual(4);
  });

  it('keeps the tickets of two projects in one database apart', async () => {
    const other = await createTestDatabase('sqlite');
    const queue = { backend: 'postgres', postgres: db.knexConfig.connection as string } as const;
    const [mine, theirs] = [
      await open(await context()),
      await open(await createTestContext(other.knex, { queue })),
    ];
    const seen = [work(mine), work(theirs)];
    await Promise.all([mine.addPump('mine', 0), theirs.addPump('theirs', 0)]);
    await expect.poll(() => seen.flat().length, { timeout: 60_000 }).toBe(2);
    expect(seen).toEqual([['mine'], ['theirs']]);
    await other.destroy();
  });

  it('reads its own JSON although Strapi has switched that off in the driver', async () => {
    const { JSONB } = pg.types.builtins;
    pg.types.setTypeParser(JSONB, (text) => text);
    try {
      const tickets = await open(await context());
      const seen = work(tickets);
      await tickets.addPump('campaign', 0);
      await expect.poll(() => seen, { timeout: 60_000 }).toEqual(['campaign']);
    } finally {
      pg.types.setTypeParser(JSONB, (text: string) => JSON.parse(text) as unknown);
    }
  });

  it('does not spin while the server starts, and goes on afterwards', async () => {
    const proxy = await startPostgresProxy(db.knexConfig.connection as string);
    const ctx = await context({ postgres: proxy.url });
    ctx.log.warn = () => {};
    const tickets = await open(ctx);
    const seen = work(tickets, Infinity);
    for (let n = 0; n < 4; n++) await tickets.addPump(`campaign${n}`, 0);
    await expect.poll(() => seen.length, { timeout: 60_000 }).toBeGreaterThan(8);
    const since = Date.now();
    proxy.starting(true);
    await expect.poll(() => proxy.refused(), { timeout: 60_000 }).toBeGreaterThan(12);
    // Without a pause, the workers make thousands of connections in this time.
    expect(Date.now() - since).toBeGreaterThan(1_000);
    expect(tickets.problem()).toContain('starting up');
    proxy.starting(false);
    const before = seen.length;
    await expect.poll(() => seen.length, { timeout: 60_000 }).toBeGreaterThan(before + 8);
    expect(tickets.problem()).toBeNull();
    await opened.pop()!.close();
    await proxy.stop();
  }, 150_000);

  it('needs no right to make schemas when its own is there, and says what it needs otherwise', async () => {
    const role = `newsletter_${randomBytes(4).toString('hex')}`;
    const connection = new URL(db.knexConfig.connection as string);
    const database = connection.pathname.slice(1);
    await db.knex.raw(`create role ${role} login`);
    await db.knex.raw(`revoke all on database ${database} from public`);
    await db.knex.raw(`grant connect on database ${database} to ${role}`);
    connection.username = role;
    const ctx = await context({ postgres: connection.href });
    const problems: string[] = [];
    ctx.log.error = (message) => problems.push(message);
    const opening = open(ctx);
    await expect.poll(() => problems, { timeout: 60_000 }).not.toEqual([]);
    expect(problems[0]).toContain('CREATE SCHEMA newsletter_queue AUTHORIZATION');
    await db.knex.raw(`create schema newsletter_queue authorization ${role}`);
    const tickets = await opening;
    const seen = work(tickets);
    await tickets.addPump('campaign', 0);
    await expect.poll(() => seen, { timeout: 60_000 }).toEqual(['campaign']);
    await opened.pop()!.close();
    await db.knex.raw('drop schema newsletter_queue cascade');
    await db.knex.raw(`revoke all on database ${database} from ${role}`);
    await db.knex.raw(`drop role ${role}`);
  }, 150_000);
});

describe('the connection of the queue on PostgreSQL', () => {
  const settingsOf = async (connection: unknown) => {
    const knex = createKnex({ client: 'pg', connection: connection as never });
    return postgresSettings(knex, {}).finally(() => knex.destroy());
  };

  it("is Strapi's own, with the password that knex hides", async () => {
    const settings = await settingsOf({
      host: 'db',
      user: 'u',
      password: 'p',
      ssl: { ca: 'x' },
      schema: 's',
    });
    expect(settings).toMatchObject({ host: 'db', user: 'u', password: 'p', ssl: { ca: 'x' } });
    expect(await settingsOf('postgres://u:p@db:5433/name')).toMatchObject({ host: 'db', password: 'p' });
  });

  it('asks a function for the password again at each connection', async () => {
    let asked = 0;
    const settings = await settingsOf(() => ({ host: 'db', password: `p${++asked}` }));
    expect(settings.host).toBe('db');
    const password = settings.password as () => Promise<string>;
    expect([await password(), await password()]).toEqual(['p2', 'p3']);
  });

  it("is needed where Strapi's database is another one", async () => {
    const knex = createKnex({ client: 'mysql2', connection: {} });
    await expect(postgresSettings(knex, {})).rejects.toThrow('queue.postgres is needed');
    await knex.destroy();
  });
});
