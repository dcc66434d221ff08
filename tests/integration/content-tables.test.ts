import { randomBytes } from 'node:crypto';
import path from 'node:path';
import createKnex, { type Knex } from 'knex';
import { beforeAll, expect, it } from 'vitest';
import { ensurePlaygroundBuilt } from '../../scripts/lib/build.mjs';
import { contentTables } from '../../server/src/content-types';
import { TABLE } from '../../server/src/storage';
import { createTestDatabase, databaseKinds, type DatabaseKind } from '../helpers/database';
import { startPlayground } from '../helpers/playground';
import { services } from '../helpers/services';
import { tableShape, type TableShape } from '../helpers/strapi-tables';

// Apart from the tests' own time: a first build takes a while.
beforeAll(() => ensurePlaygroundBuilt({ panel: false }), 600_000);

/** Strapi's own: it indexes who created and changed a row, and that is not what our queries rest on. */
const withoutForeignKeys = ({ columns, indexes }: TableShape): TableShape => ({
  columns,
  indexes: indexes.filter((index) => !/_(created|updated)_by_id_fk /.test(index)),
});

interface Server {
  env: NodeJS.ProcessEnv;
  open(folder: string): Knex;
  drop(): Promise<void>;
}

/** A database for a Strapi; on PostgreSQL with a `schema` of its own when one is named. */
async function serverOf(kind: DatabaseKind, schema?: string): Promise<Server> {
  if (kind === 'sqlite') {
    const open = (folder: string) =>
      createKnex({
        client: 'better-sqlite3',
        connection: { filename: path.join(folder, 'data.db') },
        useNullAsDefault: true,
      });
    return { env: {}, open, drop: async () => {} };
  }
  const client = kind === 'postgres' ? 'pg' : 'mysql2';
  const adminUrl = new URL((kind === 'postgres' ? services.postgres : services.mariadb) ?? '');
  const name = `newsletter_strapi_${randomBytes(5).toString('hex')}`;
  const run = async (url: string, sql: string) => {
    const knex = createKnex({ client, connection: url });
    await knex.raw(sql).finally(() => knex.destroy());
  };
  await run(adminUrl.href, `create database ${name}`);
  const url = new URL(adminUrl.href);
  url.pathname = `/${name}`;
  if (schema) await run(url.href, `create schema ${schema}`);
  return {
    env: {
      DATABASE_CLIENT: kind === 'postgres' ? 'postgres' : 'mysql',
      DATABASE_HOST: url.hostname,
      DATABASE_PORT: url.port,
      DATABASE_NAME: name,
      DATABASE_USERNAME: decodeURIComponent(url.username),
      DATABASE_PASSWORD: decodeURIComponent(url.password),
      ...(schema ? { DATABASE_SCHEMA: schema } : {}),
    },
    open: () => createKnex({ client, connection: url.href, ...(schema ? { searchPath: [schema] } : {}) }),
    drop: () =>
      run(
        adminUrl.href,
        kind === 'postgres' ? `drop database ${name} with (force)` : `drop database ${name}`,
      ),
  };
}

it.each(databaseKinds)('our test tables are the ones that Strapi makes (%s)', async (kind) => {
  const server = await serverOf(kind);
  const strapi = await startPlayground({ env: server.env });
  const theirs = server.open(strapi.folder);
  const ours = await createTestDatabase(kind);
  try {
    for (const table of contentTables) {
      const made = withoutForeignKeys(await tableShape(theirs, kind, table));
      expect(withoutForeignKeys(await tableShape(ours.knex, kind, table)), table).toEqual(made);
    }
  } finally {
    await theirs.destroy();
    await ours.destroy();
    await strapi.stop();
    await server.drop();
  }
});

it.runIf(services.postgres)(
  'content and raw tables live in the schema of the database configuration',
  async () => {
    const server = await serverOf('postgres', 'cms');
    const strapi = await startPlayground({ env: server.env });
    const knex = server.open(strapi.folder);
    try {
      const created = await strapi.admin('POST', '/newsletter/lists', { name: 'In a schema' });
      expect(created.status).toBe(201);
      const { rows } = await knex.raw(
        `select table_schema, table_name from information_schema.tables where table_name like 'newsletter\\_%'`,
      );
      expect(new Set(rows.map((row: { table_schema: string }) => row.table_schema))).toEqual(
        new Set(['cms']),
      );
      expect(rows.map((row: { table_name: string }) => row.table_name)).toEqual(
        expect.arrayContaining(Object.values(TABLE)),
      );
    } finally {
      await knex.destroy();
      await strapi.stop();
      await server.drop();
    }
  },
);
