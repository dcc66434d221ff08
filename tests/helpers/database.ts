import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import createKnex, { type Knex } from 'knex';
import { contentTypes } from '../../server/src/content-types';
import { migrate } from '../../server/src/storage';
import { services } from './services';

export type DatabaseKind = 'sqlite' | 'postgres' | 'mariadb' | 'mysql';

export interface TestDatabase {
  kind: DatabaseKind;
  knex: Knex;
  /** How another process opens the same database. */
  knexConfig: Knex.Config;
  destroy(): Promise<void>;
}

/** The databases that this machine has: test files iterate over them. */
export const databaseKinds: DatabaseKind[] = [
  'sqlite',
  ...(services.postgres ? (['postgres'] as const) : []),
  ...(services.mariadb ? (['mariadb'] as const) : []),
  ...(services.mysql ? (['mysql'] as const) : []),
];

/**
 * A fresh database with the content-type tables and all raw tables.
 * @param adminUrl of another server than the one that all tests share
 */
export async function createTestDatabase(
  kind: DatabaseKind = 'sqlite',
  adminUrl?: string,
): Promise<TestDatabase> {
  const { knexConfig, drop } = await createEmptyDatabase(kind, adminUrl);
  const knex = createKnex(knexConfig);
  await createContentTables(knex);
  await migrate(knex);
  return {
    kind,
    knex,
    knexConfig,
    async destroy() {
      await knex.destroy();
      await drop();
    },
  };
}

/** A database without tables. Strapi's own settings for each client, so that the pool and the types behave as in production. */
export async function createEmptyDatabase(
  kind: DatabaseKind,
  server?: string,
): Promise<{ knexConfig: Knex.Config; drop: () => Promise<void> }> {
  if (kind === 'sqlite') {
    const folder = mkdtempSync(path.join(tmpdir(), 'newsletter-db-'));
    return {
      knexConfig: {
        client: 'better-sqlite3',
        connection: { filename: path.join(folder, 'data.db') },
        useNullAsDefault: true,
        pool: { min: 1, max: 1 },
      },
      drop: async () => rmSync(folder, { recursive: true, force: true }),
    };
  }
  const client = kind === 'postgres' ? 'pg' : 'mysql2';
  const adminUrl = server ?? services[kind];
  if (!adminUrl) throw new Error(`${kind} is not available on this machine`);
  const name = `newsletter_${randomBytes(5).toString('hex')}`;
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  const admin = async (sql: string) => {
    const knex = createKnex({ client, connection: adminUrl });
    await knex.raw(sql).finally(() => knex.destroy());
  };
  await admin(
    kind === 'postgres' ? `create database ${name}` : `create database ${name} character set utf8mb4`,
  );
  return {
    knexConfig: { client, connection: url.href, pool: { min: 0, max: 10 } },
    drop: () => admin(kind === 'postgres' ? `drop database ${name} with (force)` : `drop database ${name}`),
  };
}

interface Attribute {
  type: string;
}

/**
 * The tables that Strapi makes from our content types. `tests/integration/content-tables.test.ts` compares them with
 * a real Strapi's, so that they cannot drift apart.
 */
export async function createContentTables(knex: Knex): Promise<void> {
  for (const { schema } of Object.values(contentTypes)) {
    await knex.schema.createTable(schema.collectionName, (t) => {
      t.increments('id');
      t.string('document_id');
      for (const [name, attribute] of Object.entries(schema.attributes as Record<string, Attribute>)) {
        addColumn(knex, t, snakeCase(name), attribute.type);
      }
      for (const name of ['created_at', 'updated_at', 'published_at'])
        t.datetime(name, { precision: 6, useTz: false });
      t.integer('created_by_id').unsigned();
      t.integer('updated_by_id').unsigned();
      t.string('locale');
      t.index(['document_id', 'locale', 'published_at'], `${schema.collectionName}_documents_idx`);
      for (const index of schema.indexes as { name: string; columns: string[]; type?: string }[]) {
        if (index.type === 'unique') t.unique(index.columns, { indexName: index.name });
        else t.index(index.columns, index.name);
      }
    });
  }
}

function addColumn(knex: Knex, t: Knex.CreateTableBuilder, name: string, type: string): void {
  switch (type) {
    case 'text':
      return void t.text(name, 'longtext');
    case 'json':
      return void (String(knex.client.config.client) === 'pg' ? t.jsonb(name) : t.json(name));
    case 'integer':
      return void t.integer(name);
    case 'boolean':
      return void t.boolean(name);
    case 'datetime':
      return void t.datetime(name, { precision: 6, useTz: false });
    default:
      return void t.string(name);
  }
}

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
