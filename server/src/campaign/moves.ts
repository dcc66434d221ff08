import type { CampaignState } from '../../../shared/contracts';
import type { Context } from '../context';
import {
  closeBatches,
  endRun,
  failLate,
  halfCancelled,
  hasUnfinished,
  inTransaction,
  lockRun,
  openCampaigns,
  readState,
  skipUnfinished,
  swapState,
  type CampaignStamp,
  type StateReason,
} from '../storage';
import type { Knex } from 'knex';
import { announce } from './announce';
import { CampaignError, campaignNotFound } from './errors';
import { mendCampaigns } from './mend';
import { loadRun } from './run';
import { MOVES, refusal, type Move } from './states';
import { spaceWaves } from './timing-schedule';

const SKIP_ROWS = 1000;
/** A person waits for the answer to "Cancel"; what is left of a large audience follows with `startDue`. */
const SKIP_MS = 3000;
const WEEK_MS = 7 * 24 * 3600 * 1000;

/** The state of a campaign, or null when there is none with this id. */
export async function campaignState(db: Knex, id: string): Promise<CampaignState | null> {
  return readState(db, id);
}

/**
 * Takes a scheduled campaign back to draft. Its run stays as a record, and the next schedule replaces it.
 * @throws CampaignError 404, or 409 when it is not scheduled (any more)
 */
export async function unschedule(ctx: Context, id: string): Promise<void> {
  await moveOrRefuse(ctx.knex, 'unschedule', id, { scheduledAt: null, reason: null });
}

/** @throws CampaignError 404, or 409 when the campaign is not being sent */
export async function pause(ctx: Context, id: string): Promise<void> {
  await moveOrRefuse(ctx.knex, 'pause', id, { reason: null });
  await announce(ctx, 'campaign-paused', id);
}

/**
 * Pauses because something is wrong; the reason is what the editor reads: with its id, in the panel's language. Does nothing when the campaign is not
 * being sent: a person may have paused or cancelled it meanwhile.
 */
export async function pauseBySystem(ctx: Context, id: string, reason: string | StateReason): Promise<void> {
  await pauseFor(ctx, id, reason);
}

/** The same. @returns whether this call paused it */
export async function pauseFor(ctx: Context, id: string, why: string | StateReason): Promise<boolean> {
  const reason = typeof why === 'string' ? { sentence: why, cause: null } : why;
  if (!(await move(ctx.knex, 'pause', id, { reason }))) return false;
  ctx.log.warn(`newsletter: campaign ${id} paused: ${reason.sentence}`);
  await announce(ctx, 'campaign-paused', id);
  return true;
}

/** @throws CampaignError 404, or 409 when the campaign is not paused or its run has ended */
export async function resume(ctx: Context, id: string): Promise<void> {
  const run = await loadRun(ctx, id);
  if (run && run.endedAt !== null) {
    await mendCampaigns(ctx);
    throw new CampaignError('already-ended', 409, 'This campaign has ended before, so it cannot be resumed.');
  }
  await inTransaction(ctx.knex, async (trx) => {
    await moveOrRefuse(trx, 'resume', id, { reason: null });
    const timing = run?.snapshot.timing;
    if (timing?.waves) await spaceWaves(trx, id, timing, Date.now());
  });
  await announce(ctx, 'campaign-resumed', id);
}

/**
 * Ends a campaign for good. Recipients who have not had it are skipped with the reason `cancelled`; messages already
 * on their way are still accounted for as what becomes of them.
 * @throws CampaignError 404, or 409 when the campaign is neither scheduled, being sent nor paused
 */
export async function cancel(ctx: Context, id: string): Promise<void> {
  await inTransaction(ctx.knex, async (trx) => {
    const now = Date.now();
    await moveOrRefuse(trx, 'cancel', id, { finishedAt: now, reason: null });
    await endRun(trx, id, 'cancelled', now);
  });
  await skipRest(ctx, id);
  await announce(ctx, 'campaign-cancelled', id);
}

/** In short transactions, so that nothing else waits long. */
async function skipRest(ctx: Context, id: string): Promise<void> {
  const deadline = Date.now() + SKIP_MS;
  for (;;) {
    const seen = await inTransaction(ctx.knex, (trx) => skipUnfinished(trx, id, SKIP_ROWS, Date.now()));
    if (seen < SKIP_ROWS) return closeBatches(ctx.knex, id);
    if (Date.now() > deadline) return;
  }
}

/**
 * What the reconciler calls regularly: brings imported campaigns in line with their runs, goes on with large
 * cancellations, settles what came after the end, and starts what is due.
 * @returns ids of the campaigns that this call moved from scheduled to sending
 */
export async function startDue(ctx: Context): Promise<string[]> {
  await mendCampaigns(ctx);
  for (const id of await halfCancelled(ctx.knex, Date.now() - WEEK_MS)) await skipRest(ctx, id);
  await failLate(ctx.knex, Date.now() - WEEK_MS, Date.now());
  const started: string[] = [];
  for (const id of await openCampaigns(ctx.knex, 'scheduled', Date.now())) {
    if (await move(ctx.knex, 'start', id, { startedAt: Date.now(), reason: null })) started.push(id);
  }
  for (const id of started) await announce(ctx, 'campaign-started', id);
  return started;
}

/** Campaigns that are being sent now, by their start. */
export async function activeCampaigns(ctx: Pick<Context, 'knex'>): Promise<string[]> {
  return openCampaigns(ctx.knex, 'sending');
}

/**
 * Ends a campaign whose audience is frozen and of whose deliveries none is queued or deferred.
 * @returns true when this call moved it from sending to sent
 */
export async function finishIfDone(
  ctx: Pick<Context, 'knex' | 'emit' | 'log'>,
  id: string,
): Promise<boolean> {
  const run = await loadRun(ctx, id);
  if (!run || run.frozenAt === null || run.endedAt !== null) return false;
  if (await hasUnfinished(ctx.knex, id)) return false;
  const finished = await inTransaction(ctx.knex, async (trx) => {
    // Under the lock: a person may just have sent again what was in doubt.
    await lockRun(trx, id);
    if (await hasUnfinished(trx, id)) return false;
    const now = Date.now();
    if (!(await move(trx, 'finish', id, { finishedAt: now, reason: null }))) return false;
    await endRun(trx, id, 'sent', now);
    return true;
  });
  if (finished) await announce(ctx, 'campaign-sent', id);
  return finished;
}

/** One compare-and-swap. @returns false when the campaign's state does not allow the move */
export function move(db: Knex, name: Move, id: string, stamp: CampaignStamp): Promise<boolean> {
  return swapState(db, id, MOVES[name].from, MOVES[name].to, stamp);
}

/** The same for a person's wish. @throws CampaignError 404, or 409 with the sentence */
export async function moveOrRefuse(db: Knex, name: Move, id: string, stamp: CampaignStamp): Promise<void> {
  if (await move(db, name, id, stamp)) return;
  const state = await campaignState(db, id);
  throw state ? new CampaignError('wrong-state', 409, refusal(name, state)) : campaignNotFound(id);
}
