import { createId } from '@paralleldrive/cuid2';
import type { Knex } from 'knex';
import type { MailPayloads } from './mails';
import { toSubscriber, type NewSubscriber, type Subscriber } from './subscribers';
import type { SubscriptionStatus } from './subscriptions';
import { stamps } from './content-rows';
import { TABLE } from './tables';
import { pieces } from './transaction';

/**
 * Adds many people at once; a known address changes nothing.
 * @returns the documentIds that were given, by address hash: they count only for people who are found under them later
 */
export async function insertSubscribers(
  db: Knex,
  people: readonly NewSubscriber[],
): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  const now = new Date();
  const date = (time: number | null | undefined) => (time ? new Date(time) : null);
  for (const some of pieces(people)) {
    await db(TABLE.subscribers)
      .insert(
        some.map((person) => {
          const documentId = createId();
          ids.set(person.addressHash, documentId);
          return {
            document_id: documentId,
            email: person.email,
            email_key: person.emailKey,
            address_hash: person.addressHash,
            status: person.status ?? 'pending',
            status_reason: person.statusReason ?? null,
            status_changed_at: date(person.statusChangedAt),
            confirmed_at: date(person.confirmedAt),
            first_name: person.firstName ?? null,
            last_name: person.lastName ?? null,
            language: person.language ?? null,
            timezone: person.timezone ?? null,
            attributes: JSON.stringify(person.attributes ?? {}),
            source: person.source ?? null,
            soft_bounces: 0,
            ...stamps(now),
          };
        }),
      )
      .onConflict('email_key')
      .ignore();
  }
  return ids;
}

/** People by address hash, in the order of their rows, locked until the transaction ends. */
export async function lockByHash(
  trx: Knex.Transaction,
  addressHashes: readonly string[],
): Promise<Map<string, Subscriber>> {
  const found = new Map<string, Subscriber>();
  for (const hashes of pieces([...addressHashes].sort())) {
    const rows: Record<string, unknown>[] = await trx(TABLE.subscribers)
      .whereIn('address_hash', hashes)
      .orderBy('id')
      .forUpdate();
    for (const row of rows) found.set(String(row.address_hash), toSubscriber(row));
  }
  return found;
}

/** Which of these addresses belong to somebody. */
export async function knownHashes(db: Knex, addressHashes: readonly string[]): Promise<Set<string>> {
  const known = new Set<string>();
  for (const hashes of pieces(addressHashes)) {
    const rows: { address_hash: string }[] = await db(TABLE.subscribers)
      .whereIn('address_hash', hashes)
      .select('address_hash');
    for (const row of rows) known.add(row.address_hash);
  }
  return known;
}

/**
 * Writes the profiles of people whose rows are locked, each with values of its own, in one statement per 200: an
 * insert that meets its own row by the key of the address.
 */
export async function writeProfiles(trx: Knex.Transaction, people: readonly Subscriber[]): Promise<void> {
  const now = new Date();
  for (const some of pieces(people)) {
    await trx(TABLE.subscribers)
      .insert(
        some.map((person) => ({
          document_id: person.documentId,
          email: person.email,
          email_key: person.emailKey,
          address_hash: person.addressHash,
          status: person.status,
          first_name: person.firstName,
          last_name: person.lastName,
          language: person.language,
          timezone: person.timezone,
          attributes: JSON.stringify(person.attributes),
          updated_at: now,
        })),
      )
      .onConflict('email_key')
      .merge(['first_name', 'last_name', 'language', 'timezone', 'attributes', 'updated_at']);
  }
}

/**
 * What these people are on their lists, by person and list. Not narrowed to some lists: SQLite would read all people of
 * those lists then.
 */
export async function subscriptionsOfPeople(
  db: Knex,
  subscriberIds: readonly string[],
): Promise<Map<string, Map<string, SubscriptionStatus>>> {
  const found = new Map<string, Map<string, SubscriptionStatus>>();
  for (const ids of pieces(subscriberIds)) {
    const rows: { subscriber_id: string; list_id: string; status: SubscriptionStatus }[] = await db(
      TABLE.subscriptions,
    )
      .whereIn('subscriber_id', ids)
      .select('subscriber_id', 'list_id', 'status');
    for (const row of rows) {
      const lists = found.get(row.subscriber_id) ?? new Map<string, SubscriptionStatus>();
      found.set(row.subscriber_id, lists.set(row.list_id, row.status));
    }
  }
  return found;
}

/**
 * Notes in which line an import met an address first.
 * @returns the line of the first meeting, by address hash, for these and whichever were noted before
 */
export async function noteAddresses(
  trx: Knex.Transaction,
  importId: string,
  met: ReadonlyMap<string, number>,
): Promise<Map<string, number>> {
  const first = new Map<string, number>();
  for (const some of pieces([...met])) {
    await trx(TABLE.importAddresses)
      .insert(some.map(([hash, line]) => ({ import_id: importId, address_hash: hash, line })))
      .onConflict(['import_id', 'address_hash'])
      .ignore();
    const rows: { address_hash: string; line: number | string }[] = await trx(TABLE.importAddresses)
      .where({ import_id: importId })
      .whereIn(
        'address_hash',
        some.map(([hash]) => hash),
      )
      .select('address_hash', 'line');
    for (const row of rows) first.set(row.address_hash, Number(row.line));
  }
  return first;
}

/** Which of these people were sent a mail to confirm since an instant. */
export async function recentlyAsked(
  db: Knex,
  subscriberIds: readonly string[],
  since: number,
): Promise<Set<string>> {
  const asked = new Set<string>();
  for (const ids of pieces(subscriberIds)) {
    const rows: { subscriber_id: string }[] = await db(TABLE.mails)
      .whereIn('subscriber_id', ids)
      .where({ kind: 'confirm' })
      .where('created_at', '>', since)
      .select('subscriber_id');
    for (const row of rows) asked.add(row.subscriber_id);
  }
  return asked;
}

/** Puts many mails to confirm into the outbox; they are due at once and go at the outbox's pace. */
export async function queueConfirmations(
  db: Knex,
  mails: readonly { subscriberId: string; email: string; payload: MailPayloads['confirm'] }[],
): Promise<void> {
  const now = Date.now();
  for (const some of pieces(mails)) {
    await db(TABLE.mails).insert(
      some.map(({ subscriberId, email, payload }) => ({
        kind: 'confirm',
        subscriber_id: subscriberId,
        email,
        payload: JSON.stringify(payload),
        created_at: now,
      })),
    );
  }
}
