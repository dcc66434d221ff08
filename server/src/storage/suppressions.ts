import type { Knex } from 'knex';
import { SUPPRESSION_REASONS, type SuppressionReason } from '../../../shared/contracts';
import { TABLE } from './tables';
import { pieces } from './transaction';

export { SUPPRESSION_REASONS, type SuppressionReason };

export interface Suppression {
  addressHash: string;
  reason: SuppressionReason;
  detail: string | null;
  campaignId: string | null;
  /** Row of `newsletter_feedback` that led to it. */
  feedbackId: number | null;
  /** The admin who added it; null: the plugin did. */
  addedBy: string | null;
  /** Only of entries that a person added. */
  email: string | null;
  /** Milliseconds since 1970. */
  since: number;
}

export type NewSuppression = Pick<Suppression, 'addressHash'> &
  Partial<Omit<Suppression, 'addressHash' | 'reason' | 'since'>>;

/** How an entry ended. */
export interface Ending {
  as: 'lifted' | 'replaced';
  /** The admin; null: the plugin, or the person themselves: then the note says by which way. */
  by: string | null;
  note: string | null;
}

type Row = Record<string, unknown>;

const SCOPE = 'all';

/** The entries of these addresses, by address hash. */
export async function readSuppressions(
  db: Knex,
  addressHashes: readonly string[],
): Promise<Map<string, Suppression>> {
  const found = new Map<string, Suppression>();
  for (const hashes of pieces(addressHashes)) {
    const rows: Row[] = await db(TABLE.suppressions)
      .whereIn('address_hash', hashes)
      .andWhere({ scope: SCOPE });
    for (const row of rows) found.set(String(row.address_hash), toSuppression(row));
  }
  return found;
}

export async function readSuppression(db: Knex, addressHash: string): Promise<Suppression | null> {
  return (await readSuppressions(db, [addressHash])).get(addressHash) ?? null;
}

/**
 * Puts addresses on the suppression list for one reason. Entries with the same or a stronger reason stay as they are;
 * weaker ones are replaced and kept as history.
 */
export async function suppress(
  db: Knex,
  reason: SuppressionReason,
  entries: readonly NewSuppression[],
  since: number,
): Promise<void> {
  const weaker = SUPPRESSION_REASONS.slice(0, SUPPRESSION_REASONS.indexOf(reason));
  // Sorted, so that two sets which overlap lock their rows in the same order.
  const sorted = [...entries].sort((a, b) => (a.addressHash < b.addressHash ? -1 : 1));
  for (const some of pieces(sorted)) {
    await db(TABLE.suppressions)
      .insert(
        some.map((entry) => ({
          address_hash: entry.addressHash,
          scope: SCOPE,
          ...columns(entry, reason, since),
        })),
      )
      .onConflict(['address_hash', 'scope'])
      .ignore();
    if (weaker.length > 0) await replaceWeaker(db, weaker, reason, some, since);
  }
}

async function replaceWeaker(
  db: Knex,
  weaker: readonly SuppressionReason[],
  reason: SuppressionReason,
  entries: readonly NewSuppression[],
  since: number,
): Promise<void> {
  const byHash = new Map(entries.map((entry) => [entry.addressHash, entry]));
  const rows: Row[] = await db(TABLE.suppressions)
    .whereIn('address_hash', [...byHash.keys()])
    .andWhere({ scope: SCOPE })
    .whereIn('reason', [...weaker])
    .orderBy('address_hash')
    .forUpdate();
  await keepAsHistory(db, rows, { as: 'replaced', by: null, note: null }, since);
  for (const row of rows) {
    const hash = String(row.address_hash);
    await db(TABLE.suppressions)
      .where({ address_hash: hash, scope: SCOPE })
      .update(columns(byHash.get(hash)!, reason, since));
  }
}

/** Takes an address off the list if its reason is one of these: the person asked for it. @param way how they did */
export async function liftSuppression(
  db: Knex,
  addressHash: string,
  reasons: readonly SuppressionReason[],
  way: 'double-opt-in' | 'preferences',
): Promise<void> {
  await liftSuppressions(db, [addressHash], { by: null, note: way }, reasons);
}

/**
 * Takes addresses off the list; what stood there is kept as history.
 * @param reasons only these; all by default
 * @returns the entries that are gone
 */
