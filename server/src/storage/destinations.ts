import type { Knex } from 'knex';
import type { CampaignState } from '../../../shared/contracts';
import { nowMsSql } from './dialect';
import { TABLE } from './tables';

/** One row of what was learned about a destination. Times are milliseconds since 1970, 0: none. */
export interface DestinationRow {
  source: string;
  destination: string;
  /** Null: no limit was learned. */
  concurrency: number | null;
  /** Messages per second; null: no limit was learned. */
  rate: number | null;
  rateUntil: number;
  suspendedUntil: number;
  reason: string | null;
  reply: string | null;
  saidAt: number;
  cuts: number;
  suspensions: number;
  refusingSince: number;
  version: number;
}

const MOST_ROWS = 2000;

/**
 * What was learned about destinations, those that changed last first.
 * @param since by the database's clock, as `at` of an earlier answer; 0: all of the last day
 */
export async function readDestinations(db: Knex, since = 0): Promise<{ rows: DestinationRow[]; at: number }> {
  const clock: { now: unknown } | undefined = await db.select(db.raw(`${nowMsSql(db)} as now`)).first();
  const now = Number(clock?.now);
  const rows: Record<string, unknown>[] = await db(TABLE.destinations)
    // A change may be committed some seconds after the time that it was given.
    .where('updated_at', '>=', since === 0 ? now - 86_400_000 : since - 5_000)
    .orderBy('updated_at', 'desc')
    .limit(MOST_ROWS);
  return { rows: rows.map(toRow), at: now };
}

/** The row of one destination; null: nothing was learned about it. */
export async function findDestination(
  db: Knex,
  source: string,
  destination: string,
): Promise<DestinationRow | null> {
  const row: Record<string, unknown> | undefined = await db(TABLE.destinations)
    .where({ source, destination })
    .first();
  return row ? toRow(row) : null;
}

/**
 * Writes what one process learned, unless another one wrote meanwhile.
 * @param row with the version that the process knew; 0: none
 * @returns false when the row has another version: read it and decide anew
 */
export async function writeDestination(db: Knex, { version, ...row }: DestinationRow): Promise<boolean> {
  const { source, destination } = row;
  const values = {
    concurrency: row.concurrency,
    rate: row.rate,
    rate_until: row.rateUntil,
    suspended_until: row.suspendedUntil,
    reason: row.reason,
    reply: row.reply?.slice(0, 500) ?? null,
    said_at: row.saidAt,
    cuts: row.cuts,
    suspensions: row.suspensions,
    refusing_since: row.refusingSince,
    version: version + 1,
    updated_at: db.raw(nowMsSql(db)),
  };
  const changed = await db(TABLE.destinations).where({ source, destination, version }).update(values);
  if (changed === 1) return true;
  if (version !== 0) return false;
  try {
    await db(TABLE.destinations).insert({ source, destination, ...values });
    return true;
  } catch (error) {
    if (await findDestination(db, source, destination)) return false;
    throw error;
  }
}

/**
 * Forgets what was learned about one destination: its suspension and its limits.
 * @returns false when there was nothing
 */
export async function forgetDestination(db: Knex, source: string, destination: string): Promise<boolean> {
  const changed = await db(TABLE.destinations)
    .where({ source, destination })
    .where((q) => {
      void q.where('suspended_until', '>', 0).orWhereNotNull('concurrency').orWhereNotNull('rate');
    })
    .update({
      concurrency: null,
      rate: null,
      rate_until: 0,
      suspended_until: 0,
      cuts: 0,
      suspensions: 0,
      refusing_since: 0,
      version: db.raw('version + 1'),
      updated_at: db.raw(nowMsSql(db)),
    });
  return changed > 0;
}

/** How many destinations are suspended, by source. */
export async function countSuspended(db: Knex, now: number): Promise<Record<string, number>> {
  const rows: { source: string; total: number | string }[] = await db(TABLE.destinations)
    .where('suspended_until', '>', now)
    .groupBy('source')
    .select('source')
    .count({ total: '*' });
  return Object.fromEntries(rows.map((row) => [row.source, Number(row.total)]));
}

