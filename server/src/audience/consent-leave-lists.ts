import type { Knex } from 'knex';
import {
  endSubscriptions,
  findCampaign,
  findPersonByHash,
  listsById,
  logConsent,
  subscriptionsOf,
  type ListFacts,
  type Subscriber,
} from '../storage';
import { consentEntries, noteUnsubscribe, type Origin } from './consent';

/**
 * The lists that somebody can leave with a mail of this campaign and keep others: those that it was sent to and that they
 * are on. None: only leaving everything is left.
 */
export async function listsToLeave(
  db: Knex,
  addressHash: string,
  campaignId: string | null,
): Promise<ListFacts[]> {
  const person = await findPersonByHash(db, addressHash);
  const shares = person && (await sharesOf(db, person, campaignId));
  return shares ? listsById(db, shares.on) : [];
}

/**
 * Ends what `listsToLeave` names. They count as having left because of the campaign.
 * @returns the lists, none when these had been left before; null: nothing but leaving everything would end these mails
 */
export async function leaveListsIn(
  trx: Knex.Transaction,
  addressHash: string,
  origin: Origin,
): Promise<ListFacts[] | null> {
  const person = await findPersonByHash(trx, addressHash, { lock: true });
  const shares = person && (await sharesOf(trx, person, origin.campaignId ?? null));
  if (!shares) return null;
  const lists = await listsById(trx, shares.on);
  if (lists.length === 0) return [];
  const at = Date.now();
  await endSubscriptions(
    trx,
    [person.documentId],
    { via: origin.source, campaignId: origin.campaignId ?? null, at },
    shares.on,
  );
  await logConsent(trx, consentEntries(person, lists, 'unsubscribed', origin, { at }));
  await noteUnsubscribe(trx, person.documentId, origin, at);
  return lists;
}

/** Null for people who got the mail by a segment, or have nothing else: for them a part is the whole. */
async function sharesOf(
  db: Knex,
  person: Subscriber,
  campaignId: string | null,
): Promise<{ on: string[] } | null> {
  if (person.status !== 'subscribed' || campaignId === null) return null;
  // Not editable once it has been scheduled, so that this is what was sent.
  const named = (await findCampaign(db, campaignId))?.audience.include.lists ?? [];
  const subscriptions = await subscriptionsOf(db, person.documentId);
  const own = subscriptions.filter(({ listId }) => named.includes(listId));
  const keeps = subscriptions.some(
    ({ status, listId }) => status === 'subscribed' && !named.includes(listId),
  );
  if (own.length === 0 || !keeps) return null;
  return { on: own.filter(({ status }) => status !== 'unsubscribed').map(({ listId }) => listId) };
}
