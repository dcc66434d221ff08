import { TABLE } from '../tables';
import type { Migration } from './index';

/** When the batches of a campaign with local times, a send window or waves are due. */
export const timing: Migration = {
  name: '0006-timing',
  async up(db) {
    // MySQL commits DDL at once, so an interrupted migration starts again over columns that exist already.
    const add = async (table: string, column: string, type: 'integer' | 'zone' | 'time') => {
      if (await db.schema.hasColumn(table, column)) return;
      await db.schema.alterTable(table, (t) => {
        if (type === 'integer') t.integer(column);
        else if (type === 'time') t.bigInteger(column);
        else t.string(column, 64);
      });
    };
    await add(TABLE.batches, 'zone', 'zone'); // in which the send window is read; null: a campaign without timing
    await add(TABLE.batches, 'wave', 'integer'); // from 0
    await add(TABLE.deliveries, 'first_tried_at', 'time'); // set by the first "try later": retries end 48 hours after it
    await add(TABLE.runs, 'people', 'integer'); // recipients when waves began: what a wave's count is a share of
  },
};
