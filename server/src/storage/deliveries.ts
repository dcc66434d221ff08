import type { Knex } from 'knex';
import { nowMsSql } from './dialect';
import { TABLE } from './tables';

/** A delivery as its batch was claimed, with what decides whether it may still be sent. */
export interface ClaimedDelivery {
  id: number;
  campaignId: string;
  batchId: number;
  subscriberId: string;
  email: string;
  addressHash: string;
  variant: string;
  language: string;
  /** Attempts that have been made. */
  attempt: number;
  /** When the first attempt was put off, milliseconds since 1970; null: none was. */
  firstTriedAt: number | null;
  /** Name of the transport over which it was tried last, or that it waits for; null: none yet. */
  transport: string | null;
  /** Null when the person is gone. */
  person: {
    status: string;
    /** Another one than the delivery's when their address was corrected since the freeze. */
    addressHash: string;
    firstName: string | null;
    lastName: string | null;
    language: string | null;
    attributes: Record<string, unknown>;
  } | null;
  suppressed: boolean;
  /** False when the person has left the lists that the audience names or asks for. */
  onList: boolean;
}

/**
 * Due deliveries of a claimed batch in the order of their ids.
 * @param afterId keyset cursor, 0 to begin: rows up to it may still be in flight
 * @param lists documentIds of the lists of the audience; empty: not bound to lists
 * @param segments whether the audience includes segments as well: people may be on none of the lists then, but must
 *   not have left them
 * @param asked documentIds of lists that the rules of these segments ask for: who leaves one after the freeze, and is on
 *   none of the others, is out
 */
export async function dueDeliveries(
  db: Knex,
  {
    batchId,
    afterId,
    limit,
    lists,
    segments = false,
    asked = [],
  }: {
    batchId: number;
    afterId: number;
    limit: number;
    lists: string[];
    segments?: boolean;
    asked?: readonly string[];
  },
): Promise<ClaimedDelivery[]> {
  const rows: Record<string, unknown>[] = await db(TABLE.deliveries)
    .where({ batch_id: batchId })
    .whereIn('state', ['queued', 'deferred'])
    .where('id', '>', afterId)
    .where('next_at', '<=', Date.now())
    .orderBy('id')
    .limit(limit);
  if (rows.length === 0) return [];
  // Literals instead of joins: document_id has another collation than our keys on MySQL, and a join could not use its index.
  const subscriberIds = rows.map((row) => String(row.subscriber_id));
  const people = await peopleById(db, subscriberIds);
  const suppressed = await suppressedHashes(
    db,
    rows.map((row) => String(row.address_hash)),
  );
  const onList = await belonging(db, subscriberIds, lists, segments);
  const gone = asked.length > 0 ? await leftSinceFreeze(db, rows, [...lists, ...asked]) : null;
  return rows.map((row) => ({
    id: Number(row.id),
    campaignId: String(row.campaign_id),
    batchId,
    subscriberId: String(row.subscriber_id),
    email: String(row.email),
    addressHash: String(row.address_hash),
    variant: String(row.variant),
    language: String(row.language),
    attempt: Number(row.attempt),
    firstTriedAt: row.first_tried_at === null ? null : Number(row.first_tried_at),
    transport: row.transport as string | null,
    person: people.get(String(row.subscriber_id)) ?? null,
    suppressed: suppressed.has(String(row.address_hash)),
    onList:
      (onList === null || onList.has(String(row.subscriber_id))) &&
      gone?.has(String(row.subscriber_id)) !== true,
  }));
}

async function peopleById(
  db: Knex,
  ids: string[],
): Promise<Map<string, NonNullable<ClaimedDelivery['person']>>> {
  const rows: Record<string, unknown>[] = await db(TABLE.subscribers)
    .whereIn('document_id', ids)
    .select('document_id', 'status', 'address_hash', 'first_name', 'last_name', 'language', 'attributes');
  return new Map(
    rows.map((row) => [
      String(row.document_id),
      {
        status: String(row.status),
        addressHash: String(row.address_hash),
        firstName: row.first_name as string | null,
        lastName: row.last_name as string | null,
        language: row.language as string | null,
        attributes: parseAttributes(row.attributes),
      },
    ]),
  );
}

/** pg and mysql2 give JSON columns parsed, SQLite as text. */
function parseAttributes(value: unknown): Record<string, unknown> {
  const parsed: unknown = typeof value === 'string' ? JSON.parse(value) : value;
  return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
}

async function suppressedHashes(db: Knex, hashes: string[]): Promise<Set<string>> {
  const rows: { address_hash: string }[] = await db(TABLE.suppressions)
    .whereIn('address_hash', hashes)
    .where({ scope: 'all' })
    .select('address_hash');
  return new Set(rows.map((row) => row.address_hash));
}

