import type { Knex } from 'knex';
import { TABLE } from './tables';

const UNFINISHED = ['queued', 'deferred'];

/**
 * Skips up to `limit` unfinished deliveries of a cancelled campaign.
 * A message on its way is not lost to the ledger: a reply wins over "skipped" (see `ledger.ts`).
 * @returns how many rows it looked at: fewer than `limit` means that none are left
 */
export async function skipUnfinished(
  trx: Knex.Transaction,
  campaignId: string,
  limit: number,
  now: number,
): Promise<number> {
  const rows: { id: number | string }[] = await trx(TABLE.deliveries)
    .where({ campaign_id: campaignId })
    .whereIn('state', UNFINISHED)
    .orderBy('id')
    .limit(limit)
    .select('id');
  await trx(TABLE.deliveries)
    .whereIn(
      'id',
      rows.map((row) => row.id),
    )
    .whereIn('state', UNFINISHED)
    .update({ state: 'skipped', reason: 'cancelled', settled_at: now });
  return rows.length;
}

/** Nothing is left to claim in these batches. */
export async function closeBatches(db: Knex, campaignId: string): Promise<void> {
  await db(TABLE.batches)
    .where({ campaign_id: campaignId, done: false })
    .whereNull('epoch')
    .update({ done: true });
}

/** Whether a delivery of the campaign is still queued or deferred; in-flight ones are queued. */
export async function hasUnfinished(db: Knex, campaignId: string): Promise<boolean> {
  const row: unknown = await db(TABLE.deliveries)
    .where({ campaign_id: campaignId })
    .whereIn('state', UNFINISHED)
    .first('id');
  return row !== undefined;
}

/** Campaigns that were cancelled since then and have unfinished deliveries left. */
export function halfCancelled(db: Knex, since: number): Promise<string[]> {
  return unfinishedRuns(db, 'cancelled', since);
}

/**
 * Settles what came too late: "try later" about a message that was in doubt when its campaign ended, since then. Nothing
 * of an ended campaign is sent, so that these failed, for the reason that the server gave.
 */
export async function failLate(db: Knex, since: number, now: number): Promise<void> {
  for (const id of await unfinishedRuns(db, 'sent', since)) {
    await db(TABLE.deliveries)
      .where({ campaign_id: id })
      .whereIn('state', UNFINISHED)
      .update({ state: 'failed', settled_at: now });
  }
}

async function unfinishedRuns(db: Knex, endedAs: 'sent' | 'cancelled', since: number): Promise<string[]> {
  const rows: { campaign_id: string }[] = await db({ r: TABLE.runs })
    .where({ ended_as: endedAs })
    .where('r.ended_at', '>=', since)
    .whereExists(
      db({ d: TABLE.deliveries })
        .select(db.raw('1'))
        .whereRaw('d.campaign_id = r.campaign_id')
        .whereIn('d.state', UNFINISHED),
    )
    .select('r.campaign_id');
  return rows.map((row) => row.campaign_id);
}
