import type { Knex } from 'knex';
import { dialectOf } from '../dialect';

type Table = Knex.CreateTableBuilder;

/** What migrations make tables of. */
export interface Builder {
  /** Makes a table, unless it is there: MySQL commits DDL at once, so that an interrupted migration starts again over it. */
  create: (table: string, build: (t: Table) => void) => Promise<void>;
  /** Text of any length. */
  text: (t: Table, name: string) => Knex.ColumnBuilder;
  /** A string that is compared byte for byte on every database (MySQL folds accents and case by default). */
  key: (t: Table, name: string, length: number) => Knex.ColumnBuilder;
}

export function builder(db: Knex): Builder {
  return {
    create: async (table, build) => {
      if (!(await db.schema.hasTable(table))) await db.schema.createTable(table, build);
    },
    text: (t, name) => t.text(name, 'longtext'),
    key: (t, name, length) => {
      const column = t.string(name, length);
      return dialectOf(db) === 'mysql' ? column.collate('utf8mb4_bin') : column;
    },
  };
}
