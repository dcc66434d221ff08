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
  /** Milliseconds since 1970. */
  since: number;
}

const SCOPE = 'all';

/** The entries of these addresses, by address hash. */
export async function readSuppressions(
  db: Knex,
  addressHashes: readonly string[],
): Promise<Map<string, Suppression>> {
  const found = new Map<string, Suppression>();
  for (const hashes of pieces(addressHashes)) {
    const rows: Record<string, unknown>[] = await db(TABLE.suppressions)
      .whereIn('address_hash', hashes)
      .andWhere({ scope: SCOPE });
    for (const row of rows) {
      found.set(String(row.address_hash), {
        addressHash: String(row.address_hash),
        reason: row.reason as SuppressionReason,
        detail: (row.detail ?? null) as string | null,
        campaignId: (row.campaign_id ?? null) as string | null,
        since: Number(row.since),
      });
    }
  }
  return found;
}

export async function readSuppression(db: Knex, addressHash: string): Promise<Suppression | null> {
  return (await readSuppressions(db, [addressHash])).get(addressHash) ?? null;
}

/** Puts addresses on the suppression list for one reason; entries with the same or a stronger reason stay as they are. */
export async function suppress(
  db: Knex,
  reason: SuppressionReason,
  entries: readonly { addressHash: string; detail?: string | null; campaignId?: string | null }[],
  since: number,
): Promise<void> {
  const weaker = SUPPRESSION_REASONS.slice(0, SUPPRESSION_REASONS.indexOf(reason));
  // Sorted, so that two sets which overlap lock their rows in the same order.
  const sorted = [...entries].sort((a, b) => (a.addressHash < b.addressHash ? -1 : 1));
  for (const some of pieces(sorted)) {
    const rows = some.map(({ addressHash, detail, campaignId }) => ({
      address_hash: addressHash,
      scope: SCOPE,
      reason,
      detail: detail?.slice(0, 500) ?? null,
      campaign_id: campaignId ?? null,
      since,
    }));
    await db(TABLE.suppressions).insert(rows).onConflict(['address_hash', 'scope']).ignore();
    if (weaker.length === 0) continue;
    await db(TABLE.suppressions)
      .whereIn(
        'address_hash',
        some.map(({ addressHash }) => addressHash),
      )
      .andWhere({ scope: SCOPE })
      .whereIn('reason', weaker)
      .update({ reason, detail: null, campaign_id: some[0]?.campaignId ?? null, since });
  }
}

/** Takes an address off the list if its reason is one of these. */
export async function liftSuppression(
  db: Knex,
  addressHash: string,
  reasons: readonly SuppressionReason[],
): Promise<void> {
  await db(TABLE.suppressions)
    .where({ address_hash: addressHash, scope: SCOPE })
    .whereIn('reason', [...reasons])
    .delete();
}
