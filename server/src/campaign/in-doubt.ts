import type { Knex } from 'knex';
import {
  IN_DOUBT_WAIT_MINUTES,
  type CampaignState,
  type InDoubtPage,
  type InDoubtResult,
} from '../../../shared/contracts';
import type { Context } from '../context';
import {
  countInDoubt,
  inTransaction,
  leaveInDoubt,
  lockRun,
  noteDecision,
  pageInDoubt,
  readDecisions,
  readState,
  reopenRun,
  requeueInDoubt,
} from '../storage';
import { announce } from './announce';
import { CampaignError, campaignNotFound } from './errors';
import { move } from './moves';
import { refusal } from './states';

const WAIT_MS = IN_DOUBT_WAIT_MINUTES * 60_000;
const DECISIONS_SHOWN = 10;

/**
 * Recipients of a campaign of whom nobody knows whether they have the mail.
 * @throws CampaignError 404
 */
export async function inDoubtPage(
  { knex }: Pick<Context, 'knex'>,
  id: string,
  { page, pageSize }: { page: number; pageSize: number },
): Promise<InDoubtPage> {
  await stateOf(knex, id);
  const counts = await countInDoubt(knex, id, WAIT_MS);
  const rows = await pageInDoubt(knex, id, { page, pageSize, waitMs: WAIT_MS });
  const decisions = await readDecisions(knex, id, DECISIONS_SHOWN);
  return {
    results: rows.map(({ subscriberId, since, ...row }) => ({
      ...row,
      subscriber: subscriberId,
      since: new Date(since).toISOString(),
    })),
    pagination: { page, pageSize, pageCount: Math.ceil(counts.total / pageSize), total: counts.total },
    summary: {
      total: counts.total,
      undecided: counts.undecided,
      ready: counts.ready,
      nextReadyAt: readyAt(counts.nextSince),
      decisions: decisions.map((row) => ({ ...row, at: new Date(row.at).toISOString() })),
    },
  };
}

/**
 * Leaves all that is in doubt now as it is, so that nobody is reminded of it. Whoever goes in doubt later is asked about
 * again.
 * @param by name of who decided
 * @throws CampaignError 404
 */
export async function leaveAllInDoubt(ctx: Context, id: string, by: string | null): Promise<InDoubtResult> {
  const result = await inTransaction(ctx.knex, async (trx) => {
    const state = await stateOf(trx, id);
    const recipients = await leaveInDoubt(trx, id);
    if (recipients > 0) await noteDecision(trx, id, { decision: 'leave', recipients, by });
    return { recipients, state };
  });
  tell(ctx, id, by, `left ${result.recipients} recipients in doubt`);
  return result;
}

/**
 * Sends to those again who have been in doubt for at least ten minutes, with the same Message-ID: who has the mail
 * already mostly sees it once. Status and suppression are checked again before. A campaign that was sent is being sent
 * until they are done.
 * @param by name of who decided
 * @throws CampaignError 404; 409 when all went in doubt only just now, or when the campaign was cancelled
 */
export async function sendInDoubtAgain(ctx: Context, id: string, by: string | null): Promise<InDoubtResult> {
  const result = await inTransaction(ctx.knex, async (trx) => {
    // Whoever ends the campaign at this moment holds the same lock.
    await lockRun(trx, id);
    const state = await stateOf(trx, id);
    if (state === 'cancelled') throw new CampaignError('wrong-state', 409, refusal('reopen', state));
    const recipients = await requeueInDoubt(trx, id, WAIT_MS);
    if (recipients === 0) {
      await refuseRecent(trx, id);
      return { recipients, state, reopened: false };
    }
    await noteDecision(trx, id, { decision: 'send-again', recipients, by });
    const reopened = await move(trx, 'reopen', id, { finishedAt: null, reason: null });
    if (reopened) await reopenRun(trx, id);
    return { recipients, state: reopened ? ('sending' as const) : state, reopened };
  });
  if (result.recipients === 0) return { recipients: 0, state: result.state };
  tell(ctx, id, by, `sends again to ${result.recipients} recipients in doubt`);
  if (result.reopened) await announce(ctx, 'campaign-resumed', id);
  return { recipients: result.recipients, state: result.state };
}

async function refuseRecent(trx: Knex.Transaction, id: string): Promise<void> {
  const { total, nextSince } = await countInDoubt(trx, id, WAIT_MS);
  if (total === 0) return;
  throw new CampaignError(
    'too-early',
    409,
    `These messages have been in doubt for less than ${IN_DOUBT_WAIT_MINUTES} minutes: an answer may still come. ` +
      `They can be sent again from ${readyAt(nextSince)} on.`,
  );
}

async function stateOf(db: Knex, id: string): Promise<CampaignState> {
  const state = await readState(db, id);
  if (!state) throw campaignNotFound(id);
  return state;
}

const readyAt = (since: number | null) => (since === null ? null : new Date(since + WAIT_MS).toISOString());

const tell = (ctx: Context, id: string, by: string | null, what: string) =>
  ctx.log.info(`newsletter: campaign ${id}: ${by ?? 'somebody'} ${what}`);
