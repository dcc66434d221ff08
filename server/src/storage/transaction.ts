import type { Knex } from 'knex';
import { dialectOf } from './dialect';

const ATTEMPTS = 5;

/**
 * Runs `work` in one transaction, and again when the database chose it as the victim of a deadlock. READ COMMITTED
 * on PostgreSQL and MySQL: a row that another transaction has just made is seen, and no gaps are locked. SQLite has
 * one connection and is serial by itself.
 */
export async function inTransaction<T>(knex: Knex, work: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
  const options = dialectOf(knex) === 'sqlite' ? {} : { isolationLevel: 'read committed' as const };
  for (let attempt = 1; ; attempt++) {
    try {
      return await knex.transaction(work, options);
    } catch (error) {
      if (attempt === ATTEMPTS || !isDeadlock(error)) throw error;
    }
  }
}

/** PostgreSQL: deadlock_detected, serialization_failure. MySQL: deadlock, record changed since last read (MariaDB). */
function isDeadlock(error: unknown): boolean {
  const { code, errno } = error as { code?: unknown; errno?: unknown };
  return (
    code === '40P01' || code === '40001' || code === 'ER_LOCK_DEADLOCK' || errno === 1213 || errno === 1020
  );
}

/** Rows per statement: SQLite's compound SELECT, as knex writes a bulk insert, takes 500 terms at most. */
const ROWS = 200;

/** The items in pieces that one statement can carry on every database. */
export function* pieces<T>(items: readonly T[], size = ROWS): Generator<T[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}
