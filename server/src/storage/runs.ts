import type { Knex } from 'knex';
import type { CampaignState } from '../../../shared/contracts';
import { TABLE } from './tables';

/** The sending of one campaign, without its snapshot; times in milliseconds since 1970. */
export interface RunRecord {
  campaignId: string;
  version: number;
  startAt: number;
  /** Recipients when waves began, null before: what a wave's count is a share of. */
  people: number | null;
  frozenCursor: number;
  frozenAt: number | null;
  endedAt: number | null;
  endedAs: 'sent' | 'cancelled' | null;
}

const COLUMNS = [
  'campaign_id',
  'version',
  'start_at',
  'people',
  'frozen_cursor',
  'frozen_at',
  'ended_at',
  'ended_as',
];

export async function findRun(db: Knex, campaignId: string): Promise<RunRecord | null> {
  const row: Row | undefined = await db(TABLE.runs).where({ campaign_id: campaignId }).first(COLUMNS);
  return row ? toRun(row) : null;
}

/** The same, holding the row until the transaction ends: freezing, ending and rescheduling wait for each other. */
export async function lockRun(trx: Knex.Transaction, campaignId: string): Promise<RunRecord | null> {
  const row: Row | undefined = await trx(TABLE.runs)
    .where({ campaign_id: campaignId })
    .forUpdate()
    .first(COLUMNS);
  return row ? toRun(row) : null;
}

/** The JSON of the snapshot of exactly this version, or null when it was scheduled anew since. */
export async function readSnapshot(db: Knex, campaignId: string, version: number): Promise<string | null> {
  const row: { snapshot: string } | undefined = await db(TABLE.runs)
    .where({ campaign_id: campaignId, version })
    .first('snapshot');
  return row?.snapshot ?? null;
}

/** Writes the run of a campaign that is being scheduled, in place of an earlier schedule that never began. */
export async function writeRun(
  trx: Knex.Transaction,
  run: { campaignId: string; version: number; snapshot: string; startAt: number },
): Promise<void> {
  const row = {
    campaign_id: run.campaignId,
    version: run.version,
    snapshot: run.snapshot,
    start_at: run.startAt,
    people: null,
    frozen_cursor: 0,
    frozen_at: null,
    candidates: 0,
    created_at: Date.now(),
  };
  await trx(TABLE.runs).insert(row).onConflict('campaign_id').merge();
}

/**
 * Notes once how many recipients there are when waves begin, and that they begin now: should sending begin late, they
 * still follow each other as planned.
 */
export async function beginWaves(db: Knex, campaignId: string, people: number, now: number): Promise<void> {
  await db(TABLE.runs)
    .where({ campaign_id: campaignId })
    .whereNull('people')
    .update({ people, start_at: now });
}

/**
 * Ends a run for good; one that has ended stays as it is.
 * @returns false when it had ended before or does not exist
 */
export async function endRun(
  db: Knex,
  campaignId: string,
  endedAs: 'sent' | 'cancelled',
  now: number,
): Promise<boolean> {
  const count = await db(TABLE.runs)
    .where({ campaign_id: campaignId })
    .whereNull('ended_at')
    .update({ ended_at: now, ended_as: endedAs });
  return count > 0;
}

/** Campaigns in this state whose run is open, those that were due first at the front. */
export async function openCampaigns(
  db: Knex,
  state: CampaignState,
  dueBefore: number = Number.MAX_SAFE_INTEGER,
): Promise<string[]> {
  const rows: { document_id: string }[] = await db({ c: TABLE.campaigns })
    .join({ r: TABLE.runs }, 'r.campaign_id', 'c.document_id')
    .where('c.state', state)
    .where('r.start_at', '<=', dueBefore)
    .whereNull('r.ended_at')
    .orderBy('r.start_at')
    .select('c.document_id');
  return rows.map((row) => row.document_id);
}

/** Something of a campaign that was sent is sent again: its run goes on. */
export async function reopenRun(trx: Knex.Transaction, campaignId: string): Promise<void> {
  await trx(TABLE.runs)
    .where({ campaign_id: campaignId, ended_as: 'sent' })
    .update({ ended_at: null, ended_as: null });
}

export interface StrayCampaign {
  campaignId: string;
  state: CampaignState;
  /** Null: the run is missing. */
  run: RunRecord | null;
}

/**
 * Campaigns whose state contradicts their run: only `strapi import` can bring that about, since it replaces the
 * campaigns and leaves the runs. Reads newsletter_campaigns_state_idx, and drafts only where a run has begun.
 */
export async function strayCampaigns(db: Knex): Promise<StrayCampaign[]> {
  const rows: (Row & { document_id: string; state: CampaignState })[] = await db({ c: TABLE.campaigns })
    .leftJoin({ r: TABLE.runs }, 'r.campaign_id', 'c.document_id')
    .where((any) =>
      any
        .where((missing) =>
          missing.whereIn('c.state', ['scheduled', 'sending', 'paused']).whereNull('r.campaign_id'),
        )
        .orWhere((over) =>
          over.whereIn('c.state', ['draft', 'scheduled', 'sending', 'paused']).whereNotNull('r.ended_at'),
        )
        .orWhere((begun) =>
          begun
            .whereIn('c.state', ['draft', 'scheduled'])
            .where((sign) => sign.where('r.frozen_cursor', '>', 0).orWhereNotNull('r.frozen_at')),
        ),
    )
    .select('c.document_id', 'c.state', ...COLUMNS.map((column) => `r.${column}`));
  return rows.map((row) => ({
    campaignId: row.document_id,
    state: row.state,
    run: row.campaign_id === null ? null : toRun(row),
  }));
}

type Row = Record<string, unknown>;

function toRun(row: Row): RunRecord {
  return {
    campaignId: String(row.campaign_id),
    version: Number(row.version),
    startAt: Number(row.start_at),
    people: row.people === null ? null : Number(row.people),
    frozenCursor: Number(row.frozen_cursor),
    frozenAt: row.frozen_at === null ? null : Number(row.frozen_at),
    endedAt: row.ended_at === null ? null : Number(row.ended_at),
    endedAs: row.ended_as as RunRecord['endedAs'],
  };
}
