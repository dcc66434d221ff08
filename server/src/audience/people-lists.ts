import type { Knex } from 'knex';
import type { SubscriberBulk } from '../../../shared/contracts';
import type { Context } from '../context';
import {
  endSubscriptions,
  findPerson,
  inTransaction,
  lockSubscribers,
  logConsent,
  membersOf,
  putSubscriptions,
  subscriptionsOf,
  type ListFacts,
  type Subscriber,
} from '../storage';
import { consentEntries, type Origin } from './consent';
import { announceLeft, unsubscribePeople } from './consent-unsubscribe';
import { AudienceError } from './errors';
import { knownLists } from './lists';
import { deletePeople } from './people-rights';

/** Who left cannot be put on a list by anybody else. */
const hasLeft = ({ status }: Subscriber) => status === 'unsubscribed' || status === 'complained';

/**
 * Makes the lists of a person exactly these.
 * @throws AudienceError unknown-subscriber, unknown-list, left
 */
export async function setLists(
  ctx: Pick<Context, 'knex'>,
  documentId: string,
  listIds: readonly string[],
  origin: Origin,
): Promise<void> {
  const lists = await knownLists(ctx.knex, listIds);
  await inTransaction(ctx.knex, async (trx) => {
    const person = await findPerson(trx, documentId, { lock: true });
    if (!person)
      throw new AudienceError(
        'unknown-subscriber',
        404,
        `There is no subscriber with the id "${documentId}".`,
      );
    await applyLists(trx, person, lists, origin);
  });
}

/**
 * @param trx holds the person's row locked
 * @throws AudienceError left
 */
export async function applyLists(
  trx: Knex.Transaction,
  person: Subscriber,
  lists: readonly ListFacts[],
  origin: Origin,
): Promise<void> {
  const current = (await subscriptionsOf(trx, person.documentId)).filter(
    ({ status }) => status !== 'unsubscribed',
  );
  const added = lists.filter((list) => !current.some(({ listId }) => listId === list.documentId));
  const removed = current.filter(({ listId }) => !lists.some((list) => list.documentId === listId));
  if (added.length > 0 && hasLeft(person)) {
    throw new AudienceError(
      'left',
      409,
      `${person.email} ${person.status}: only they can come back, through the sign-up form or their preference page.`,
    );
  }
  for (const list of added) await add(trx, [person], list, origin);
  const at = Date.now();
  const ids = removed.map(({ listId }) => listId);
  await endSubscriptions(trx, [person.documentId], { via: origin.source, campaignId: null, at }, ids);
  await logConsent(
    trx,
    consentEntries(
      person,
      ids.map((documentId) => ({ documentId })),
      'removed',
      origin,
      { at },
    ),
  );
}

/**
 * One action on many people. People who left are passed over when a list is added.
 * @returns how many the action was done for, and how many of the known ones were passed over
 * @throws AudienceError unknown-list
 */
export async function bulk(
  ctx: Pick<Context, 'knex' | 'emit'>,
  input: SubscriberBulk,
  origin: Origin,
): Promise<{ changed: number; skipped: number }> {
  if (input.action === 'delete') return { changed: await deletePeople(ctx, input.ids, origin), skipped: 0 };
  if (input.action === 'unsubscribe') {
    const left = await inTransaction(ctx.knex, async (trx) =>
      unsubscribePeople(trx, await lockSubscribers(trx, input.ids), origin),
    );
    announceLeft(ctx, left, origin);
    return { changed: left.length, skipped: 0 };
  }
  const list = (await knownLists(ctx.knex, [input.list]))[0]!;
  return inTransaction(ctx.knex, async (trx) => {
    const people = await lockSubscribers(trx, input.ids);
    if (input.action === 'remove-from-list') {
      await takeFromList(trx, people, list, origin);
      return { changed: people.length, skipped: 0 };
    }
    const staying = people.filter((person) => !hasLeft(person));
    await add(trx, staying, list, origin);
    return { changed: staying.length, skipped: people.length - staying.length };
  });
}

/** Who is not confirmed yet stays so: the list counts once they confirm. Who is on the list already keeps their consent. */
async function add(
  trx: Knex.Transaction,
  people: readonly Subscriber[],
  list: ListFacts,
  origin: Origin,
): Promise<void> {
  const at = Date.now();
  const on = await membersOf(
    trx,
    list.documentId,
    people.map(({ documentId }) => documentId),
  );
  const missing = people.filter(({ documentId }) => !on.has(documentId));
  const facts = { source: origin.source, consentIp: origin.ip ?? null, wordingVersion: null };
  for (const status of ['pending', 'subscribed'] as const) {
    const some = missing.filter((person) => (person.status === 'pending') === (status === 'pending'));
    await putSubscriptions(
      trx,
      some.map(({ documentId }) => ({ subscriberId: documentId, listId: list.documentId })),
      status,
      { ...facts, consentedAt: status === 'subscribed' ? at : null },
    );
  }
  await logConsent(
    trx,
    missing.flatMap((person) => consentEntries(person, [list], 'added', origin, { at })),
  );
}

/**
 * @param trx holds the people's rows locked
 * @returns how many were on the list
 */
export async function takeFromList(
  trx: Knex.Transaction,
  people: readonly Subscriber[],
  list: Pick<ListFacts, 'documentId'>,
  origin: Origin,
): Promise<number> {
  const at = Date.now();
  const on = await membersOf(
    trx,
    list.documentId,
    people.map(({ documentId }) => documentId),
  );
  const leaving = people.filter(({ documentId }) => on.has(documentId));
  await endSubscriptions(
    trx,
    leaving.map(({ documentId }) => documentId),
    { via: origin.source, campaignId: null, at },
    [list.documentId],
  );
  await logConsent(
    trx,
    leaving.flatMap((person) => consentEntries(person, [list], 'removed', origin, { at })),
  );
  return leaving.length;
}
