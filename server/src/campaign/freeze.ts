import type { Knex } from 'knex';
import { countAudience, recipientsPage } from '../audience';
import type { CampaignSnapshot } from '../compose';
import { isWarmedUp } from '../config';
import type { Context } from '../context';
import {
  beginWaves,
  dialectOf,
  engagementTurns,
  findRun,
  inTransaction,
  insertDeliveries,
  lockRun,
  moveCursor,
} from '../storage';
import { loadRun, type Run } from './run';
import { createReleases, groupByRelease, type Releases } from './timing';

/** SQLite runs in the event loop: one page may hold it for about this long. The others only hold a lock of the run. */
const PAGE_MS = { sqlite: 20, postgres: 100, mysql: 100 };
/** Beside people who wait for the database or the event loop. */
const GENTLE_PAGE_MS = { sqlite: 10, postgres: 20, mysql: 20 };
const SPAN = { first: 200, min: 100, max: 5000 };

/** How many subscribers a page looks at: found by measuring, per database. */
const spans = new WeakMap<Knex, number>();

/**
 * Freezes one page of the audience: each candidate among the next subscribers gets a delivery row. Processes that do
 * it at once wait for each other's page; a crash loses at most the page.
 * @param pace `span`: how many subscribers to look at, by default as many as fit into the time for a page; `isGentle`: that is
 *   less, since somebody else waits for the database or the event loop
 * @returns `done` when the audience is complete, or the run has ended
 * @throws Error when the campaign has never been scheduled
 */
export async function freezeStep(
  ctx: Context,
  campaignId: string,
  pace: { span?: number; isGentle?: boolean } = {},
): Promise<'more' | 'done'> {
  const run = await loadRun(ctx, campaignId);
  if (!run) throw new Error(`newsletter: campaign ${campaignId} has no run to freeze`);
  if (run.frozenAt !== null || run.endedAt !== null) return 'done';
  const releases = await releasesOf(ctx, run);
  const span = pace.span ?? spans.get(ctx.knex) ?? SPAN.first;
  const begun = performance.now();
  const end = await inTransaction(ctx.knex, (trx) => freezePage(ctx, trx, run, releases, span));
  if (pace.span === undefined) {
    const pageMs = (pace.isGentle ? GENTLE_PAGE_MS : PAGE_MS)[dialectOf(ctx.knex)];
    spans.set(ctx.knex, nextSpan(span, performance.now() - begun, pageMs));
  }
  return end === null ? 'done' : 'more';
}

/** One per run, since zones and waves are worked out once. Snapshots are shared as long as a process knows them. */
const known = new WeakMap<CampaignSnapshot, Releases>();

/** When the parts of the audience are due; null: all of it at the start. Fixes at the first call how large waves are. */
async function releasesOf(ctx: Context, { snapshot }: Run): Promise<Releases | null> {
  const { timing, campaignId, audience } = snapshot;
  if (!timing) return null;
  const before = known.get(snapshot);
  if (before) return before;
  const record = await findRun(ctx.knex, campaignId);
  if (timing.waves && record?.people === null) {
    const { recipients } = await countAudience(ctx, audience, record?.startAt);
    await beginWaves(ctx.knex, campaignId, recipients, Date.now());
  }
  const run = await findRun(ctx.knex, campaignId);
  const releases = createReleases(timing, run?.startAt ?? Date.now(), run?.people ?? 0);
  known.set(snapshot, releases);
  return releases;
}

/** @returns where the next page starts, null when there is none */
async function freezePage(
  ctx: Context,
  trx: Knex.Transaction,
  run: Run,
  releases: Releases | null,
  span: number,
): Promise<number | null> {
  const { campaignId, audience, defaultLanguage, sender } = run.snapshot;
  const locked = await lockRun(trx, campaignId);
  if (!locked || locked.frozenAt !== null || locked.endedAt !== null) return null;
  const after = locked.frozenCursor;
  const { candidates, end } = await recipientsPage(trx, audience, after, span, locked.startAt);
  const now = Date.now();
  const { batchSize } = ctx.config.worker;
  const ids = candidates.map(({ subscriberId }) => subscriberId);
  const turns = isWarmedUp(ctx.config.transports, sender) ? await engagementTurns(trx, ids, now) : null;
  await insertDeliveries(trx, {
    campaignId,
    candidates,
    defaultLanguage,
    batchSize,
    now,
    ...(turns && { turns }),
    ...(releases && {
      groups: (mailable) => groupByRelease(releases, campaignId, after, mailable),
    }),
  });
  if (!(await moveCursor(trx, campaignId, after, end, now))) {
    throw new Error(`newsletter: another process froze the audience of ${campaignId} in spite of the lock`);
  }
  return end;
}

/** Towards pages of `pageMs`: slower ones shrink at once, faster ones grow by steps. */
export function nextSpan(span: number, tookMs: number, pageMs = PAGE_MS.sqlite): number {
  const fitting = tookMs > pageMs ? (span * pageMs) / tookMs : tookMs < pageMs / 2 ? span * 1.5 : span;
  return Math.round(Math.min(SPAN.max, Math.max(SPAN.min, fitting)));
}
