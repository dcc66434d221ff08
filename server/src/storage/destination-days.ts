import type { Knex } from 'knex';
import type { RateCounts } from '../../../shared/contracts';
import { TABLE } from './tables';
import { inTransaction, pieces } from './transaction';

/** Recipients of one campaign at one destination on one day. `day`: whole days since 1970, UTC. */
export interface DestinationDay extends RateCounts {
  destination: string;
  day: number;
}

/** A settled delivery, as far as rates need it. */
export interface SettledDelivery {
  id: number;
  email: string;
  reason: string | null;
  settledAt: number;
}

/**
 * Settled deliveries of a campaign in one state, by key, from newsletter_deliveries_state_idx.
 * @param afterId 0 to begin
 */
export async function settledDeliveries(
  db: Knex,
  campaignId: string,
  state: 'accepted' | 'bounced' | 'failed',
  afterId: number,
  limit: number,
): Promise<SettledDelivery[]> {
  const rows: Record<string, unknown>[] = await db(TABLE.deliveries)
    .where({ campaign_id: campaignId, state })
    .andWhere('id', '>', afterId)
    .orderBy('id')
    .limit(limit)
    .select('id', 'email_key', 'reason', 'settled_at');
  return rows.map((row) => ({
    id: Number(row.id),
    email: String(row.email_key),
    reason: (row.reason ?? null) as string | null,
    settledAt: Number(row.settled_at ?? 0),
  }));
}

/** Deliveries of a campaign that were complained about. */
export async function complainedDeliveries(db: Knex, campaignId: string): Promise<SettledDelivery[]> {
  const rows: { delivery_id: number | string }[] = await db(TABLE.events)
    .where({ campaign_id: campaignId, type: 'complaint' })
    .whereNotNull('delivery_id')
    .distinct('delivery_id');
  const found: SettledDelivery[] = [];
  for (const some of pieces(rows)) {
    const deliveries: Record<string, unknown>[] = await db(TABLE.deliveries)
      .whereIn(
        'id',
        some.map((row) => Number(row.delivery_id)),
      )
      .select('id', 'email_key', 'reason', 'settled_at');
    for (const row of deliveries)
      found.push({
        id: Number(row.id),
        email: String(row.email_key),
        reason: null,
        settledAt: Number(row.settled_at ?? 0),
      });
  }
  return found;
}

/** Replaces what is known of a campaign. */
export async function writeDestinationDays(
  db: Knex,
  campaignId: string,
  sender: string,
  rows: readonly DestinationDay[],
  at: number,
): Promise<void> {
  await inTransaction(db, async (trx) => {
    await trx(TABLE.rateRuns)
      .insert({ campaign_id: campaignId, sender: sender.slice(0, 255), made_at: at })
      .onConflict('campaign_id')
      .merge();
    await trx(TABLE.destinationDays).where({ campaign_id: campaignId }).delete();
    for (const some of pieces(rows)) {
      await trx(TABLE.destinationDays).insert(
        some.map(({ destination, day, accepted, hard, soft, block, complaints }) => ({
          campaign_id: campaignId,
          destination: destination.slice(0, 255),
          day,
          accepted,
          hard,
          soft,
          block,
          complaints,
        })),
      );
    }
  });
}

/**
 * Campaigns whose counts are older than they should be: those that go out or ended not long ago, and those that were
 * never counted.
 * @param madeBefore counts that were made before are old
 * @param endedSince campaigns that ended before are not counted anew
 */
export async function campaignsToCount(
  db: Knex,
  { startedSince, endedSince, madeBefore }: { startedSince: number; endedSince: number; madeBefore: number },
): Promise<string[]> {
  const rows: { campaign_id: string }[] = await db({ r: TABLE.runs })
    .leftJoin({ m: TABLE.rateRuns }, 'm.campaign_id', 'r.campaign_id')
    .where('r.start_at', '>=', startedSince)
    .whereNotNull('r.frozen_at')
    .where((old) =>
      old
        .whereNull('m.made_at')
        .orWhere((again) =>
          again
            .where('m.made_at', '<', madeBefore)
            .where((alive) =>
              alive
                .whereNull('r.ended_at')
                .orWhere('r.ended_at', '>=', endedSince)
                .orWhereRaw('m.made_at < r.ended_at'),
            ),
        ),
    )
    .orderBy('r.start_at', 'desc')
    .limit(200)
    .select('r.campaign_id');
  return rows.map((row) => row.campaign_id);
}

/** Counts by key and day since a day. `key`: documentId of the campaign, domain of the sender, or destination. */
export async function readDestinationDays(
  db: Knex,
  by: 'campaign' | 'sender' | 'destination',
  sinceDay: number,
  campaignId?: string,
): Promise<(RateCounts & { key: string; day: number })[]> {
  const key = { campaign: 'd.campaign_id', sender: 'm.sender', destination: 'd.destination' }[by];
  const query = db({ d: TABLE.destinationDays })
    .join({ m: TABLE.rateRuns }, 'm.campaign_id', 'd.campaign_id')
    .where('d.day', '>=', sinceDay)
    .groupBy(key, 'd.day')
    .orderBy('d.day')
    .select({ key, day: 'd.day' })
    .sum({
      accepted: 'd.accepted',
      hard: 'd.hard',
      soft: 'd.soft',
      block: 'd.block',
      complaints: 'd.complaints',
    });
  if (campaignId !== undefined) void query.where('d.campaign_id', campaignId);
  const rows: Record<string, unknown>[] = await query;
  return rows.map((row) => ({
    key: String(row.key),
    day: Number(row.day),
    accepted: Number(row.accepted),
    hard: Number(row.hard),
    soft: Number(row.soft),
    block: Number(row.block),
    complaints: Number(row.complaints),
  }));
}

/** When the oldest of the counts that are shown was made. */
export async function ratesMadeAt(db: Knex, startedSince: number): Promise<number | null> {
  const row: { at?: number | string | null } | undefined = await db({ m: TABLE.rateRuns })
    .join({ r: TABLE.runs }, 'r.campaign_id', 'm.campaign_id')
    .where('r.start_at', '>=', startedSince)
    .max({ at: 'm.made_at' })
    .first();
  return row?.at === null || row?.at === undefined ? null : Number(row.at);
}
