import { randomBytes } from 'node:crypto';
import { TABLE } from '../tables';
import { builder } from './build';
import type { Migration } from './index';

/**
 * People and campaigns are referred to by documentId (`*_id` of 32 characters) or email key, never by a numeric id of
 * a content type: `strapi import` renumbers those. All times are milliseconds since 1970, UTC.
 */
export const initial: Migration = {
  name: '0001-initial',
  async up(db) {
    const { create, key, text } = builder(db);

    await create(TABLE.secrets, (t) => {
      t.increments('id');
      t.string('kind', 32).notNullable();
      t.string('value', 255).notNullable();
      t.bigInteger('created_at').notNullable();
      t.index(['kind'], 'newsletter_secrets_kind_idx');
    });

    await create(TABLE.settings, (t) => {
      t.string('key', 64).primary();
      text(t, 'value').notNullable();
      t.bigInteger('updated_at').notNullable();
    });

    await create(TABLE.subscriptions, (t) => {
      t.bigIncrements('id');
      key(t, 'subscriber_id', 32).notNullable();
      key(t, 'list_id', 32).notNullable();
      t.string('status', 16).notNullable(); // pending, subscribed, unsubscribed
      t.string('source', 64);
      t.bigInteger('consented_at');
      t.string('consent_ip', 45);
      t.string('wording_version', 64);
      t.bigInteger('ended_at');
      t.string('ended_via', 32); // one-click, page, preferences, admin, …
      t.string('ended_campaign', 32);
      t.bigInteger('created_at').notNullable();
      t.bigInteger('updated_at').notNullable();
      t.unique(['subscriber_id', 'list_id'], { indexName: 'newsletter_subscriptions_uq' });
      t.index(['list_id', 'status', 'subscriber_id'], 'newsletter_subscriptions_list_idx');
    });

    await create(TABLE.consentLog, (t) => {
      t.bigIncrements('id');
      t.string('subscriber_id', 32);
      t.string('address_hash', 32).notNullable();
      t.string('list_id', 32);
      t.string('action', 32).notNullable(); // requested, confirmed, unsubscribed, imported, added, erased, …
      t.string('source', 64);
      t.string('ip', 45);
      t.string('wording_version', 64);
      t.string('campaign_id', 32);
      t.string('reason', 24); // why somebody left, if they said so: too-often, …
      t.string('note', 500); // in their own words; gone when they are erased
      t.bigInteger('at').notNullable();
      t.index(['subscriber_id', 'at'], 'newsletter_consent_log_person_idx');
      t.index(['address_hash'], 'newsletter_consent_log_hash_idx');
    });

    await create(TABLE.wordings, (t) => {
      t.string('version', 64).primary(); // hash of the text
      t.string('language', 35).notNullable();
      text(t, 'text').notNullable();
      t.bigInteger('created_at').notNullable();
    });

    await create(TABLE.suppressions, (t) => {
      t.string('address_hash', 32).notNullable();
      t.string('scope', 32).notNullable().defaultTo('all');
      t.string('reason', 32).notNullable(); // unsubscribed, hard-bounce, complaint, manual, erased
      t.string('detail', 500);
      t.string('campaign_id', 32);
      t.bigInteger('since').notNullable();
      t.primary(['address_hash', 'scope']);
    });

    await create(TABLE.runs, (t) => {
      key(t, 'campaign_id', 32).primary();
      t.integer('version').notNullable(); // grows with each scheduling; part of the queue's job ids
      text(t, 'snapshot').notNullable(); // JSON: what is sent and to whom
      t.bigInteger('start_at').notNullable().defaultTo(0); // when it is due; exact, whatever zone process and driver use
      t.bigInteger('frozen_cursor').notNullable().defaultTo(0); // last subscriber row id that was read
      t.bigInteger('frozen_at'); // set when the audience is complete
      t.bigInteger('candidates').notNullable().defaultTo(0);
      t.bigInteger('ended_at'); // set once: sent or cancelled; nothing of this run is sent afterwards
      t.string('ended_as', 16);
      t.bigInteger('created_at').notNullable();
    });

    await create(TABLE.batches, (t) => {
      t.bigIncrements('id');
      key(t, 'campaign_id', 32).notNullable();
      t.integer('size').notNullable();
      t.bigInteger('epoch'); // the process that holds it
      t.bigInteger('next_at').notNullable().defaultTo(0); // not before
      t.boolean('done').notNullable().defaultTo(false);
      t.index(['campaign_id', 'done', 'next_at'], 'newsletter_batches_open_idx');
      t.index(['epoch'], 'newsletter_batches_epoch_idx');
    });

    await create(TABLE.deliveries, (t) => {
      t.bigIncrements('id');
      key(t, 'campaign_id', 32).notNullable();
      t.bigInteger('batch_id').notNullable();
      key(t, 'subscriber_id', 32).notNullable();
      t.string('email', 320).notNullable();
      key(t, 'email_key', 320).notNullable();
      t.string('address_hash', 32).notNullable();
      t.string('variant', 8).notNullable().defaultTo('a');
      t.string('language', 35).notNullable();
      t.string('state', 16).notNullable().defaultTo('queued');
      t.string('reason', 40); // class of a refusal, or why skipped
      t.integer('attempt').notNullable().defaultTo(0); // attempts that have begun
      t.bigInteger('next_at').notNullable().defaultTo(0);
      t.integer('reply_code');
      t.string('reply_status', 16); // RFC 3463, e.g. 5.1.1
      t.string('reply_text', 500);
      t.string('transport', 64);
      t.bigInteger('created_at').notNullable();
      t.bigInteger('settled_at');
      // By person first: it finds somebody's mails, too. Each index is rewritten with each outcome.
      t.unique(['subscriber_id', 'campaign_id'], { indexName: 'newsletter_deliveries_person_uq' });
      // The hash stays when a person is erased, so that an address that is added again gets no second mail.
      t.unique(['campaign_id', 'address_hash'], { indexName: 'newsletter_deliveries_address_uq' });
      t.index(['campaign_id', 'state', 'id'], 'newsletter_deliveries_state_idx');
      t.index(['batch_id', 'state'], 'newsletter_deliveries_batch_idx');
    });

    await create(TABLE.epochs, (t) => {
      t.bigIncrements('epoch');
      t.bigInteger('lease_until').notNullable();
      text(t, 'open_ids').notNullable(); // JSON array of delivery ids whose intent is committed
      t.string('host', 255);
      t.integer('pid');
      t.bigInteger('started_at').notNullable();
    });

    await create(TABLE.links, (t) => {
      t.bigIncrements('id');
      key(t, 'campaign_id', 32).notNullable();
      t.string('url_hash', 64).notNullable();
      text(t, 'url').notNullable();
      t.unique(['campaign_id', 'url_hash'], { indexName: 'newsletter_links_uq' });
    });

    await create(TABLE.events, (t) => {
      t.bigIncrements('id');
      t.string('type', 24).notNullable(); // open, click, unsubscribe, complaint, bounce, …
      key(t, 'campaign_id', 32);
      t.bigInteger('delivery_id');
      key(t, 'subscriber_id', 32);
      t.bigInteger('link_id');
      t.boolean('machine').notNullable().defaultTo(false);
      t.string('detail', 500);
      t.string('reason', 24); // of an unsubscribe: too-often, …
      t.bigInteger('at').notNullable();
      t.index(['campaign_id', 'type', 'delivery_id'], 'newsletter_events_campaign_idx');
      t.index(['delivery_id', 'type'], 'newsletter_events_delivery_idx');
      t.index(['subscriber_id', 'at'], 'newsletter_events_person_idx');
    });

    await create(TABLE.mails, (t) => {
      t.bigIncrements('id');
      t.string('kind', 24).notNullable(); // confirm, …: mails to one person outside campaigns
      key(t, 'subscriber_id', 32);
      t.string('email', 320).notNullable();
      text(t, 'payload').notNullable(); // JSON
      t.string('state', 16).notNullable().defaultTo('queued'); // queued, accepted, failed
      t.integer('attempt').notNullable().defaultTo(0);
      t.bigInteger('next_at').notNullable().defaultTo(0);
      t.bigInteger('lease_until').notNullable().defaultTo(0);
      t.string('reply_text', 500);
      t.bigInteger('created_at').notNullable();
      t.bigInteger('settled_at');
      t.index(['state', 'next_at'], 'newsletter_mails_due_idx');
      t.index(['subscriber_id', 'kind'], 'newsletter_mails_person_idx');
    });

    // Made here, under the migrations' lock, so that processes that boot together agree on them.
    for (const kind of ['token', 'pepper']) {
      const known = await db(TABLE.secrets).where({ kind }).first('id');
      if (!known)
        await db(TABLE.secrets).insert({
          kind,
          value: randomBytes(32).toString('hex'),
          created_at: Date.now(),
        });
    }
  },
};
