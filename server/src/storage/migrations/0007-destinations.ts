import { TABLE } from '../tables';
import { builder } from './build';
import type { Migration } from './index';

/** What was learned about receivers, what they got, and whose mail is held back for which of them. */
export const destinations: Migration = {
  name: '0007-destinations',
  async up(db) {
    const { create, key } = builder(db);

    await create(TABLE.destinations, (t) => {
      key(t, 'source', 64).notNullable(); // name of the transport
      key(t, 'destination', 191).notNullable();
      t.integer('concurrency'); // messages at the same time; null: nothing was learned
      t.double('rate'); // messages per second; null: nothing was learned
      t.bigInteger('rate_until').notNullable().defaultTo(0);
      t.bigInteger('suspended_until').notNullable().defaultTo(0);
      t.string('reason', 16);
      t.string('reply', 500); // in the receiver's words
      t.bigInteger('said_at').notNullable().defaultTo(0);
      t.integer('cuts').notNullable().defaultTo(0);
      t.integer('suspensions').notNullable().defaultTo(0);
      t.bigInteger('refusing_since').notNullable().defaultTo(0);
      t.bigInteger('version').notNullable(); // grows with each change: a process that knows an older one looks again
      t.bigInteger('updated_at').notNullable(); // by the database's clock
      t.primary(['source', 'destination']);
      t.index(['updated_at'], 'newsletter_destinations_updated_idx');
    });

    await create(TABLE.destinationCounts, (t) => {
      key(t, 'campaign_id', 32).notNullable();
      key(t, 'source', 64).notNullable();
      key(t, 'destination', 191).notNullable();
      t.bigInteger('accepted').notNullable().defaultTo(0);
      t.bigInteger('slot').notNullable().defaultTo(0); // number of the ten seconds that `in_slot` counts
      t.integer('in_slot').notNullable().defaultTo(0);
      t.integer('in_last').notNullable().defaultTo(0); // of the ten seconds before
      t.primary(['campaign_id', 'source', 'destination']);
    });

    // Set when a delivery is put off, so that it is found when its destination is resumed.
    if (!(await db.schema.hasColumn(TABLE.deliveries, 'destination'))) {
      await db.schema.alterTable(TABLE.deliveries, (t) => void key(t, 'destination', 191));
    }
  },
};
