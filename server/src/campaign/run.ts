import type { Knex } from 'knex';
import type { CampaignSnapshot } from '../compose';
import type { Context } from '../context';
import { findRun, readSnapshot } from '../storage';

/** The sending of one campaign: what is sent, and how far it is. Times in milliseconds since 1970. */
export interface Run {
  snapshot: CampaignSnapshot;
  /** Grows with each scheduling; a snapshot never changes within a version. */
  version: number;
  /** When the audience was complete; null: not yet. */
  frozenAt: number | null;
  /** When the run was sent or cancelled: nothing of it is sent afterwards. */
  endedAt: number | null;
}

/** Snapshots hold whole mails; the freeze and the worker ask for the same few over and over. */
const CACHED = 16;
const caches = new WeakMap<Knex, Map<string, CampaignSnapshot>>();

/** The campaign's run, or null when it was never scheduled. The snapshot is shared: do not change it. */
export async function loadRun(ctx: Pick<Context, 'knex'>, campaignId: string): Promise<Run | null> {
  const run = await findRun(ctx.knex, campaignId);
  if (!run) return null;
  const snapshot = await loadSnapshot(ctx.knex, campaignId, run.version);
  // Scheduled anew between the two reads: look again.
  if (!snapshot) return loadRun(ctx, campaignId);
  return { snapshot, version: run.version, frozenAt: run.frozenAt, endedAt: run.endedAt };
}

async function loadSnapshot(db: Knex, campaignId: string, version: number): Promise<CampaignSnapshot | null> {
  const cache = caches.get(db) ?? new Map<string, CampaignSnapshot>();
  caches.set(db, cache);
  const key = `${campaignId} ${version}`;
  const known = cache.get(key);
  if (known) return known;
  const json = await readSnapshot(db, campaignId, version);
  if (json === null) return null;
  const snapshot = JSON.parse(json) as CampaignSnapshot;
  cache.set(key, snapshot);
  const [oldest] = cache.keys();
  if (cache.size > CACHED && oldest !== undefined) cache.delete(oldest);
  return snapshot;
}
