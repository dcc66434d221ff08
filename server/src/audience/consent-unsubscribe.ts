import type { Knex } from 'knex';
import type { LeavingScope, LeavingWords } from '../../../shared/contracts';
import type { Context } from '../context';
import {
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
  type ListFacts,
  type Subscriber,
} from '../storage';
import { announce } from './announce';
import { consentEntries, noteUnsubscribe, type Origin } from './consent';
import { leaveListsIn } from './consent-leave-lists';

export type UnsubscribeVia = 'one-click' | 'page' | 'preferences' | 'admin' | 'api';

/** What somebody has left with a mail: these lists, none of them when they had left before; null: everything. */
export type Left = ListFacts[] | null;

/** Who leaves. */
export interface Leaver {
  subscriberId?: string | null;
  addressHash: string;
}

/**
 * A person leaves altogether: status unsubscribed, all subscriptions ended, the address suppressed. Works for people
 * who were deleted, or deleted and imported again under another id, by the address hash; and for a person whose
 * address was changed after the mail, by the id: then both addresses get nothing more. Doing it twice does nothing.
 * @param how.scope `lists`: only those that the campaign was sent to, where something else is left to receive
 */
export async function unsubscribe(
  ctx: Pick<Context, 'knex' | 'emit'>,
  who: Leaver,
  how: {
    via: UnsubscribeVia;
    campaignId?: string | null;
    deliveryId?: number | null;
    ip?: string | null;
    leaving?: LeavingWords | null;
    scope?: LeavingScope;
  },
): Promise<Left> {
  const { via, scope = 'everything', ...rest } = how;
  const origin: Origin = { source: via, ...rest };
  const { left, people } = await inTransaction(ctx.knex, (trx) => leaveIn(trx, who, origin, scope));
  announceLeft(ctx, people, origin);
  return left;
}

/**
 * The same in a transaction of the caller's.
 * @returns `people`: those who had not left altogether before; to be announced after the commit
 */
export async function leaveIn(
  trx: Knex.Transaction,
  who: Leaver,
  origin: Origin,
  scope: LeavingScope,
): Promise<{ left: Left; people: Subscriber[] }> {
  const left = scope === 'lists' ? await leaveListsIn(trx, who.addressHash, origin) : null;
  return { left, people: left === null ? await unsubscribeIn(trx, who, origin) : [] };
}

async function unsubscribeIn(trx: Knex.Transaction, who: Leaver, origin: Origin): Promise<Subscriber[]> {
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
      reason: origin.leaving?.reason ?? null,
      // What they wrote stays out: nobody could have it erased.
      at,
    },
  ]);
  await noteUnsubscribe(trx, null, origin, at);
}
