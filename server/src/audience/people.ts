import type { Knex } from 'knex';
import { emailKey } from '../../../shared/address';
import type { SubscriberInput } from '../../../shared/contracts';
import type { Context } from '../context';
import { currentWording } from '../settings';
import {
  findPerson,
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
  type SubscriberPatch,
} from '../storage';
import { fitDeclared } from './attributes';
import { consentEntries, pageLanguage, type Origin } from './consent';
import { askToConfirm } from './consent-mail';
import { AudienceError } from './errors';
import { knownLists } from './lists';
import { applyLists } from './people-lists';

/**
 * Adds one person. With `consent: true` (the editor states that they agreed) they are subscribed at once and that is
 * logged as their consent; without it they are pending and, if lists are given, get a mail to confirm.
 * @returns documentId
 * @throws AudienceError invalid-email; known-address; suppressed: only the person can come back, through the form;
 *   unknown-list; wrong-attribute
 */
export async function addPerson(ctx: Context, input: SubscriberInput, origin: Origin): Promise<string> {
  const address = addressOf(ctx, input.email);
  const attributes = await fitDeclared(ctx.knex, input.attributes ?? {});
  const lists = await knownLists(ctx.knex, input.lists ?? []);
  const wording = await currentWording(ctx.knex, pageLanguage(input.language) ?? 'en');
  return inTransaction(ctx.knex, async (trx) => {
    await refuseSuppressed(trx, address.addressHash, address.email);
    const at = Date.now();
    const documentId = await insertSubscriber(trx, {
      ...address,
      ...profile({ ...input, attributes }),
      source: origin.source,
      statusChangedAt: at,
      ...(input.consent ? { status: 'subscribed', statusReason: origin.source, confirmedAt: at } : {}),
    });
    const person = await findPerson(trx, documentId, { lock: true });
    if (!person) throw knownAddress(address.email);
    await join(trx, person, lists, input.consent === true, origin, wording.version);
    return documentId;
  });
}

async function join(
  trx: Knex.Transaction,
  person: Subscriber,
  lists: ListFacts[],
  agreed: boolean,
  origin: Origin,
  wordingVersion: string,
): Promise<void> {
  const at = Date.now();
  const pairs = lists.map((list) => ({ subscriberId: person.documentId, listId: list.documentId }));
  const facts = { source: origin.source, consentIp: origin.ip ?? null };
  if (agreed) {
    await putSubscriptions(trx, pairs, 'subscribed', { ...facts, consentedAt: at, wordingVersion: null });
    await logConsent(trx, consentEntries(person, lists.length > 0 ? lists : null, 'added', origin, { at }));
    return;
  }
  await putSubscriptions(trx, pairs, 'pending', { ...facts, consentedAt: null, wordingVersion });
  if (lists.length === 0) return;
  await logConsent(trx, consentEntries(person, lists, 'requested', origin, { at, wordingVersion }));
  await askToConfirm(trx, person, { language: person.language, lists });
}

/**
 * Changes a person; keys that are missing stay as they are, `lists` is the whole new set. A new address keeps the
 * status, except that who bounced is tried again under it.
 * @throws AudienceError unknown-subscriber; invalid-email; known-address; suppressed; unknown-list; wrong-attribute; left
 *   (somebody who unsubscribed or complained cannot be put on a list)
 */
export async function updatePerson(
  ctx: Context,
  documentId: string,
  input: Partial<SubscriberInput>,
  origin: Origin,
): Promise<void> {
  const address = input.email === undefined ? null : addressOf(ctx, input.email);
  const attributes = input.attributes && (await fitDeclared(ctx.knex, input.attributes));
  const lists = input.lists && (await knownLists(ctx.knex, input.lists));
  try {
    await inTransaction(ctx.knex, async (trx) => {
      const person = await findPerson(trx, documentId, { lock: true });
      if (!person) throw unknownSubscriber(documentId);
      await updateSubscribers(trx, [documentId], profile({ ...input, attributes }));
      if (address) await changeAddress(trx, person, address, origin);
      if (lists) await applyLists(trx, person, lists, origin);
    });
  } catch (error) {
    if (address && isUniqueViolation(error)) throw knownAddress(address.email);
    throw error;
  }
}

type Address = Pick<Subscriber, 'email' | 'emailKey' | 'addressHash'>;

async function changeAddress(
  trx: Knex.Transaction,
  person: Subscriber,
  address: Address,
  origin: Origin,
): Promise<void> {
  const patch: SubscriberPatch = { ...address };
  if (address.addressHash !== person.addressHash) {
    if (await findPersonByHash(trx, address.addressHash)) throw knownAddress(address.email);
    await refuseSuppressed(trx, address.addressHash, address.email);
    const at = Date.now();
    if (person.status === 'bounced') {
      const isOn = (await subscriptionsOf(trx, person.documentId)).some(
        ({ status }) => status === 'subscribed',
      );
      Object.assign(patch, {
        status: isOn ? 'subscribed' : 'pending',
        statusReason: 'address-changed',
        statusCampaign: null,
        statusChangedAt: at,
        softBounces: 0,
      } satisfies SubscriberPatch);
    }
    const changed = { ...person, addressHash: address.addressHash };
    await logConsent(trx, consentEntries(changed, null, 'address-changed', origin, { at }));
  }
  await updateSubscribers(trx, [person.documentId], patch);
}

/** @throws AudienceError invalid-email */
function addressOf(ctx: Context, email: string): Address {
  const key = emailKey(email);
  if (!key) throw new AudienceError('invalid-email', 400, `"${email}" is not an email address.`);
  return { email: email.trim(), emailKey: key, addressHash: ctx.tokens.addressHash(key) };
}

/** @throws AudienceError suppressed */
export async function refuseSuppressed(db: Knex, addressHash: string, email: string): Promise<void> {
  const suppression = await readSuppression(db, addressHash);
  if (!suppression) return;
  const since = new Date(suppression.since).toISOString().slice(0, 10);
  throw new AudienceError(
    'suppressed',
    409,
    `${email} is on the suppression list (${suppression.reason}, ${since}). Only its owner can come back, through the sign-up form.`,
  );
}

function profile(input: Partial<SubscriberInput>): SubscriberPatch {
  return {
    firstName: input.firstName,
    lastName: input.lastName,
    language: input.language,
    timezone: input.timezone,
    attributes: input.attributes === null ? {} : input.attributes,
  };
}

const knownAddress = (email: string) =>
  new AudienceError(
    'known-address',
    409,
    `${email} is a subscriber already. Search for it and edit that one.`,
  );

export const unknownSubscriber = (documentId: string) =>
  new AudienceError(
    'unknown-subscriber',
    404,
    `There is no subscriber with the id "${documentId}". It may have been deleted.`,
  );

/** PostgreSQL 23505, MySQL ER_DUP_ENTRY, SQLite SQLITE_CONSTRAINT_UNIQUE. */
function isUniqueViolation(error: unknown): boolean {
  const code = String((error as { code?: unknown }).code);
  return code === '23505' || code === 'ER_DUP_ENTRY' || code.startsWith('SQLITE_CONSTRAINT');
}
