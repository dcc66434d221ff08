import { createId } from '@paralleldrive/cuid2';
import type { Knex } from 'knex';
import type { SubscriberStatus } from '../../../shared/contracts';
import { stamps } from './content-rows';
import { TABLE } from './tables';
import { pieces } from './transaction';
import { isoTime, jsonValue } from './values';

export type AttributeValue = string | number | boolean | null;

/** A person, as the table `newsletter_subscribers` has them. Times in milliseconds since 1970. */
export interface Subscriber {
  id: number;
  documentId: string;
  /** As typed. */
  email: string;
  /** Normalised (`emailKey`), unique. */
  emailKey: string;
  addressHash: string;
  status: SubscriberStatus;
  firstName: string | null;
  lastName: string | null;
  language: string | null;
  timezone: string | null;
  attributes: Record<string, AttributeValue>;
  source: string | null;
  confirmedAt: number | null;
  statusChangedAt: number | null;
  statusReason: string | null;
  /** documentId of the campaign that led to the status. */
  statusCampaign: string | null;
  softBounces: number;
  lastSentAt: number | null;
  lastOpenedAt: number | null;
  lastClickedAt: number | null;
  createdAt: number | null;
  updatedAt: number | null;
}

export type NewSubscriber = Pick<Subscriber, 'email' | 'emailKey' | 'addressHash'> &
  Partial<Omit<Subscriber, 'id' | 'documentId'>>;
export type SubscriberPatch = Partial<Omit<Subscriber, 'id' | 'documentId' | 'createdAt' | 'updatedAt'>>;

const TIMES = new Set(['confirmedAt', 'statusChangedAt', 'lastSentAt', 'lastOpenedAt', 'lastClickedAt']);

/**
 * The person with this address. By the hash, since MySQL's collation folds accents in `email_key` and would take one
 * person for another.
 * @param options.lock holds the row until the transaction ends (nothing to do on SQLite)
 */
export async function findPersonByHash(
  db: Knex,
  addressHash: string,
  options: { lock?: boolean } = {},
): Promise<Subscriber | null> {
  return first(db(TABLE.subscribers).where({ address_hash: addressHash }), options);
}

/** The person with this documentId; `lock` as for `findPersonByHash`. */
export async function findPerson(
  db: Knex,
  documentId: string,
  options: { lock?: boolean } = {},
): Promise<Subscriber | null> {
  return first(db(TABLE.subscribers).where({ document_id: documentId }), options);
}

/** People by documentId, in the order of their rows, locked until the transaction ends. Unknown ids are left out. */
export async function lockSubscribers(
  trx: Knex.Transaction,
  documentIds: readonly string[],
): Promise<Subscriber[]> {
  const people: Subscriber[] = [];
  for (const ids of pieces([...documentIds].sort())) {
    const rows: Row[] = await trx(TABLE.subscribers).whereIn('document_id', ids).orderBy('id').forUpdate();
    people.push(...rows.map(toSubscriber));
  }
  return people;
}

/** People by documentId, in no particular order. Unknown ids are left out. */
export async function findPeople(db: Knex, documentIds: readonly string[]): Promise<Subscriber[]> {
  const people: Subscriber[] = [];
  for (const ids of pieces(documentIds)) {
    const rows: Row[] = await db(TABLE.subscribers).whereIn('document_id', ids);
    people.push(...rows.map(toSubscriber));
  }
  return people;
}

/** Adds a person; a known address changes nothing. The documentId counts only if the person is found under it later. */
export async function insertSubscriber(db: Knex, person: NewSubscriber): Promise<string> {
  const documentId = createId();
  const now = new Date();
  await db(TABLE.subscribers)
    .insert({
      status: 'pending',
      soft_bounces: 0,
      ...columns(person),
      document_id: documentId,
      ...stamps(now),
    })
    .onConflict('email_key')
    .ignore();
  return documentId;
}

/** Changes the named fields of some people. */
export async function updateSubscribers(
  db: Knex,
  documentIds: readonly string[],
  patch: SubscriberPatch,
): Promise<void> {
  for (const ids of pieces(documentIds)) {
    await db(TABLE.subscribers)
      .whereIn('document_id', ids)
      .update({ ...columns(patch), updated_at: new Date() });
  }
}

/**
 * Marks the people behind dead addresses. Who unsubscribed or complained keeps that status: it says more.
 * @param campaignId the campaign whose mail was refused
 */
export async function markBounced(
  db: Knex,
  addressHashes: readonly string[],
  campaignId: string,
): Promise<void> {
  const now = new Date();
  for (const hashes of pieces(addressHashes)) {
    await db(TABLE.subscribers)
      .whereIn('address_hash', hashes)
      .whereIn('status', ['pending', 'subscribed'])
      .update({
        status: 'bounced',
        status_reason: 'hard-bounce',
        status_campaign: campaignId,
        status_changed_at: now,
        updated_at: now,
      });
  }
}

/** Notes that a person opened or clicked. */
export async function touchSubscriber(
  db: Knex,
  documentId: string,
  field: 'lastOpenedAt' | 'lastClickedAt',
  at: number,
): Promise<void> {
  const column = snake(field);
  await db(TABLE.subscribers)
    .where({ document_id: documentId })
    .andWhere((builder) => void builder.whereNull(column).orWhere(column, '<', new Date(at)))
    .update({ [column]: new Date(at) });
}

export async function deleteSubscribers(db: Knex, documentIds: readonly string[]): Promise<void> {
  for (const ids of pieces(documentIds)) await db(TABLE.subscribers).whereIn('document_id', ids).delete();
}

type Row = Record<string, unknown>;

async function first(query: Knex.QueryBuilder, options: { lock?: boolean }): Promise<Subscriber | null> {
  const row = (await (options.lock ? query.forUpdate() : query).first()) as Row | undefined;
  return row ? toSubscriber(row) : null;
}

/** A row of `newsletter_subscribers`, whatever the driver made of its times and its JSON. */
export function toSubscriber(row: Record<string, unknown>): Subscriber {
  const text = (name: string) => (row[name] ?? null) as string | null;
  return {
    id: Number(row.id),
    documentId: String(row.document_id),
    email: String(row.email),
    emailKey: String(row.email_key),
    addressHash: String(row.address_hash),
    status: row.status as SubscriberStatus,
    firstName: text('first_name'),
    lastName: text('last_name'),
    language: text('language'),
    timezone: text('timezone'),
    attributes: jsonValue<Subscriber['attributes']>(row.attributes, {}),
    source: text('source'),
    confirmedAt: readTime(row.confirmed_at),
    statusChangedAt: readTime(row.status_changed_at),
    statusReason: text('status_reason'),
    statusCampaign: text('status_campaign'),
    softBounces: Number(row.soft_bounces ?? 0),
    lastSentAt: readTime(row.last_sent_at),
    lastOpenedAt: readTime(row.last_opened_at),
    lastClickedAt: readTime(row.last_clicked_at),
    createdAt: readTime(row.created_at),
    updatedAt: readTime(row.updated_at),
  };
}

/** A datetime column of a content type in milliseconds since 1970. */
export function readTime(value: unknown): number | null {
  const time = isoTime(value);
  return time === null ? null : Date.parse(time);
}

function columns(fields: NewSubscriber | SubscriberPatch): Row {
  const row: Row = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    if (name === 'attributes') row.attributes = JSON.stringify(value);
    else if (TIMES.has(name)) row[snake(name)] = value === null ? null : new Date(value as number);
    else row[snake(name)] = value;
  }
  return row;
}

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
