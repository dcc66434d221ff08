import type { Context } from '../context';
import { expiredEpochs, freeOrphanedBatches, recoverEpoch, type Recovery } from '../storage';

/** Buries the epochs of dead processes. Safe in any number of processes at once. */
export async function recover(ctx: Context): Promise<Recovery[]> {
  const recovered: Recovery[] = [];
  for (const epoch of await expiredEpochs(ctx.knex)) {
    const result = await recoverEpoch(ctx.knex, epoch);
    if (!result) continue;
    recovered.push(result);
    ctx.log.warn(
      `newsletter: sending process ${epoch} is gone: ${result.batches} batches freed, ` +
        `${result.inDoubt} deliveries in doubt`,
    );
  }
  await freeOrphanedBatches(ctx.knex);
  return recovered;
}
