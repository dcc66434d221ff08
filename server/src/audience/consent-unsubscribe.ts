import type { Knex } from 'knex';
import type { Context } from '../context';
import {
  addEvent,
  endSubscriptions,
  findPerson,
  findPersonByHash,
  inTransaction,
  lockSubscribers,
  logConsent,
  readSuppression,
  suppress,
  updateSubscribers,
  withdrawMails,
  type Subscriber,
} from '../storage';
import { announce } from './announce';
import { consentEntries, type Origin } from './consent';

export type UnsubscribeVia = 'one-click' | 'page' | 'preferences' | 'admin' | 'api';

/**
 * A person leaves altogether: status unsubscribed, all subscriptions ended, the address suppressed. Works for people
 * who were deleted, or deleted and imported again under another id, by the address hash; and for a person whose
 * address was changed after the mail, by the id: then both addresses get nothing more. Doing it twice does nothing.
 */
export async function unsubscribe(
  ctx: Pick<Context, 'knex' | 'emit'>,
  who: { subscriberId?: string | null; addressHash: string },
  how: { via: UnsubscribeVia; campaignId?: string | null; deliveryId?: number | null; ip?: string | null },
): Promise<void> {
  const origin: Origin = {
    source: how.via,
    ip: how.ip,
    campaignId: how.campaignId,
    deliveryId: how.deliveryId,
  };
  announceLeft(ctx, await inTransaction(ctx.knex, (trx) => unsubscribeIn(trx, who, origin)), origin);
}

/**
 * The same in a transaction of the caller's.
 * @returns those who had not left before; to be announced after the commit
 */
export async function unsubscribeIn(
  trx: Knex.Transaction,
  who: { subscriberId?: string | null; addressHash: string },
  origin: Origin,
): Promise<Subscriber[]> {
  const found = [
    await findPersonByHash(trx, who.addressHash),
    who.subscriberId ? await findPerson(trx, who.subscriberId) : null,
  ];
  const ids = [...new Set(found.flatMap((person) => (person ? [person.documentId] : [])))];
  const people = await lockSubscribers(trx, ids);
  const leaving = await unsubscribePeople(trx, people, origin);
  if (!people.some(({ addressHash }) => addressHash === who.addressHash)) {
    await suppressStranger(trx, who.addressHash, origin);
  }
  return leaving;
}

/**
 * The same for many, in a few statements.
 * @param trx holds the people's rows locked
 * @returns those who had not left before; to be announced after the commit
 */
export async function unsubscribePeople(
  trx: Knex.Transaction,
  people: readonly Subscriber[],
  origin: Origin,
): Promise<Subscriber[]> {
  const at = Date.now();
  const campaignId = origin.campaignId ?? null;
  const leaving = people.filter(({ status }) => status !== 'unsubscribed' && status !== 'complained');
  await updateSubscribers(
    trx,
    leaving.map(({ documentId }) => documentId),
    { status: 'unsubscribed', statusReason: origin.source, statusCampaign: campaignId, statusChangedAt: at },
  );
  await endSubscriptions(
    trx,
    people.map(({ documentId }) => documentId),
    { via: origin.source, campaignId, at },
  );
  // Asking somebody to confirm who has just left would be one mail too many.
  await withdrawMails(
    trx,
    'confirm',
    people.map(({ documentId }) => documentId),
  );
  await suppress(
    trx,
    'unsubscribed',
    people.map(({ addressHash }) => ({ addressHash, campaignId, detail: origin.source })),
    at,
  );
  await logConsent(
    trx,
    leaving.flatMap((person) => consentEntries(person, null, 'unsubscribed', origin, { at })),
  );
  for (const person of leaving) await noteUnsubscribe(trx, person.documentId, origin, at);
  return leaving;
}

export function announceLeft(
  ctx: Pick<Context, 'emit'>,
  people: readonly Subscriber[],
  origin: Origin,
): void {
  announce(ctx, 'subscriber-unsubscribed', people, { via: origin.source, campaignId: origin.campaignId });
}

/** The address of nobody we know any more: it must not come back with the next import. */
async function suppressStranger(trx: Knex.Transaction, addressHash: string, origin: Origin): Promise<void> {
  if (await readSuppression(trx, addressHash)) {
    await suppress(
      trx,
      'unsubscribed',
      [{ addressHash, campaignId: origin.campaignId, detail: origin.source }],
      Date.now(),
    );
    return;
  }
  const at = Date.now();
  await suppress(
    trx,
    'unsubscribed',
    [{ addressHash, campaignId: origin.campaignId, detail: origin.source }],
    at,
  );
  await logConsent(trx, [
    {
      subscriberId: null,
      addressHash,
      listId: null,
      action: 'unsubscribed',
      source: origin.source,
      ip: origin.ip ?? null,
      wordingVersion: null,
      campaignId: origin.campaignId ?? null,
      at,
    },
  ]);
  await noteUnsubscribe(trx, null, origin, at);
}

/** Only a mail's link makes an event: reports count who left because of a campaign. */
async function noteUnsubscribe(
  trx: Knex.Transaction,
  subscriberId: string | null,
  origin: Origin,
  at: number,
): Promise<void> {
  if (!origin.campaignId) return;
  await addEvent(trx, {
    type: 'unsubscribe',
    campaignId: origin.campaignId,
    deliveryId: origin.deliveryId ?? null,
    subscriberId,
    detail: origin.source,
    at,
  });
}
