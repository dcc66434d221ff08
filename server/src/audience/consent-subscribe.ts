import type { Knex } from 'knex';
import { emailKey } from '../../../shared/address';
import type { Context } from '../context';
import { currentWording, loadSettings } from '../settings';
import {
  findPersonByHash,
  inTransaction,
  insertSubscriber,
  logConsent,
  putSubscriptions,
  readSuppression,
  subscriptionsOf,
  updateSubscribers,
  type ListFacts,
  type Subscriber,
} from '../storage';
import { filled, fitOnlyDeclared, fitPublic, publicAttributes, type Attributes } from './attributes';
import { announce } from './announce';
import { consentEntries, pageLanguage } from './consent';
import { askToConfirm } from './consent-mail';
import { AudienceError } from './errors';
import { wantedLists } from './lists';
import { isShutOut } from './suppression';

export interface SubscribeInput {
  email: string;
  /** Slugs of public lists; the default list when missing or empty. */
  lists?: string[];
  firstName?: string | null;
  lastName?: string | null;
  /** BCP 47 tag. */
  language?: string | null;
  /** By name, as written; which names count depends on `trusted`. */
  attributes?: Record<string, unknown> | null;
  /**
   * true: code of the project asks, which may set every declared attribute and no undeclared one. false: anybody may ask;
   * public attributes count, other names are passed over.
   */
  trusted?: boolean;
  ip?: string | null;
  /** form, api, … */
  source: string;
}

/**
 * Somebody asks for a newsletter, perhaps not the owner of the address: nothing is sent to it but one mail to confirm,
 * at most every ten minutes, and a person who is known keeps their name. Lists with single opt-in, if they are all that
 * is wanted, count at once, unless the address has left before. What comes back, and how long it takes, does not tell
 * whether the address was known.
 * @throws AudienceError invalid-email, unknown-list, no-list, unknown-attribute, wrong-attribute
 */
export async function subscribe(ctx: Context, input: SubscribeInput): Promise<void> {
  const key = emailKey(input.email);
  if (!key) throw new AudienceError('invalid-email', 400, `"${input.email}" is not an email address.`);
  const attributes = await sentAttributes(ctx.knex, input);
  const lists = await wantedLists(ctx.knex, input.lists);
  const wording = await currentWording(ctx.knex, pageLanguage(input.language) ?? 'en');
  const addressHash = ctx.tokens.addressHash(key);

  // On its own and before the transaction: two requests at once for a new address then queue up for its row.
  await insertSubscriber(ctx.knex, {
    email: input.email.trim(),
    emailKey: key,
    addressHash,
    source: input.source,
    statusChangedAt: Date.now(),
    ...details(input),
    attributes,
  });
  const joined = await inTransaction(ctx.knex, async (trx) => {
    const person = await findPersonByHash(trx, addressHash, { lock: true });
    if (person)
      return (await sign(trx, person, lists, { ...input, attributes }, wording.version)) ? person : null;
    ctx.log.warn('newsletter: an address could not be added, since the database takes it for another one');
    return null;
  });
  if (joined) announce(ctx, 'subscriber-subscribed', [joined], { via: 'single-opt-in' });
}

/** @returns whether the person is subscribed now and was not before */
async function sign(
  trx: Knex.Transaction,
  person: Subscriber,
  lists: ListFacts[],
  input: SubscribeInput & { attributes: Attributes },
  wordingVersion: string,
): Promise<boolean> {
  const suppression = await readSuppression(trx, person.addressHash);
  if (isShutOut(person, suppression)) return false;
  const current = new Map(
    (await subscriptionsOf(trx, person.documentId)).map((row) => [row.listId, row.status]),
  );
  const isMissing = (list: ListFacts) =>
    person.status !== 'subscribed' || suppression !== null || current.get(list.documentId) !== 'subscribed';
  const missing = lists.filter(isMissing);
  if (missing.length === 0) return false;

  const at = Date.now();
  const origin = { source: input.source, ip: input.ip };
  const pairs = missing.map((list) => ({ subscriberId: person.documentId, listId: list.documentId }));
  const facts = { source: input.source, consentIp: input.ip ?? null, wordingVersion };
  if (person.status === 'pending') {
    const attributes = { ...person.attributes, ...input.attributes };
    await updateSubscribers(trx, [person.documentId], { ...details(input), attributes });
  }

  const mayJoinAtOnce =
    suppression === null && (person.status === 'pending' || person.status === 'subscribed');
  if (mayJoinAtOnce && lists.every((list) => list.optIn === 'single')) {
    await putSubscriptions(trx, pairs, 'subscribed', { ...facts, consentedAt: at });
    if (person.status === 'pending') {
      await updateSubscribers(trx, [person.documentId], {
        status: 'subscribed',
        statusReason: 'single-opt-in',
        statusChangedAt: at,
      });
    }
    await logConsent(trx, consentEntries(person, missing, 'subscribed', origin, { at, wordingVersion }));
    return person.status === 'pending';
  }
  await putSubscriptions(trx, pairs, 'pending', { ...facts, consentedAt: null });
  await logConsent(trx, consentEntries(person, missing, 'requested', origin, { at, wordingVersion }));
  await askToConfirm(trx, person, { language: person.language ?? input.language ?? null, lists: missing });
  return false;
}

async function sentAttributes(db: Knex, input: SubscribeInput): Promise<Attributes> {
  const raw = input.attributes ?? {};
  if (input.trusted) return filled(await fitOnlyDeclared(db, raw));
  return filled(fitPublic(publicAttributes(await loadSettings(db)), raw));
}

/** What a request says of the person; what it leaves out stays as it is. */
export function details(
  input: Pick<SubscribeInput, 'firstName' | 'lastName' | 'language'>,
): Pick<Partial<Subscriber>, 'firstName' | 'lastName' | 'language'> {
  return {
    ...(input.firstName ? { firstName: input.firstName } : {}),
    ...(input.lastName ? { lastName: input.lastName } : {}),
    ...(input.language ? { language: input.language } : {}),
  };
}
