import type { Knex } from 'knex';

export type Dialect = 'sqlite' | 'postgres' | 'mysql';

/** Which SQL a connection speaks; MariaDB counts as mysql. */
export function dialectOf(knex: Knex): Dialect {
  const client = String((knex.client as { config?: { client?: unknown }; dialect?: string }).dialect ?? '');
  if (client.startsWith('pg') || client.startsWith('postgres')) return 'postgres';
  if (client.startsWith('mysql')) return 'mysql';
  return 'sqlite';
}

/** SQL expressions for the database's own clock in milliseconds since 1970: leases compare only against it. */
export const NOW_MS: Record<Dialect, string> = {
  postgres: '(extract(epoch from clock_timestamp()) * 1000)::bigint',
  mysql: 'CAST(UNIX_TIMESTAMP(SYSDATE(3)) * 1000 AS SIGNED)',
  sqlite: "CAST(ROUND((julianday('now') - 2440587.5) * 86400000) AS INTEGER)",
};

/** The one that a connection understands. */
export const nowMsSql = (knex: Knex): string => NOW_MS[dialectOf(knex)];

/**
 * Inserts one row into a table with a generated numeric key and gives that key: SQLite and PostgreSQL answer
 * RETURNING, MySQL the insert id.
 */
export async function insertReturningId(db: Knex, table: string, row: object, key = 'id'): Promise<number> {
  const result: unknown[] =
    dialectOf(db) === 'mysql' ? await db(table).insert(row) : await db(table).insert(row, [key]);
  const first = result[0];
  return Number(
    typeof first === 'object' && first !== null ? (first as Record<string, unknown>)[key] : first,
  );
}