/** Those who are still among the people that the lists, or the lists and segments, stand for; null: everybody. */
async function belonging(
  db: Knex,
  subscriberIds: string[],
  lists: string[],
  segments: boolean,
): Promise<Set<string> | null> {
  if (lists.length === 0) return null;
  const rows: { subscriber_id: string; status: string }[] = await db(TABLE.subscriptions)
    .whereIn('subscriber_id', subscriberIds)
    .whereIn('list_id', lists)
    .whereIn('status', segments ? ['subscribed', 'unsubscribed'] : ['subscribed'])
    .select('subscriber_id', 'status');
  const idsOf = (status: string) =>
    new Set(rows.filter((row) => row.status === status).map((row) => row.subscriber_id));
  const on = idsOf('subscribed');
  if (!segments) return on;
  const left = idsOf('unsubscribed');
  return new Set(subscriberIds.filter((id) => on.has(id) || !left.has(id)));
}

/** Of these deliveries' people, those who have left one of the lists since the freeze and are on none of them now. */
async function leftSinceFreeze(
  db: Knex,
  deliveries: readonly Record<string, unknown>[],
  lists: readonly string[],
): Promise<Set<string>> {
  const frozenAt = new Map(deliveries.map((row) => [String(row.subscriber_id), Number(row.created_at)]));
  const rows: { subscriber_id: string; status: string; ended_at: unknown }[] = await db(TABLE.subscriptions)
    .whereIn('subscriber_id', [...frozenAt.keys()])
    .whereIn('list_id', lists)
    .whereIn('status', ['subscribed', 'unsubscribed'])
    .select('subscriber_id', 'status', 'ended_at');
  const left = rows.filter(
    (row) => row.status === 'unsubscribed' && Number(row.ended_at) >= frozenAt.get(row.subscriber_id)!,
  );
  const gone = new Set(left.map((row) => row.subscriber_id));
  for (const row of rows) if (row.status === 'subscribed') gone.delete(row.subscriber_id);
  return gone;
}

/**
 * Gives a batch back: done when nothing in it is unfinished, else open again from the time at which its first row is due.
 * @returns 'lost' when the epoch does not hold it any more
 */
export async function releaseBatch(
  db: Knex,
  batchId: number,
  epoch: number,
): Promise<'done' | 'open' | 'lost'> {
  const [left] = await db(TABLE.deliveries)
    .where({ batch_id: batchId })
    .whereIn('state', ['queued', 'deferred'])
    .min('next_at as next_at')
    .count('id as count');
  const done = Number(left?.count ?? 0) === 0;
  const rows = await db(TABLE.batches)
    .where({ id: batchId, epoch })
    .update({ epoch: null, done, next_at: done ? 0 : Number(left?.next_at ?? 0) });
  if (rows === 0) return 'lost';
  return done ? 'done' : 'open';
}

/**
 * Opens closed batches of a campaign again in which something waits. A process whose lease ran out may be told "try
 * later" about a message that recovery had put in doubt, when others have finished its batch long ago.
 * @returns how many
 */
export async function reopenBatches(db: Knex, campaignId: string): Promise<number> {
  return db(TABLE.batches)
    .where({ campaign_id: campaignId, done: true })
    .whereNull('epoch')
    .whereExists(
      db({ d: TABLE.deliveries })
        .select(db.raw('1'))
        .whereRaw('?? = ??', ['d.batch_id', `${TABLE.batches}.id`])
        .whereIn('d.state', ['queued', 'deferred']),
    )
    .update({ done: false, next_at: 0 });
}

/** Notes on the people of a batch that they were sent something since the given time. */
export async function touchLastSent(db: Knex, batchId: number, since: number): Promise<void> {
  const rows: { subscriber_id: string }[] = await db(TABLE.deliveries)
    .where({ batch_id: batchId, state: 'accepted' })
    .where('settled_at', '>=', since)
    .select('subscriber_id');
  if (rows.length === 0) return;
  await db(TABLE.subscribers)
    .whereIn(
      'document_id',
      rows.map((row) => row.subscriber_id),
    )
    .update({ last_sent_at: new Date() });
}

/** Whether a campaign has a batch that nobody holds and that is due. */
export async function hasDueBatch(db: Knex, campaignId: string): Promise<boolean> {
  const row = await db(TABLE.batches)
    .where({ campaign_id: campaignId, done: false })
    .whereNull('epoch')
    .where('next_at', '<=', Date.now())
    .first('id');
  return row !== undefined;
}

/** Whether a transactional mail is due and nobody sends it. */
export async function hasDueMails(db: Knex): Promise<boolean> {
  const row = await db(TABLE.mails)
    .where({ state: 'queued' })
    .whereRaw(`next_at <= ${nowMsSql(db)}`)
    .whereRaw(`lease_until <= ${nowMsSql(db)}`)
    .first('id');
  return row !== undefined;
}
