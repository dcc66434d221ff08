import type { Knex } from 'knex';
import {
  SUPPRESSION_REASONS,
  type SuppressionCounts,
  type SuppressionReason,
} from '../../../shared/contracts';
import { toSuppression, type Suppression } from './suppressions';
import { TABLE } from './tables';
import { pieces } from './transaction';
import { containsPattern } from './values';

export interface SuppressionFilter {
  reason?: SuppressionReason | undefined;
  /** One address, whether or not somebody with it is known. */
  addressHash?: string | undefined;
  /** Part of an address that is known. */
  search?: string | undefined;
}

/** Where a page ended. */
export interface SuppressionCursor {
  since: number;
  addressHash: string;
}

/** An entry with the address, as far as anybody has it. */
export interface KnownSuppression extends Suppression {
  subscriberId: string | null;
}

/** Entries newest first, from newsletter_suppressions_since_idx. */
export async function pageSuppressions(
  db: Knex,
  filter: SuppressionFilter,
  after: SuppressionCursor | null,
  limit: number,
): Promise<KnownSuppression[]> {
  const query = db({ x: TABLE.suppressions }).where('x.scope', 'all');
  if (filter.reason) void query.where('x.reason', filter.reason);
  if (filter.addressHash) void query.where('x.address_hash', filter.addressHash);
  if (filter.search) {
    const pattern = containsPattern(filter.search.toLowerCase());
    const known = db({ s: TABLE.subscribers })
      .select(db.raw('1'))
      .whereRaw('s.address_hash = x.address_hash')
      .whereRaw("s.email_key like ? escape '!'", [pattern]);
    void query.where(
      (any) => void any.whereRaw("lower(x.email) like ? escape '!'", [pattern]).orWhereExists(known),
    );
  }
  if (after) {
    void query.where(
      (any) =>
        void any
          .where('x.since', '<', after.since)
          .orWhere((same) =>
            same.where('x.since', after.since).where('x.address_hash', '<', after.addressHash),
          ),
    );
  }
  const rows: Record<string, unknown>[] = await query
    .orderBy([
      { column: 'x.since', order: 'desc' },
      { column: 'x.address_hash', order: 'desc' },
    ])
    .limit(limit)
    .select('x.*');
  return withAddresses(db, rows.map(toSuppression));
}

/** Adds who is known behind these entries. */
export async function withAddresses(db: Knex, entries: readonly Suppression[]): Promise<KnownSuppression[]> {
  const people = new Map<string, { documentId: string; email: string }>();
  for (const some of pieces(entries)) {
    // Literals: the table of the content type may have another collation on MySQL.
    const rows: Record<string, unknown>[] = await db(TABLE.subscribers)
      .whereIn(
        'address_hash',
        some.map(({ addressHash }) => addressHash),
      )
      .select('address_hash', 'document_id', 'email');
    for (const row of rows)
      people.set(String(row.address_hash), {
        documentId: String(row.document_id),
        email: String(row.email),
      });
  }
  return entries.map((entry) => {
    const person = people.get(entry.addressHash);
    return { ...entry, email: person?.email ?? entry.email, subscriberId: person?.documentId ?? null };
  });
}

export async function countSuppressions(db: Knex): Promise<SuppressionCounts> {
  const counts = Object.fromEntries(
    ['all', ...SUPPRESSION_REASONS].map((reason) => [reason, 0]),
  ) as SuppressionCounts;
  const rows: { reason: SuppressionReason; n: number | string }[] = await db(TABLE.suppressions)
    .where({ scope: 'all' })
    .groupBy('reason')
    .select('reason')
    .count({ n: '*' });
  for (const { reason, n } of rows) {
    counts[reason] = Number(n);
    counts.all += Number(n);
  }
  return counts;
}