export async function liftSuppressions(
  db: Knex,
  addressHashes: readonly string[],
  { by, note }: Omit<Ending, 'as'>,
  reasons: readonly SuppressionReason[] = SUPPRESSION_REASONS,
): Promise<Suppression[]> {
  const lifted: Suppression[] = [];
  for (const hashes of pieces([...addressHashes].sort())) {
    const rows: Row[] = await db(TABLE.suppressions)
      .whereIn('address_hash', hashes)
      .andWhere({ scope: SCOPE })
      .whereIn('reason', [...reasons])
      .orderBy('address_hash')
      .forUpdate();
    if (rows.length === 0) continue;
    await keepAsHistory(db, rows, { as: 'lifted', by, note }, Date.now());
    await db(TABLE.suppressions)
      .whereIn(
        'address_hash',
        rows.map((row) => String(row.address_hash)),
      )
      .andWhere({ scope: SCOPE })
      .delete();
    lifted.push(...rows.map(toSuppression));
  }
  return lifted;
}

export interface EndedSuppression extends Omit<Suppression, 'email'> {
  endedAt: number;
  endedAs: Ending['as'];
  endedBy: string | null;
  note: string | null;
}

/** What stood on the list for an address before, newest first. */
export async function suppressionHistory(db: Knex, addressHash: string): Promise<EndedSuppression[]> {
  const rows: Row[] = await db(TABLE.suppressionHistory)
    .where({ address_hash: addressHash })
    .orderBy('id', 'desc')
    .limit(100);
  return rows.map((row) => {
    const { email: _, ...entry } = toSuppression(row);
    return {
      ...entry,
      endedAt: Number(row.ended_at),
      endedAs: row.ended_as as Ending['as'],
      endedBy: (row.ended_by ?? null) as string | null,
      note: (row.note ?? null) as string | null,
    };
  });
}

/** When these addresses were last taken off the list, by address hash; milliseconds since 1970. */
export async function lastLifted(db: Knex, addressHashes: readonly string[]): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const hashes of pieces(addressHashes)) {
    const rows: { address_hash: string; at: number | string }[] = await db(TABLE.suppressionHistory)
      .whereIn('address_hash', hashes)
      .andWhere({ ended_as: 'lifted' })
      .groupBy('address_hash')
      .select('address_hash')
      .max({ at: 'ended_at' });
    for (const row of rows) found.set(row.address_hash, Number(row.at));
  }
  return found;
}

/** Takes what leads to a person out of the entries of their address: replies quote addresses. Reason and hash stay. */
export async function anonymiseSuppressions(db: Knex, addressHashes: readonly string[]): Promise<void> {
  for (const hashes of pieces(addressHashes)) {
    await db(TABLE.suppressions).whereIn('address_hash', hashes).update({ detail: null, email: null });
    await db(TABLE.suppressionHistory).whereIn('address_hash', hashes).update({ detail: null, note: null });
  }
}

async function keepAsHistory(db: Knex, rows: Row[], ending: Ending, at: number): Promise<void> {
  if (rows.length === 0) return;
  await db(TABLE.suppressionHistory).insert(
    rows.map((row) => ({
      address_hash: row.address_hash,
      reason: row.reason,
      detail: row.detail,
      campaign_id: row.campaign_id,
      feedback_id: row.feedback_id,
      added_by: row.added_by,
      since: row.since,
      ended_at: at,
      ended_as: ending.as,
      ended_by: ending.by?.slice(0, 100) ?? null,
      note: ending.note?.slice(0, 300) ?? null,
    })),
  );
}

function columns(entry: NewSuppression, reason: SuppressionReason, since: number): Row {
  return {
    reason,
    detail: entry.detail?.slice(0, 500) ?? null,
    campaign_id: entry.campaignId ?? null,
    feedback_id: entry.feedbackId ?? null,
    added_by: entry.addedBy?.slice(0, 100) ?? null,
    email: entry.email ?? null,
    since,
  };
}

/** @param row of the list or of its history, which has no address */
export function toSuppression(row: Row): Suppression {
  const text = (name: string) => (row[name] ?? null) as string | null;
  return {
    addressHash: String(row.address_hash),
    reason: row.reason as SuppressionReason,
    detail: text('detail'),
    campaignId: text('campaign_id'),
    feedbackId: row.feedback_id === null || row.feedback_id === undefined ? null : Number(row.feedback_id),
    addedBy: text('added_by'),
    email: text('email'),
    since: Number(row.since),
  };
}
