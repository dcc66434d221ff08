import type { Knex } from 'knex';
import { TABLE } from './tables';

/**
 * Takes the right to judge a campaign, unless somebody judged it within the interval: processes take turns.
 * @returns what the last judge left, `undefined` when it is not our turn
 */
export async function claimGuard(
  db: Knex,
  campaignId: string,
  now: number,
  everyMs: number,
): Promise<unknown> {
  await db(TABLE.campaignGuards)
    .insert({ campaign_id: campaignId, judged_at: 0, state: 'null' })
    .onConflict('campaign_id')
    .ignore();
  const taken = await db(TABLE.campaignGuards)
    .where({ campaign_id: campaignId })
    .andWhere('judged_at', '<=', now - everyMs)
    .update({ judged_at: now });
  if (taken === 0) return undefined;
  const row: { state: string } = await db(TABLE.campaignGuards)
    .where({ campaign_id: campaignId })
    .first('state');
  return JSON.parse(row.state) as unknown;
}

export async function writeGuard(db: Knex, campaignId: string, state: object): Promise<void> {
  await db(TABLE.campaignGuards)
    .where({ campaign_id: campaignId })
    .update({ state: JSON.stringify(state) });
}

/** What the guards of campaigns say that were judged since a time. */
export async function readGuards(db: Knex, since: number): Promise<{ campaignId: string; state: unknown }[]> {
  const rows: { campaign_id: string; state: string }[] = await db(TABLE.campaignGuards)
    .where('judged_at', '>=', since)
    .orderBy('judged_at', 'desc')
    .limit(200)
    .select('campaign_id', 'state');
  return rows.map((row) => ({ campaignId: row.campaign_id, state: JSON.parse(row.state) as unknown }));
}

/** Campaigns that ended since a time. */
export async function endedSince(db: Knex, since: number): Promise<string[]> {
  const rows: { campaign_id: string }[] = await db(TABLE.runs)
    .where('ended_at', '>=', since)
    .select('campaign_id');
  return rows.map((row) => row.campaign_id);
}

/** Recipients that were refused, by state and reason: only those rows are read, in newsletter_deliveries_state_idx. */
export async function countRefused(
  db: Knex,
  campaignId: string,
): Promise<{ state: 'bounced' | 'failed' | 'deferred'; reason: string; count: number }[]> {
  const rows: { state: 'bounced' | 'failed' | 'deferred'; reason: string | null; n: number | string }[] =
    await db(TABLE.deliveries)
      .where({ campaign_id: campaignId })
      .whereIn('state', ['bounced', 'failed', 'deferred'])
      .groupBy('state', 'reason')
      .select('state', 'reason')
      .count({ n: '*' });
  return rows.map(({ state, reason, n }) => ({ state, reason: reason ?? '', count: Number(n) }));
}

/** Recipients whose mail was accepted, from the index alone. */
export async function countAccepted(db: Knex, campaignId: string): Promise<number> {
  const row: { n?: number | string } | undefined = await db(TABLE.deliveries)
    .where({ campaign_id: campaignId, state: 'accepted' })
    .count({ n: '*' })
    .first();
  return Number(row?.n ?? 0);
}

/** Addresses of the newest refusals with these reasons: which domains refuse. @param states ended or waiting ones */
export async function refusedAddresses(
  db: Knex,
  campaignId: string,
  reasons: readonly string[],
  limit: number,
  states: readonly ('bounced' | 'deferred')[] = ['bounced', 'deferred'],
): Promise<string[]> {
  const rows: { email_key: string }[] = await db(TABLE.deliveries)
    .where({ campaign_id: campaignId })
    .whereIn('state', [...states])
    .whereIn('reason', [...reasons])
    .orderBy('id', 'desc')
    .limit(limit)
    .select('email_key');
  return rows.map((row) => row.email_key);
}

/** Recipients who wait after refusals with these reasons, by the receiver that refused. */
export async function waitingByDestination(
  db: Knex,
  campaignId: string,
  reasons: readonly string[],
): Promise<{ destination: string; count: number }[]> {
  const rows: { destination: string; n: number | string }[] = await db(TABLE.deliveries)
    .where({ campaign_id: campaignId, state: 'deferred' })
    .whereIn('reason', [...reasons])
    .whereNotNull('destination')
    .groupBy('destination')
    .select('destination')
    .count({ n: '*' });
  return rows.map(({ destination, n }) => ({ destination, count: Number(n) }));
}

/** Mails of a campaign that receivers took, over all transports. */
export async function acceptedByDestination(
  db: Knex,
  campaignId: string,
): Promise<{ destination: string; accepted: number }[]> {
  const rows: { destination: string; n: number | string }[] = await db(TABLE.destinationCounts)
    .where({ campaign_id: campaignId })
    .groupBy('destination')
    .select('destination')
    .sum({ n: 'accepted' });
  return rows.map(({ destination, n }) => ({ destination, accepted: Number(n) }));
}

/** Where the look at soft failures ended: their time and row. */
export interface SoftCursor {
  at: number;
  id: number;
}

export interface SoftFailed extends SoftCursor {
  subscriberId: string;
  addressHash: string;
  replyText: string | null;
}

/** Recipients of a campaign whose mail failed for one of these reasons, by time; those who were erased are left out. */
export async function softFailuresAfter(
  db: Knex,
  campaignId: string,
  reasons: readonly string[],
  { at, id }: SoftCursor,
  before: number,
  limit: number,
): Promise<SoftFailed[]> {
  const rows: Record<string, unknown>[] = await db(TABLE.deliveries)
    .where({ campaign_id: campaignId })
    .whereIn('state', ['bounced', 'failed'])
    .whereIn('reason', [...reasons])
    .whereNot({ email: '' })
    .where('settled_at', '<', before)
    .where((later) =>
      later.where('settled_at', '>', at).orWhere((same) => same.where('settled_at', at).where('id', '>', id)),
    )
    .orderBy(['settled_at', 'id'])
    .limit(limit)
    .select('id', 'settled_at', 'subscriber_id', 'address_hash', 'reply_text');
  return rows.map((row) => ({
    at: Number(row.settled_at),
    id: Number(row.id),
    subscriberId: String(row.subscriber_id),
    addressHash: String(row.address_hash),
    replyText: (row.reply_text ?? null) as string | null,
  }));
}
