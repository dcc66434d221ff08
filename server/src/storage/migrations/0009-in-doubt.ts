import type { Knex } from 'knex';
import { TABLE } from '../tables';
import { builder } from './build';
import type { Migration } from './index';

/** What settles messages of which nobody knows whether they arrived: evidence of a process, decisions of a person. */
export const inDoubt: Migration = {
  name: '0009-in-doubt',
  async up(db) {
    const { create, key } = builder(db);
    // MySQL commits DDL at once, so an interrupted migration starts again over columns that exist already.
    const add = async (table: string, column: string, build: (t: Knex.AlterTableBuilder) => void) => {
      if (!(await db.schema.hasColumn(table, column))) await db.schema.alterTable(table, build);
    };
    // Name of the process's evidence file; null: it keeps none, or what it has proves nothing.
    await add(TABLE.epochs, 'evidence', (t) => t.string('evidence', 32));
    // When a person chose to leave it in doubt.
    await add(TABLE.deliveries, 'doubt_left_at', (t) => t.bigInteger('doubt_left_at'));
    await create(TABLE.inDoubtDecisions, (t) => {
      t.bigIncrements('id');
      key(t, 'campaign_id', 32).notNullable();
      t.string('decision', 16).notNullable(); // leave, send-again
      t.integer('recipients').notNullable();
      t.string('decided_by', 255); // of the panel's user
      t.bigInteger('decided_at').notNullable();
      t.index(['campaign_id', 'decided_at'], 'newsletter_in_doubt_decisions_idx');
    });
  },
};
