import type { Knex } from 'knex';
import { TABLE } from '../tables';
import { builder } from './build';
import type { Migration } from './index';

/** Checks of lists, what they found, what was decided, which domains take mail, and whom the sunset rule marked. */
export const hygiene: Migration = {
  name: '0012-hygiene',
  async up(db) {
    const { create, key, text } = builder(db);
    const count = (t: Knex.CreateTableBuilder, name: string) => t.integer(name).notNullable().defaultTo(0);

    // JSON: people of an import by what is said about their addresses: those who were imported, those who were not.
    for (const name of ['notes', 'left_out'])
      if (!(await db.schema.hasColumn(TABLE.imports, name)))
        await db.schema.alterTable(TABLE.imports, (t) => void text(t, name));

    await create(TABLE.hygieneRuns, (t) => {
      key(t, 'id', 32).primary();
      t.string('state', 16).notNullable(); // running, done, acting, failed, cancelled
      text(t, 'scope').notNullable(); // JSON: kind, id, name, rules of a segment as they were at the start
      t.boolean('dns').notNullable().defaultTo(true);
      t.string('created_by', 255);
      t.bigInteger('cursor').notNullable().defaultTo(0); // last subscriber row id that was looked at
      t.bigInteger('last_row').notNullable().defaultTo(0); // where the check ends
      count(t, 'people');
      text(t, 'counts').notNullable(); // JSON: findings by kind
      count(t, 'domains_asked');
      count(t, 'domains_unknown');
      count(t, 'attempts'); // runs that broke off since the last committed page
      t.string('error', 1000);
      t.string('runner', 64); // the process that holds the lease
      t.bigInteger('lease_until').notNullable().defaultTo(0);
      t.bigInteger('created_at').notNullable();
      t.bigInteger('ended_at');
      t.index(['state', 'lease_until'], 'newsletter_hygiene_runs_state_idx');
      t.index(['created_at'], 'newsletter_hygiene_runs_created_idx');
    });

    await create(TABLE.hygieneFindings, (t) => {
      t.bigIncrements('id');
      key(t, 'run_id', 32).notNullable();
      t.string('kind', 16).notNullable();
      key(t, 'subscriber_id', 32).notNullable();
      t.string('detail', 255);
      t.bigInteger('action_id').notNullable().defaultTo(0); // what was done about it; 0: nothing yet
      t.index(['run_id', 'kind', 'action_id', 'id'], 'newsletter_hygiene_findings_open_idx');
      t.index(['run_id', 'kind', 'id'], 'newsletter_hygiene_findings_kind_idx');
    });

    await create(TABLE.hygieneActions, (t) => {
      t.bigIncrements('id');
      key(t, 'run_id', 32).notNullable();
      t.string('kind', 16).notNullable();
      t.string('action', 24).notNullable(); // suppress, remove-from-list, tag
      key(t, 'target_id', 32); // list or segment
      t.string('target_name', 255);
      count(t, 'confirmed');
      count(t, 'changed');
      count(t, 'skipped');
      t.string('decided_by', 255);
      t.bigInteger('at').notNullable();
      t.bigInteger('ended_at');
      t.index(['run_id', 'id'], 'newsletter_hygiene_actions_run_idx');
    });

    // Which mailbox an address reaches, while a check runs: memory does not grow with the list.
    await create(TABLE.hygieneMailboxes, (t) => {
      key(t, 'run_id', 32).notNullable();
      key(t, 'mailbox_hash', 64).notNullable();
      key(t, 'subscriber_id', 32).notNullable();
      t.primary(['run_id', 'mailbox_hash']);
    });

    await create(TABLE.hygieneDomains, (t) => {
      key(t, 'domain', 255).primary();
      t.string('state', 16).notNullable(); // ok, missing, unknown
      t.string('detail', 64);
      t.bigInteger('expires_at').notNullable();
      t.index(['expires_at'], 'newsletter_hygiene_domains_expiry_idx');
    });

    await create(TABLE.sunset, (t) => {
      key(t, 'subscriber_id', 32).primary();
      t.bigInteger('marked_at').notNullable();
    });
  },
};
