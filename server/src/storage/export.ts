import type { Knex } from 'knex';
import type { LeavingWords } from '../../../shared/contracts';
import { campaignNames, matchingSubscribers, type SubscriberFilter } from './admin-subscribers';
import { leavingWordsOf } from './consent';
import { toSubscriber, type Subscriber } from './subscribers';
import { TABLE } from './tables';

export interface ExportedPerson extends Subscriber {
  /** Slugs of the lists that the person is on. */
  lists: string[];
  /** Name of the campaign that led to the status. */
  campaign: string | null;
  /** Of somebody who unsubscribed and said why. */
  leaving: LeavingWords | null;
}

/**
 * The next people that match a filter, in the order of their rows, with the lists they are on.
 * @param afterId row id of the last one of the page before; 0 at the start
 */
export async function exportPage(
  db: Knex,
  filter: SubscriberFilter,
  afterId: number,
  limit: number,
): Promise<ExportedPerson[]> {
  const rows: Record<string, unknown>[] = await matchingSubscribers(db, filter)
    .where(`${TABLE.subscribers}.id`, '>', afterId)
    .orderBy(`${TABLE.subscribers}.id`)
    .limit(limit)
    .select(`${TABLE.subscribers}.*`);
  const people = rows.map(toSubscriber);
  const lists = await listsOf(
    db,
    people.map(({ documentId }) => documentId),
  );
  const campaigns = await campaignNames(
    db,
    people.map(({ statusCampaign }) => statusCampaign),
  );
  const leaving = await leavingWordsOf(
    db,
    people.filter(({ status }) => status === 'unsubscribed').map(({ documentId }) => documentId),
  );
  return people.map((person) => ({
    ...person,
    lists: lists.get(person.documentId) ?? [],
    campaign: campaigns.get(person.statusCampaign ?? '')?.name ?? null,
    leaving: leaving.get(person.documentId) ?? null,
  }));
}

async function listsOf(db: Knex, subscriberIds: string[]): Promise<Map<string, string[]>> {
  const lists = new Map<string, string[]>();
  if (subscriberIds.length === 0) return lists;
  const rows: { subscriber_id: string; slug: string }[] = await db(TABLE.subscriptions)
    .join(TABLE.lists, `${TABLE.lists}.document_id`, `${TABLE.subscriptions}.list_id`)
    .whereIn('subscriber_id', subscriberIds)
    .where(`${TABLE.subscriptions}.status`, 'subscribed')
    .orderBy(`${TABLE.lists}.slug`)
    .select('subscriber_id', `${TABLE.lists}.slug as slug`);
  for (const { subscriber_id, slug } of rows)
    lists.set(subscriber_id, [...(lists.get(subscriber_id) ?? []), slug]);
  return lists;
}
