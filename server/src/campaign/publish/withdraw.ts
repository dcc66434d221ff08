import type { Knex } from 'knex';
import type { Context } from '../../context';
import {
  deleteCampaign,
  endRun,
  firingsOfEntry,
  lockCampaign,
  lockFiring,
  moveFiring,
  swapState,
  type FiringRecord,
  type StateReason,
} from '../../storage';
import { announce } from '../announce';
import { MOVES } from '../states';

/**
 * Takes back what an entry that is no longer published was about to send, in the transaction that unpublishes it:
 * pending and held firings, and campaigns that a rule scheduled and that have not begun. Publishing it later fires the
 * rule again, since nothing was sent. Drafts stay: a person decides about them.
 * @param locales null: the entry as a whole
 * @returns ids of the campaigns that were cancelled, to be announced after the commit
 */
export async function withdrawEntry(
  trx: Knex.Transaction,
  contentType: string,
  entryId: string,
  locales: readonly string[] | null,
): Promise<string[]> {
  const firings = (await firingsOfEntry(trx, contentType, [entryId])).filter(
    ({ locale }) => locales === null || locales.includes(locale),
  );
  return withdraw(trx, firings, 'cancelled', {
    sentence: 'The entry was unpublished or deleted before this was sent.',
    cause: { id: 'entry-withdrawn', values: {} },
  });
}

/** @returns ids of the campaigns that were cancelled */
export async function withdraw(
  trx: Knex.Transaction,
  firings: readonly FiringRecord[],
  to: 'cancelled' | 'superseded',
  reason: StateReason,
): Promise<string[]> {
  const cancelled: string[] = [];
  for (const { id, state } of firings) {
    if (state !== 'pending' && state !== 'held' && state !== 'done') continue;
    const firing = await lockFiring(trx, id);
    if (firing && (await takeBack(trx, firing, to, reason))) cancelled.push(firing.campaignId!);
  }
  return cancelled;
}

/** @returns true when its campaign was cancelled */
async function takeBack(
  trx: Knex.Transaction,
  firing: FiringRecord,
  to: 'cancelled' | 'superseded',
  reason: StateReason,
): Promise<boolean> {
  const move = { to, message: reason.sentence, freesOccasion: true };
  if (firing.campaignId === null) {
    await moveFiring(trx, firing.id, ['pending', 'held'], move);
    return false;
  }
  // What a person made or scheduled is theirs.
  if (firing.state === 'done' && firing.scheduledFor === null) return false;
  const campaign = await lockCampaign(trx, firing.campaignId);
  if (campaign?.state === 'scheduled') {
    const now = Date.now();
    await swapState(trx, campaign.documentId, ['scheduled'], MOVES.cancel.to, {
      finishedAt: now,
      reason,
    });
    await endRun(trx, campaign.documentId, 'cancelled', now);
    await moveFiring(trx, firing.id, ['pending', 'done'], move);
    return true;
  }
  // Made a moment ago and about to be scheduled by the process that dispatches it, which then finds it gone.
  if (firing.state === 'pending' && (!campaign || campaign.state === 'draft')) {
    if (campaign) await deleteCampaign(trx, campaign.documentId);
    await moveFiring(trx, firing.id, ['pending'], move);
  }
  return false;
}

/** Tells the project's webhooks about campaigns that were cancelled, after the commit. */
export async function announceWithdrawn(
  ctx: Pick<Context, 'knex' | 'emit' | 'log'>,
  campaignIds: readonly string[],
): Promise<void> {
  for (const id of campaignIds) await announce(ctx, 'campaign-cancelled', id);
}
