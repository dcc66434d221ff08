import { TABLE } from '../tables';
import { builder } from './build';
import type { Migration } from './index';

/** What came back, by which ways, what it did to addresses, and how campaigns are judged by it. */
export const feedback: Migration = {
  name: '0010-feedback',
  async up(db) {
    const { create, key, text } = builder(db);

    await create(TABLE.feedback, (t) => {
      t.bigIncrements('id');
      key(t, 'event_key', 64).notNullable(); // sha256 of way, name and event id: the same event counts once
      t.string('way', 16).notNullable(); // listener, mailbox, webhook, relay
      t.string('source', 100).notNullable();
      t.string('kind', 16).notNullable();
      t.string('result', 16).notNullable();
      t.string('why', 40).notNullable();
      t.string('proof', 24);
      t.bigInteger('delivery_id');
      key(t, 'campaign_id', 32);
      key(t, 'subscriber_id', 32);
      t.string('address_hash', 32);
      t.string('recipient', 320); // only as long as a person has to decide
      t.string('reason', 24).notNullable();
      t.string('class', 24).notNullable();
      t.string('severity', 8).notNullable();
      t.integer('reply_code');
      t.string('reply_status', 16);
      t.string('reply_text', 500);
      t.string('reporter', 255);
      t.string('feedback_type', 32);
      text(t, 'evidence');
      t.bigInteger('at').notNullable();
      t.bigInteger('received_at').notNullable();
      t.string('decided_by', 100); // the admin who let it count or put it away
      t.unique(['event_key'], { indexName: 'newsletter_feedback_event_uq' });
      t.index(['result', 'id'], 'newsletter_feedback_result_idx');
      t.index(['delivery_id', 'kind'], 'newsletter_feedback_delivery_idx');
      t.index(['campaign_id', 'id'], 'newsletter_feedback_campaign_idx');
      t.index(['subscriber_id'], 'newsletter_feedback_person_idx');
      t.index(['reporter', 'received_at'], 'newsletter_feedback_reporter_idx');
    });

    await create(TABLE.feedbackSources, (t) => {
      t.string('way', 16).notNullable();
      key(t, 'name', 100).notNullable();
      t.bigInteger('last_seen_at');
      t.string('last_error', 500);
      t.bigInteger('last_error_at');
      t.string('last_refusal', 500);
      t.bigInteger('last_refusal_at');
      t.bigInteger('taken').notNullable().defaultTo(0);
      t.bigInteger('ignored').notNullable().defaultTo(0);
      t.bigInteger('refused').notNullable().defaultTo(0);
      t.primary(['way', 'name']);
    });

    await create(TABLE.webhookTokens, (t) => {
      key(t, 'token', 64).primary(); // sha256 of provider and token of a signature that does not cover its body
      t.string('content', 64).notNullable(); // sha256 of what it came with
      t.bigInteger('received_at').notNullable();
      t.index(['received_at'], 'newsletter_webhook_tokens_time_idx');
    });

    // Entries that are no more: lifted, or replaced by a stronger reason.
    await create(TABLE.suppressionHistory, (t) => {
      t.bigIncrements('id');
      t.string('address_hash', 32).notNullable();
      t.string('reason', 32).notNullable();
      t.string('detail', 500);
      t.string('campaign_id', 32);
      t.bigInteger('feedback_id');
      t.string('added_by', 100);
      t.bigInteger('since').notNullable();
      t.bigInteger('ended_at').notNullable();
      t.string('ended_as', 16).notNullable(); // lifted, replaced
      t.string('ended_by', 100); // the admin; null: the plugin, or the person by double opt-in
      t.string('note', 300);
      t.index(['address_hash', 'id'], 'newsletter_suppression_history_idx');
    });

    // How a campaign was judged last, so that processes do not judge at the same time and a person's "go on" counts.
    await create(TABLE.campaignGuards, (t) => {
      key(t, 'campaign_id', 32).primary();
      t.bigInteger('judged_at').notNullable().defaultTo(0);
      text(t, 'state').notNullable(); // JSON
    });

    // Recipients of a campaign by destination and day, made from deliveries and events: can be thrown away.
    await create(TABLE.destinationDays, (t) => {
      key(t, 'campaign_id', 32).notNullable();
      key(t, 'destination', 255).notNullable();
      t.integer('day').notNullable(); // whole days since 1970, UTC
      for (const name of ['accepted', 'hard', 'soft', 'block', 'complaints'])
        t.bigInteger(name).notNullable().defaultTo(0);
      t.primary(['campaign_id', 'destination', 'day']);
    });

    // When the rows of a campaign in destinationDays were made, and from which domain it was sent.
    await create(TABLE.rateRuns, (t) => {
      key(t, 'campaign_id', 32).primary();
      key(t, 'sender', 255).notNullable();
      t.bigInteger('made_at').notNullable();
    });

    // MySQL commits DDL at once, so an interrupted migration starts again over columns that exist already.
    const has = (column: string) => db.schema.hasColumn(TABLE.suppressions, column);
    if (!(await has('feedback_id')))
      await db.schema.alterTable(TABLE.suppressions, (t) => t.bigInteger('feedback_id'));
    // The admin who added it.
    if (!(await has('added_by')))
      await db.schema.alterTable(TABLE.suppressions, (t) => t.string('added_by', 100));
    // Only of entries that a person added: their file had the address.
    if (!(await has('email'))) {
      await db.schema.alterTable(TABLE.suppressions, (t) => {
        t.string('email', 320);
        t.index(['scope', 'since', 'address_hash'], 'newsletter_suppressions_since_idx');
      });
    }
  },
};
