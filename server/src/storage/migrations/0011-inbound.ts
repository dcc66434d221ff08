import { TABLE } from '../tables';
import { builder } from './build';
import type { Migration } from './index';

/** Mailboxes that are read for bounces: one row each, so that one process at a time reads it. */
export const inbound: Migration = {
  name: '0011-inbound',
  async up(db) {
    const { create, key } = builder(db);
    await create(TABLE.inboundMailboxes, (t) => {
      key(t, 'name', 64).primary();
      t.string('holder', 32).notNullable(); // of the process that reads it
      t.bigInteger('lease_until').notNullable(); // by the database's clock
      key(t, 'message', 64); // UIDVALIDITY:UID of the mail in hand
      t.integer('tries').notNullable().defaultTo(0); // how often this mail was begun
    });
  },
};
