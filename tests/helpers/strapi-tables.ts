import type { Knex } from 'knex';
import type { DatabaseKind } from './database';

export interface TableShape {
  /** `name: type` */
  columns: string[];
  /** `name (columns) unique?` */
  indexes: string[];
}

/** Columns and named indexes of a table as its database knows them, in an order of their own. */
export async function tableShape(knex: Knex, kind: DatabaseKind, table: string): Promise<TableShape> {
  const info = await knex(table).columnInfo();
  const columns = Object.entries(info).map(
    ([name, { type, maxLength }]) => `${name}: ${type} ${maxLength ?? ''}`,
  );
  return { columns: columns.sort(), indexes: (await indexesOf(knex, kind, table)).sort() };
}

async function indexesOf(knex: Knex, kind: DatabaseKind, table: string): Promise<string[]> {
  const rows = kind === 'sqlite' ? await sqliteIndexes(knex, table) : await serverIndexes(knex, kind, table);
  return rows.map(({ name, columns, unique }) => `${name} (${columns.join(', ')})${unique ? ' unique' : ''}`);
}

interface IndexShape {
  name: string;
  columns: string[];
  unique: boolean;
}

async function sqliteIndexes(knex: Knex, table: string): Promise<IndexShape[]> {
  const list: { name: string; unique: number }[] = await knex.raw(`pragma index_list(${table})`);
  return Promise.all(
    list.map(async ({ name, unique }) => {
      const columns: { name: string }[] = await knex.raw(`pragma index_info(${name})`);
      return { name, columns: columns.map((column) => column.name), unique: unique === 1 };
    }),
  );
}

async function serverIndexes(knex: Knex, kind: DatabaseKind, table: string): Promise<IndexShape[]> {
  const result =
    kind === 'postgres'
      ? await knex.raw(
          `select i.relname as name, x.indisunique as is_unique, a.attname as column_name
           from pg_index x
           join pg_class i on i.oid = x.indexrelid
           join pg_class t on t.oid = x.indrelid
           join pg_attribute a on a.attrelid = i.oid
           where t.relname = ? and t.relnamespace = current_schema()::regnamespace
           order by i.relname, a.attnum`,
          [table],
        )
      : await knex.raw(
          `select index_name as name, non_unique = 0 as is_unique, column_name as column_name
           from information_schema.statistics
           where table_schema = database() and table_name = ?
           order by index_name, seq_in_index`,
          [table],
        );
  const rows: { name: string; is_unique: boolean | number; column_name: string }[] =
    kind === 'postgres' ? result.rows : result[0];
  const indexes = new Map<string, IndexShape>();
  for (const row of rows) {
    const index = indexes.get(row.name) ?? { name: row.name, columns: [], unique: Boolean(row.is_unique) };
    index.columns.push(row.column_name);
    indexes.set(row.name, index);
  }
  return [...indexes.values()];
}