/** What a process has newly counted. */
export interface CountChange {
  campaignId: string;
  source: string;
  destination: string;
  accepted: number;
}

const SLOT_MS = 10_000;

/** Adds to the counters of campaigns by destination. Call it in sets: a statement per counter that changed. */
export async function addDestinationCounts(
  db: Knex,
  changes: readonly CountChange[],
  now: number,
): Promise<void> {
  const slot = Math.floor(now / SLOT_MS);
  for (const { accepted, campaignId, source, destination } of changes) {
    const key = { campaign_id: campaignId, source, destination };
    const table = TABLE.destinationCounts;
    // MySQL assigns from left to right: each column is read before it is set.
    const change = () =>
      db(table)
        .where(key)
        .update({
          accepted: db.raw('accepted + ?', [accepted]),
          in_last: db.raw('CASE WHEN slot = ? THEN in_last WHEN slot = ? THEN in_slot ELSE 0 END', [
            slot,
            slot - 1,
          ]),
          in_slot: db.raw('CASE WHEN slot = ? THEN in_slot + ? ELSE ? END', [slot, accepted, accepted]),
          slot,
        });
    if ((await change()) > 0) continue;
    const first = { ...key, accepted: 0, slot, in_slot: 0, in_last: 0 };
    await db(table).insert(first).onConflict(['campaign_id', 'source', 'destination']).ignore();
    await change();
  }
}

/** One campaign, or all that are being sent or paused, with their states. */
export async function campaignStates(
  db: Knex,
  campaignId: string | null,
): Promise<{ id: string; state: CampaignState }[]> {
  const rows: { document_id: string; state: CampaignState }[] = await db(TABLE.campaigns)
    .where((q) => {
      if (campaignId === null) void q.whereIn('state', ['sending', 'paused']);
      else void q.where({ document_id: campaignId });
    })
    .select('document_id', 'state');
  return rows.map(({ document_id, state }) => ({ id: document_id, state }));
}

export interface DestinationCount {
  source: string;
  destination: string;
  accepted: number;
  /** Over about the last ten seconds. */
  perSecond: number;
}

/** What campaigns sent by destination, the sum over them. */
export async function destinationCounts(
  db: Knex,
  campaignIds: readonly string[],
  now: number,
): Promise<DestinationCount[]> {
  if (campaignIds.length === 0) return [];
  const slot = Math.floor(now / SLOT_MS);
  // Of the slot before, the part that lies within the last ten seconds.
  const rest = 1 - (now % SLOT_MS) / SLOT_MS;
  const rows: Record<string, unknown>[] = await db(TABLE.destinationCounts)
    .whereIn('campaign_id', [...campaignIds])
    .select('source', 'destination', 'accepted', 'slot', 'in_slot', 'in_last');
  const sums = new Map<string, DestinationCount>();
  for (const row of rows) {
    const source = String(row.source);
    const destination = String(row.destination);
    const id = `${source} ${destination}`;
    const sum = sums.get(id) ?? { source, destination, accepted: 0, perSecond: 0 };
    sum.accepted += Number(row.accepted);
    const age = slot - Number(row.slot);
    if (age === 0) sum.perSecond += (Number(row.in_slot) + rest * Number(row.in_last)) / 10;
    if (age === 1) sum.perSecond += (rest * Number(row.in_slot)) / 10;
    sums.set(id, sum);
  }
  return [...sums.values()];
}

function toRow(row: Record<string, unknown>): DestinationRow {
  const optional = (value: unknown) => (value === null ? null : Number(value));
  return {
    source: String(row.source),
    destination: String(row.destination),
    concurrency: optional(row.concurrency),
    rate: optional(row.rate),
    rateUntil: Number(row.rate_until),
    suspendedUntil: Number(row.suspended_until),
    reason: row.reason as string | null,
    reply: row.reply as string | null,
    saidAt: Number(row.said_at),
    cuts: Number(row.cuts),
    suspensions: Number(row.suspensions),
    refusingSince: Number(row.refusing_since),
    version: Number(row.version),
  };
}
