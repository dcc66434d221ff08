import type { Knex } from 'knex';
import type { CampaignCounts, CampaignSummary } from '../../../shared/contracts';
import { countDeliveries, countEngaged, findSubjects, isoTime, type CampaignRecord } from '../storage';

/**
 * Recipients of campaigns by what became of them. Derived from the deliveries on each read, so that the parts always
 * add up to the candidates.
 */
export async function campaignCounts(db: Knex, ids: readonly string[]): Promise<Map<string, CampaignCounts>> {
  return countDeliveries(db, ids);
}

/** Campaigns as lists and reports show them, in the order given. */
export async function campaignSummaries(
  db: Knex,
  rows: readonly CampaignRecord[],
): Promise<CampaignSummary[]> {
  const ids = rows.map((row) => row.documentId);
  const [counts, engaged, subjects] = await Promise.all([
    countDeliveries(db, ids),
    countEngaged(db, ids),
    findSubjects(db, rows),
  ]);
  return rows.map((row) => ({
    documentId: row.documentId,
    name: row.name,
    state: row.state,
    stateReason: row.stateReason,
    stateCause: row.stateCause,
    subject: subjects.get(row.documentId) ?? '',
    scheduledAt: isoTime(row.scheduledAt),
    timezone: row.timezone,
    startedAt: isoTime(row.startedAt),
    finishedAt: isoTime(row.finishedAt),
    createdAt: new Date(row.createdAt).toISOString(),
    updatedAt: new Date(row.updatedAt).toISOString(),
    counts: counts.get(row.documentId)!,
    opens: engaged.get(row.documentId)?.open ?? 0,
    clicks: engaged.get(row.documentId)?.click ?? 0,
  }));
}

export async function campaignSummary(db: Knex, row: CampaignRecord): Promise<CampaignSummary> {
  return (await campaignSummaries(db, [row]))[0]!;
}
