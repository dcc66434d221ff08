import type { Knex } from 'knex';
import { TABLE } from '../tables';
import { builder } from './build';
import type { Migration } from './index';

/** Imports of subscribers, their reports, and which addresses a running one has met. */
export const imports: Migration = {
  name: '0002-imports',
  async up(db) {
    const { create, key, text } = builder(db);
    const count = (t: Knex.CreateTableBuilder, name: string) => t.integer(name).notNullable().defaultTo(0);

    await create(TABLE.imports, (t) => {
      key(t, 'id', 32).primary();
      t.string('state', 16).notNullable(); // mapping, running, done, failed, cancelled
      t.string('file_name', 255).notNullable();
      t.string('format', 8).notNullable(); // csv, xlsx
      t.string('product', 16);
      t.string('encoding', 16);
      t.string('delimiter', 1);
      t.boolean('header').notNullable().defaultTo(true);
      text(t, 'options'); // JSON: what was chosen at the start (ImportOptions)
      t.string('host', 255).notNullable(); // the machine that has the staged file
      t.string('created_by', 255);
      t.bigInteger('bytes_total').notNullable();
      t.bigInteger('bytes_done').notNullable().defaultTo(0);
      // Rows that are committed: a restart goes on behind them.
      for (const name of [
        'rows_done',
        'created_count',
        'updated_count',
        'unchanged_count',
        'duplicate_count',
        'suppressed_count',
        'left_count',
        'invalid_count',
        'value_problem_count',
        'attempts', // runs that broke off since the last committed rows
      ])
        count(t, name);
      t.string('error', 1000);
      t.string('runner', 64); // the process that holds the lease
      t.bigInteger('lease_until').notNullable().defaultTo(0);
      t.bigInteger('created_at').notNullable();
      t.bigInteger('started_at');
      t.bigInteger('ended_at');
      t.index(['state', 'lease_until'], 'newsletter_imports_state_idx');
      t.index(['created_at'], 'newsletter_imports_created_idx');
    });

    await create(TABLE.importErrors, (t) => {
      t.bigIncrements('id');
      key(t, 'import_id', 32).notNullable();
      t.integer('line').notNullable();
      t.string('column_name', 200);
      t.string('value', 200);
      t.string('code', 32).notNullable();
      t.index(['import_id', 'id'], 'newsletter_import_errors_import_idx');
    });

    // Where an address was met first (memory does not grow with the file), and afterwards, for a time, who was in it.
    await create(TABLE.importAddresses, (t) => {
      key(t, 'import_id', 32).notNullable();
      key(t, 'address_hash', 32).notNullable();
      t.integer('line').notNullable();
      t.primary(['import_id', 'address_hash']);
    });
  },
};
