import { announceBounced, suppressDeadRecipients, type DeadRecipient } from '../audience';
import type { Context } from '../context';
import {
  expiredEpochs,
  freeOrphanedBatches,
  recoverEpoch,
  writeOutcomes,
  type ExpiredEpoch,
  type Recovery,
} from '../storage';
import { evidenceFolder, readEvidence, removeEvidence, type Testimony } from './evidence-folder';

/**
 * Buries the epochs of dead processes. Safe in any number of processes at once. Where the evidence of one is on this
 * machine, what never left is sent and what was replied counts; the rest is in doubt.
 */
export async function recover(ctx: Context): Promise<Recovery[]> {
  const recovered: Recovery[] = [];
  for (const expired of await expiredEpochs(ctx.knex)) {
    const evidence = await evidenceOf(ctx, expired);
    if (evidence === 'wait') continue;
    const result = evidence
      ? await withEvidence(ctx, expired.epoch, evidence)
      : await recoverEpoch(ctx.knex, expired.epoch);
    if (!result) continue;
    recovered.push(result);
    ctx.log.warn(
      `newsletter: sending process ${expired.epoch} is gone: ${result.batches} batches freed, ` +
        `of ${result.open} open deliveries ${result.inDoubt} in doubt` +
        (evidence ? ', the others are known from its evidence' : ''),
    );
    if (evidence && expired.evidence) removeEvidence(evidenceFolder(ctx), expired.evidence);
  }
  await freeOrphanedBatches(ctx.knex);
  return recovered;
}

async function evidenceOf(ctx: Context, expired: ExpiredEpoch): Promise<Testimony | 'wait' | null> {
  if (expired.evidence === null) return null;
  const found = await readEvidence(evidenceFolder(ctx), expired.evidence);
  if (found === 'none') return null;
  if (found !== 'elsewhere') return found;
  // A process on its own machine looks within this time, if there is one.
  return expired.sinceMs < ctx.config.worker.reconcileSeconds * 1500 ? 'wait' : null;
}

/** In one transaction with the end of the epoch: evidence is used once, and only for what nobody has settled since. */
async function withEvidence(ctx: Context, epoch: number, evidence: Testimony): Promise<Recovery | null> {
  let dead: DeadRecipient[] = [];
  const result = await recoverEpoch(ctx.knex, epoch, async (trx, open) => {
    const outcomes = open.flatMap(({ deliveryId, attempt }) => evidence.outcomeOf(deliveryId, attempt) ?? []);
    dead = outcomes.flatMap((outcome) => (outcome.dead ? [outcome.dead] : []));
    await writeOutcomes(trx, outcomes, Date.now());
    if (dead.length > 0) await suppressDeadRecipients(trx, dead);
    const known = new Set(outcomes.map(({ deliveryId }) => deliveryId));
    return open
      .filter(({ deliveryId, attempt }) => !known.has(deliveryId) && evidence.wasHanded(deliveryId, attempt))
      .map(({ deliveryId }) => deliveryId);
  });
  if (result && dead.length > 0) void announceBounced(ctx, dead);
  return result;
}
