import type { Knex } from 'knex';
import type { Audience } from '../../../shared/contracts';
import { batchesInSlot, newBatches, type BatchGroup } from './batches';
import { TABLE } from './tables';
import { pieces } from './transaction';

/** A person who is on an included list and on no excluded one. */
export interface Candidate {
  /** Row number in the subscribers' table: the cursor of the freeze. */
  row: number;
  subscriberId: string;
  email: string;
  emailKey: string;
  addressHash: string;
  language: string | null;
  timezone: string | null;
  /** Why nothing may be sent to them: their status, or `suppressed`; null: mailable. */
  refusal: string | null;
}

/**
 * `page`: each subscriber of the page is probed by itself. PostgreSQL turns EXISTS into a semi-join, and reads all
 * subscriptions or suppressions for a page of some hundred people; it leaves a scalar subquery alone.
 * `all`: everybody is counted, and reading the tables once is the best plan.
 */
type Reach = 'page' | 'all';

/** A person counts once, however many of the lists they are on: an index probe, no join. */
function matching(db: Knex, audience: Audience, reach: Reach): Knex.QueryBuilder {
  const on = (lists: readonly string[]) =>
    db({ x: TABLE.subscriptions })
      .select('x.id')
      .whereRaw('x.subscriber_id = s.document_id')
      .where('x.status', 'subscribed')
      .whereIn('x.list_id', lists as string[]);
  const { include, exclude } = audience;
  const query = db({ s: TABLE.subscribers });
  if (reach === 'all') query.whereExists(on(include.lists));
  else query.whereRaw('? is not null', [on(include.lists).limit(1)]);
  if (exclude.lists.length === 0) return query;
  return reach === 'all'
    ? query.whereNotExists(on(exclude.lists))
    : query.whereRaw('? is null', [on(exclude.lists).limit(1)]);
}

/** Why nothing may be sent to a person, null: they are mailable. */
function refusal(db: Knex, reach: Reach): Knex.Raw {
  const suppression = `select p.reason from ${TABLE.suppressions} p where p.address_hash = s.address_hash and p.scope = 'all'`;
  const suppressed = reach === 'all' ? `exists (${suppression})` : `(${suppression}) is not null`;
  return db.raw(
    `case when s.status <> 'subscribed' then s.status when ${suppressed} then 'suppressed' end as refusal`,
  );
}

/** The candidates with row numbers above `after` and up to `end`. */
export function candidatesQuery(
  db: Knex,
  audience: Audience,
  after: number,
  end: number | null,
): Knex.QueryBuilder {
  const page = matching(db, audience, 'page').where('s.id', '>', after);
  if (end !== null) page.where('s.id', '<=', end);
  return page
    .orderBy('s.id')
    .select('s.id', 's.document_id', 's.email', 's.email_key', 's.address_hash', 's.language', 's.timezone')
    .select(refusal(db, 'page'));
}

/**
 * The candidates among the next `span` subscribers after a row. The work is bounded by the people looked at, not by
 * those found, so that a small list in a large table does not hold the database in one long query.
 * @returns `end`: where the next page starts; null when this was the last one
 */
export async function candidatesAfter(
  db: Knex,
  audience: Audience,
  after: number,
  span: number,
): Promise<{ candidates: Candidate[]; end: number | null }> {
  const last: { id: number | string } | undefined = await db(TABLE.subscribers)
    .where('id', '>', after)
    .orderBy('id')
    .offset(span - 1)
    .first('id');
  const end = last ? Number(last.id) : null;
  const rows: Record<string, unknown>[] = await candidatesQuery(db, audience, after, end);
  return { candidates: rows.map(toCandidate), end };
}

/** People by what would become of them, and distinct addresses among the mailable ones. */
export async function countCandidates(
  db: Knex,
  audience: Audience,
): Promise<{ matched: number; refused: number; addresses: number }> {
  if (audience.include.lists.length === 0) return { matched: 0, refused: 0, addresses: 0 };
  const people = matching(db, audience, 'all').select('s.email_key').select(refusal(db, 'all'));
  const row: Record<string, unknown> | undefined = await db
    .from(people.as('people'))
    .select(db.raw('count(*) as matched'))
    .select(db.raw('count(refusal) as refused'))
    .select(db.raw('count(distinct case when refusal is null then email_key end) as addresses'))
    .first();
  return {
    matched: Number(row?.matched),
    refused: Number(row?.refused),
    addresses: Number(row?.addresses),
  };
}

