import { TABLE } from '../tables';
import { builder } from './build';
import type { Migration } from './index';

/**
 * Publish rules and their firings. Raw tables: what has fired must survive `strapi import` and a boot without the
 * plugin, or every entry that is published again would be sent again; and rules without it would be half of that.
 */
export const publishing: Migration = {
  name: '0004-publishing',
  async up(db) {
    const { create, key } = builder(db);

    await create(TABLE.publishRules, (t) => {
      key(t, 'document_id', 32).primary();
      t.string('name', 200).notNullable();
      t.boolean('enabled').notNullable();
      key(t, 'content_type', 120).notNullable();
      t.text('fields', 'longtext').notNullable(); // JSON: RuleFields
      t.bigInteger('created_at').notNullable();
      t.bigInteger('updated_at').notNullable();
      t.index(['content_type'], 'newsletter_publish_rules_type_idx');
    });

    await create(TABLE.outbox, (t) => {
      t.bigIncrements('id');
      key(t, 'rule_id', 32).notNullable(); // empty: made by a person without a rule
      key(t, 'content_type', 120).notNullable();
      key(t, 'entry_id', 32).notNullable(); // documentId
      key(t, 'locale', 35).notNullable(); // empty: not localised
      key(t, 'occasion', 64).notNullable(); // what makes it unique: first, a publication, a wish of a person
      t.string('title', 300).notNullable();
      t.string('state', 16).notNullable(); // pending, done, held, failed, cancelled, superseded
      t.string('message', 1000);
      t.boolean('released').notNullable().defaultTo(false); // a person let it pass the limit
      key(t, 'campaign_id', 32);
      t.integer('attempt').notNullable().defaultTo(0);
      t.bigInteger('lease_until').notNullable().defaultTo(0); // nobody else dispatches it before
      t.bigInteger('created_at').notNullable(); // the publication
      t.bigInteger('made_at'); // the campaign
      t.bigInteger('scheduled_for'); // when the rule itself has it sent
      t.bigInteger('settled_at');
      t.unique(['rule_id', 'content_type', 'entry_id', 'locale', 'occasion'], {
        indexName: 'newsletter_outbox_once_uq',
      });
      t.index(['state', 'lease_until'], 'newsletter_outbox_due_idx');
      t.index(['content_type', 'entry_id'], 'newsletter_outbox_entry_idx');
      t.index(['rule_id', 'made_at'], 'newsletter_outbox_rate_idx');
    });
  },
};
