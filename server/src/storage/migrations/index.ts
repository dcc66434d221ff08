import type { Knex } from 'knex';
import { dialectOf } from '../dialect';
import { TABLE } from '../tables';
import { initial } from './0001-initial';
import { imports } from './0002-imports';
import { publishing } from './0004-publishing';
import { processes } from './0005-processes';
import { timing } from './0006-timing';
import { destinations } from './0007-destinations';
import { warmUp } from './0008-warm-up';
import { inDoubt } from './0009-in-doubt';
import { feedback } from './0010-feedback';
import { inbound } from './0011-inbound';
import { hygiene } from './0012-hygiene';

/** One step of the raw tables' history. Steps are never edited after a release; a change is a new step. */
export interface Migration {
  name: string;
  up(db: Knex): Promise<void>;
}

export const migrations: readonly Migration[] = [
  initial,
  imports,
  publishing,
  processes,
  timing,
  destinations,
  warmUp,
  inDoubt,
  feedback,
  inbound,
  hygiene,
];

const LOCK_NAME = 'newsletter_migrations';
const LOCK_NUMBER = 741_003_258;

/**
 * Brings the raw tables up to date. Two processes that boot together run each step once: the second waits for the
 * first. On PostgreSQL and SQLite a failing step leaves nothing behind; MySQL commits DDL at once, so steps there are
 * written to be repeatable.
 * @returns names of the steps that ran now
 */
export async function migrate(knex: Knex, steps: readonly Migration[] = migrations): Promise<string[]> {
  return knex.transaction(async (trx) => {
    await lock(trx);
    try {
      const done = new Set(
        (await trx(TABLE.migrations).select('name')).map((row: { name: string }) => row.name),
      );
      const ran: string[] = [];
      for (const step of steps) {
        if (done.has(step.name)) continue;
        await step.up(trx);
        await trx(TABLE.migrations).insert({ name: step.name, applied_at: Date.now() });
        ran.push(step.name);
      }
      return ran;
    } finally {
      await unlock(trx);
    }
  });
}

/** Takes a lock that dies with its connection, then makes sure that the table of steps exists. */
async function lock(trx: Knex.Transaction): Promise<void> {
  const dialect = dialectOf(trx);
  if (dialect === 'postgres') await trx.raw('select pg_advisory_xact_lock(?)', [LOCK_NUMBER]);
  if (dialect === 'mysql') await trx.raw('select get_lock(?, 120)', [LOCK_NAME]);
  if (!(await trx.schema.hasTable(TABLE.migrations))) {
    await trx.schema.createTable(TABLE.migrations, (t) => {
      t.string('name', 100).primary();
      t.bigInteger('applied_at').notNullable();
    });
  }
}

async function unlock(trx: Knex.Transaction): Promise<void> {
  if (dialectOf(trx) === 'mysql') await trx.raw('select release_lock(?)', [LOCK_NAME]);
}
