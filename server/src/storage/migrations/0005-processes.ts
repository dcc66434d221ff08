import { TABLE } from '../tables';
import { builder } from './build';
import type { Migration } from './index';

/** Who runs delivery: one row per process, written by a timer in it. */
export const processes: Migration = {
  name: '0005-processes',
  async up(db) {
    await builder(db).create(TABLE.processes, (t) => {
      t.string('id', 32).primary();
      t.string('host', 255).notNullable();
      t.integer('pid').notNullable();
      t.string('role', 16).notNullable(); // web, worker, both
      t.string('version', 32).notNullable();
      t.string('queue', 16).notNullable();
      t.bigInteger('started_at').notNullable();
      t.bigInteger('seen_at').notNullable();
      t.bigInteger('alive_until').notNullable(); // by the database's clock; later it counts as gone
      t.bigInteger('reconciled_at'); // its last complete look at the tables, by its own clock
      t.bigInteger('settled_at'); // its last committed outcome, by its own clock
      t.bigInteger('stopped_at'); // it ended by itself
      t.index(['alive_until'], 'newsletter_processes_alive_idx');
    });
  },
};
