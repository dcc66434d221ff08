import { TABLE } from '../tables';
import { builder } from './build';
import type { Migration } from './index';

/** What sources that are being warmed up sent by day, domains that DNS does not know, and MTA-STS policies. */
export const warmUp: Migration = {
  name: '0008-warm-up',
  async up(db) {
    const { create, key, text } = builder(db);

    await create(TABLE.warmUps, (t) => {
      key(t, 'source', 64).notNullable(); // name of the transport
      key(t, 'day', 10).notNullable(); // YYYY-MM-DD, UTC
      key(t, 'destination', 191).notNullable(); // empty: all of them
      t.integer('step').notNullable().defaultTo(0); // day of the plan, from 1
      t.bigInteger('quota').notNullable().defaultTo(0); // messages on this day
      t.bigInteger('started_at').notNullable().defaultTo(0); // when the first one was reserved
      t.bigInteger('reserved').notNullable().defaultTo(0);
      for (const name of ['accepted', 'deferred', 'hard', 'blocked'])
        t.bigInteger(name).notNullable().defaultTo(0);
      t.primary(['source', 'day', 'destination']);
    });

    await create(TABLE.missingDomains, (t) => {
      key(t, 'domain', 255).notNullable().primary();
      t.bigInteger('since').notNullable();
      t.bigInteger('seen_at').notNullable();
    });

    // RFC 8461 §5.1: a policy that was seen holds until its time is over, after a restart too.
    await create(TABLE.stsPolicies, (t) => {
      key(t, 'domain', 255).notNullable().primary();
      t.string('policy_id', 32).notNullable();
      t.string('mode', 8).notNullable(); // enforce, testing, none
      text(t, 'mx').notNullable(); // JSON: patterns of host names
      t.integer('max_age').notNullable(); // seconds
      t.bigInteger('fetched_at').notNullable();
      t.bigInteger('expires_at').notNullable();
      t.index(['expires_at'], 'newsletter_sts_policies_expiry_idx');
    });

    // Batches of a campaign are claimed by it, then by id: those who react go first while a source is warmed up.
    if (!(await db.schema.hasColumn(TABLE.batches, 'turn'))) {
      await db.schema.alterTable(TABLE.batches, (t) => void t.integer('turn').notNullable().defaultTo(0));
    }
  },
};
