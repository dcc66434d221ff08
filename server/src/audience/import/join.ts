import type { Knex } from 'knex';
import type { ImportOptions, PageLanguage } from '../../../../shared/contracts';
import {
  logConsent,
  putSubscriptions,
  queueConfirmations,
  recentlyAsked,
  subscriptionsOfPeople,
  updateSubscribers,
  writeProfiles,
  type ConsentEntry,
  type ListFacts,
  type Subscriber,
  type SubscriptionStatus,
} from '../../storage';
import { consentEntries, pageLanguage } from '../consent';
import { CONFIRM_PAUSE_MS } from '../consent-mail';
import type { ImportedPerson } from './person';
import type { Tally } from './write';

/** What putting people on lists needs to know. */
export interface Joining {
  options: ImportOptions;
  lists: readonly ListFacts[];
  /** Versions of the consent texts, for mails to confirm. */
  wordings: Record<PageLanguage, string>;
}

export interface Welcome {
  person: ImportedPerson;
  /** The row of the person, locked. */
  here: Subscriber;
  isNew: boolean;
}

/**
 * Writes profiles, lists and proof of consent of people whom nothing keeps out. With `agreed` they are subscribed by
 * what the editor states; with `confirm` they are asked by mail. Nobody is put again on a list that they left.
 */
export async function joinPeople(
  trx: Knex.Transaction,
  { joining }: { joining: Joining },
  people: readonly Welcome[],
  tally: Tally,
): Promise<void> {
  const { options } = joining;
  const touched = people.filter(({ isNew }) => isNew || options.existing === 'update');
  const profiles = touched.flatMap(({ person, here, isNew }) => (isNew ? [] : (merged(here, person) ?? [])));
  await writeProfiles(trx, profiles);
  const changed = new Set(profiles.map(({ documentId }) => documentId));

  const joiners = touched.filter(({ person }) => person.status === 'subscribed');
  const plans = await planLists(trx, joining, joiners, tally);
  const joined =
    options.consent.kind === 'agreed'
      ? await subscribeThem(trx, plans, options.consent.source)
      : await askThem(trx, plans, joining);
  for (const { here, isNew } of people) {
    if (isNew) tally.count('created');
    else tally.count(changed.has(here.documentId) || joined.has(here.documentId) ? 'updated' : 'unchanged');
  }
}

/** The person with the file's values where those differ; null: nothing is new. */
function merged(here: Subscriber, { profile }: ImportedPerson): Subscriber | null {
  const { attributes, ...rest } = profile;
  const next = { ...here, ...rest, attributes: { ...here.attributes, ...attributes } };
  const fields = ['firstName', 'lastName', 'language', 'timezone'] as const;
  const isSame =
    fields.every((field) => next[field] === here[field]) &&
    Object.entries(attributes ?? {}).every(([name, value]) => here.attributes[name] === value);
  return isSame ? null : next;
}

/** A person and the lists that they are not on yet, in the way that the import brings. */
interface Plan extends Welcome {
  lists: ListFacts[];
}

async function planLists(
  trx: Knex.Transaction,
  { options, lists }: Joining,
  joiners: readonly Welcome[],
  tally: Tally,
): Promise<Plan[]> {
  const wanted = (person: ImportedPerson) =>
    lists.filter(({ documentId }) => options.lists.includes(documentId) || person.lists.includes(documentId));
  const known = joiners.flatMap(({ here, isNew }) => (isNew ? [] : here.documentId));
  const on = await subscriptionsOfPeople(trx, known);
  const open: (SubscriptionStatus | undefined)[] =
    options.consent.kind === 'agreed' ? [undefined, 'pending'] : [undefined];
  return joiners.map((welcome) => {
    const has = on.get(welcome.here.documentId);
    const all = wanted(welcome.person);
    for (const { documentId, name } of all) {
      if (has?.get(documentId) === 'unsubscribed')
        tally.leftOut({ line: welcome.person.line, column: null, value: name, code: 'left-list' });
    }
    return { ...welcome, lists: all.filter(({ documentId }) => open.includes(has?.get(documentId))) };
  });
}

const pairsOf = (plans: readonly Plan[]) =>
  plans.flatMap(({ here, lists }) =>
    lists.map((list) => ({ subscriberId: here.documentId, listId: list.documentId })),
  );

/** @returns who was changed by it */
async function subscribeThem(
  trx: Knex.Transaction,
  plans: readonly Plan[],
  source: string,
): Promise<Set<string>> {
  const at = Date.now();
  const raised = plans.filter(({ here, isNew }) => !isNew && here.status === 'pending');
  await updateSubscribers(
    trx,
    raised.map(({ here }) => here.documentId),
    { status: 'subscribed', statusReason: 'import', confirmedAt: at, statusChangedAt: at },
  );
  await putSubscriptions(trx, pairsOf(plans), 'subscribed', {
    source,
    consentedAt: at,
    consentIp: null,
    wordingVersion: null,
  });
  const log = plans.flatMap(({ here, isNew, lists }): ConsentEntry[] => {
    if (lists.length > 0) return consentEntries(here, lists, 'imported', { source }, { at });
    const isNews = isNew || here.status === 'pending';
    return isNews ? consentEntries(here, null, 'imported', { source }, { at }) : [];
  });
  await logConsent(trx, log);
  return new Set(
    [...raised, ...plans.filter(({ lists }) => lists.length > 0)].map(({ here }) => here.documentId),
  );
}

/** @returns who was changed by it */
async function askThem(
  trx: Knex.Transaction,
  plans: readonly Plan[],
  joining: Joining,
): Promise<Set<string>> {
  const at = Date.now();
  const asked = plans.filter(({ lists }) => lists.length > 0);
  const fresh = await recentlyAsked(
    trx,
    asked.map(({ here }) => here.documentId),
    at - CONFIRM_PAUSE_MS,
  );
  for (const language of ['en', 'ja'] as const) {
    const some = asked.filter(({ here }) => (pageLanguage(here.language) ?? 'en') === language);
    const wordingVersion = joining.wordings[language];
    await putSubscriptions(trx, pairsOf(some), 'pending', {
      source: 'import',
      consentedAt: null,
      consentIp: null,
      wordingVersion,
    });
    await logConsent(
      trx,
      some.flatMap(({ here, lists }) =>
        consentEntries(here, lists, 'requested', { source: 'import' }, { at, wordingVersion }),
      ),
    );
  }
  await queueConfirmations(
    trx,
    asked
      .filter(({ here }) => !fresh.has(here.documentId))
      .map(({ here, lists }) => ({
        subscriberId: here.documentId,
        email: here.email,
        payload: {
          addressHash: here.addressHash,
          language: here.language,
          lists: lists.map(({ name }) => name),
        },
      })),
  );
  return new Set(asked.map(({ here }) => here.documentId));
}
