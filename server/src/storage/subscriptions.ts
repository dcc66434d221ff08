import type { Knex } from 'knex';
import { TABLE } from './tables';
import { pieces } from './transaction';

export type SubscriptionStatus = 'pending' | 'subscribed' | 'unsubscribed';

/** Person × list, with the proof of consent. Times in milliseconds since 1970. */
export interface Subscription {
  subscriberId: string;
  listId: string;
  status: SubscriptionStatus;
  source: string | null;
  consentedAt: number | null;
  consentIp: string | null;
  wordingVersion: string | null;
  endedAt: number | null;
  endedVia: string | null;
  endedCampaign: string | null;
  createdAt: number;
  updatedAt: number;
}

/** What a consent consists of besides the person and the list. */
export interface ConsentFacts {
  source: string | null;
  consentedAt: number | null;
  consentIp: string | null;
  wordingVersion: string | null;
}

export async function subscriptionsOf(db: Knex, subscriberId: string): Promise<Subscription[]> {
  const rows: Record<string, unknown>[] = await db(TABLE.subscriptions)
    .where({ subscriber_id: subscriberId })
    .orderBy('id');
  return rows.map(toSubscription);
}

/** Which of these people are on a list, pending or subscribed. */
export async function membersOf(
  db: Knex,
  listId: string,
  subscriberIds: readonly string[],
): Promise<Set<string>> {
  const members = new Set<string>();
  for (const ids of pieces(subscriberIds)) {
    const rows: { subscriber_id: string }[] = await db(TABLE.subscriptions)
      .whereIn('subscriber_id', ids)
      .andWhere({ list_id: listId })
      .whereNot({ status: 'unsubscribed' })
      .select('subscriber_id');
    for (const row of rows) members.add(row.subscriber_id);
  }
  return members;
}

/** Sets person × list to pending or subscribed, each pair once, whatever it was before. */
export async function putSubscriptions(
  db: Knex,
  pairs: readonly { subscriberId: string; listId: string }[],
  status: 'pending' | 'subscribed',
  facts: ConsentFacts,
): Promise<void> {
  const now = Date.now();
  for (const some of pieces(pairs)) {
    await db(TABLE.subscriptions)
      .insert(
        some.map(({ subscriberId, listId }) => ({
          subscriber_id: subscriberId,
          list_id: listId,
          status,
          source: facts.source,
          consented_at: facts.consentedAt,
          consent_ip: facts.consentIp,
          wording_version: facts.wordingVersion,
          ended_at: null,
          ended_via: null,
          ended_campaign: null,
          created_at: now,
          updated_at: now,
        })),
      )
      .onConflict(['subscriber_id', 'list_id'])
      .merge([
        'status',
        'source',
        'consented_at',
        'consent_ip',
        'wording_version',
        'ended_at',
        'ended_via',
        'ended_campaign',
        'updated_at',
      ]);
  }
}

/** Turns all pending subscriptions of a person into subscribed ones. The wording stays the one they were shown. */
export async function confirmSubscriptions(
  db: Knex,
  subscriberId: string,
  consent: { at: number; ip: string | null },
): Promise<void> {
  await db(TABLE.subscriptions).where({ subscriber_id: subscriberId, status: 'pending' }).update({
    status: 'subscribed',
    consented_at: consent.at,
    consent_ip: consent.ip,
    updated_at: consent.at,
  });
}

/**
 * Ends subscriptions that are not ended yet.
 * @param listIds only on these lists; all by default
 */
export async function endSubscriptions(
  db: Knex,
  subscriberIds: readonly string[],
  ended: { via: string; campaignId: string | null; at: number },
  listIds?: readonly string[],
): Promise<void> {
  for (const ids of pieces(subscriberIds)) {
    const query = db(TABLE.subscriptions).whereIn('subscriber_id', ids).whereNot({ status: 'unsubscribed' });
    if (listIds) void query.whereIn('list_id', [...listIds]);
    await query.update({
      status: 'unsubscribed',
      ended_at: ended.at,
      ended_via: ended.via,
      ended_campaign: ended.campaignId,
      updated_at: ended.at,
    });
  }
}

/** Of these people, those who are subscribed to at least one list. */
export async function subscribedIds(db: Knex, subscriberIds: readonly string[]): Promise<Set<string>> {
  const found = new Set<string>();
  for (const ids of pieces(subscriberIds)) {
    const rows: { subscriber_id: string }[] = await db(TABLE.subscriptions)
      .whereIn('subscriber_id', ids)
      .where({ status: 'subscribed' })
      .distinct('subscriber_id');
    for (const row of rows) found.add(row.subscriber_id);
  }
  return found;
}

export async function deleteSubscriptions(db: Knex, subscriberIds: readonly string[]): Promise<void> {
  for (const ids of pieces(subscriberIds))
    await db(TABLE.subscriptions).whereIn('subscriber_id', ids).delete();
}

function toSubscription(row: Record<string, unknown>): Subscription {
  const text = (name: string) => (row[name] ?? null) as string | null;
  const number = (name: string) => (row[name] === null || row[name] === undefined ? null : Number(row[name]));
  return {
    subscriberId: String(row.subscriber_id),
    listId: String(row.list_id),
    status: row.status as SubscriptionStatus,
    source: text('source'),
    consentedAt: number('consented_at'),
    consentIp: text('consent_ip'),
    wordingVersion: text('wording_version'),
    endedAt: number('ended_at'),
    endedVia: text('ended_via'),
    endedCampaign: text('ended_campaign'),
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
  };
}