/** Mailable people of an audience by their time zone (null: not known): a handful of rows, however many people. */
export async function countZones(
  db: Knex,
  audience: Audience,
): Promise<{ zone: string | null; people: number }[]> {
  if (audience.include.lists.length === 0) return [];
  const people = matching(db, audience, 'all').select('s.timezone').select(refusal(db, 'all'));
  const rows: { timezone: string | null; people: number | string }[] = await db
    .from(people.as('people'))
    .whereNull('refusal')
    .groupBy('timezone')
    .select('timezone')
    .count({ people: '*' });
  return rows.map((row) => ({ zone: row.timezone || null, people: Number(row.people) }));
}

export interface FrozenPage {
  campaignId: string;
  candidates: readonly Candidate[];
  defaultLanguage: string;
  batchSize: number;
  now: number;
  /** Puts the mailable ones into groups that are due together; without it, all of them are due at once. */
  groups?: (mailable: readonly Candidate[]) => BatchGroup[];
}

/**
 * Gives each candidate a delivery row: queued in batches, or skipped at once with the reason. Who has a row already
 * (an address that moved to another person while freezing, or was erased and added again) keeps that one.
 */
export async function insertDeliveries(trx: Knex.Transaction, page: FrozenPage): Promise<void> {
  const mailable = page.candidates.filter((candidate) => candidate.refusal === null);
  const refused = page.candidates.filter((candidate) => candidate.refusal !== null);
  const { campaignId, batchSize, now } = page;
  const parts = page.groups ? [] : await newBatches(trx, campaignId, mailable, batchSize);
  for (const group of page.groups?.(mailable) ?? []) {
    parts.push(...(await batchesInSlot(trx, campaignId, group, batchSize, now)));
  }
  for (const { batchId, candidates } of parts) await insertRows(trx, page, candidates, batchId);
  await insertRows(trx, page, refused, NO_BATCH);
}

/** Skipped rows belong to no batch: nobody has to claim them. */
const NO_BATCH = 0;

async function insertRows(
  trx: Knex.Transaction,
  page: FrozenPage,
  candidates: readonly Candidate[],
  batchId: number,
): Promise<void> {
  for (const chunk of pieces(candidates)) {
    const rows = chunk.map((candidate) => ({
      campaign_id: page.campaignId,
      batch_id: batchId,
      subscriber_id: candidate.subscriberId,
      email: candidate.email,
      email_key: candidate.emailKey,
      address_hash: candidate.addressHash,
      // One tag that is too long (from another plugin, say) must not end the freeze for everybody.
      language: (candidate.language ?? page.defaultLanguage).slice(0, 35),
      state: candidate.refusal === null ? 'queued' : 'skipped',
      reason: candidate.refusal,
      created_at: page.now,
      settled_at: candidate.refusal === null ? null : page.now,
    }));
    await trx(TABLE.deliveries).insert(rows).onConflict().ignore();
  }
}

/**
 * Moves the cursor, or with `end` null marks the audience as complete.
 * @returns false when another process moved it meanwhile
 */
export async function moveCursor(
  trx: Knex.Transaction,
  campaignId: string,
  from: number,
  end: number | null,
  now: number,
): Promise<boolean> {
  const open = trx(TABLE.runs)
    .where({ campaign_id: campaignId, frozen_cursor: from })
    .whereNull('frozen_at')
    .whereNull('ended_at');
  if (end !== null) return (await open.update({ frozen_cursor: end })) > 0;
  const [{ total }] = (await trx(TABLE.deliveries)
    .where({ campaign_id: campaignId })
    .count({ total: '*' })) as [{ total: number | string }];
  return (await open.update({ frozen_at: now, candidates: Number(total) })) > 0;
}

function toCandidate(row: Record<string, unknown>): Candidate {
  return {
    row: Number(row.id),
    subscriberId: String(row.document_id),
    email: String(row.email),
    emailKey: String(row.email_key),
    addressHash: String(row.address_hash),
    language: row.language ? String(row.language) : null,
    timezone: row.timezone ? String(row.timezone) : null,
    refusal: row.refusal === null ? null : String(row.refusal),
  };
}
