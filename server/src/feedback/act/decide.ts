import type { FeedbackDecision } from '../../../../shared/contracts';
import { loadSettings } from '../../settings';
import {
  decideFeedback,
  inTransaction,
  lockDeliveries,
  lockWaitingFeedback,
  type FeedbackRecord,
} from '../../storage';
import { announceEffects, applyEffects, type Effect } from './apply';
import type { TakeContext } from './take';

/** Rows of one transaction, and of one call: a person waits for the answer. */
const AT_ONCE = 100;
const PER_CALL = 1000;

export interface Decided {
  done: number;
  /** More of that reporter wait: call again. */
  left: number;
}

/**
 * A person lets held bounces count: as if they came now, but no flood holds them. What became of a delivery meanwhile is
 * not done twice.
 * @param by name of that person, kept with the items and with what they suppress
 */
export async function releaseFeedback(
  ctx: TakeContext,
  decision: FeedbackDecision,
  by: string | null,
): Promise<Decided> {
  const { thresholds, consent } = await loadSettings(ctx.knex);
  const rules = { thresholds, buttonEnds: consent.buttonEnds };
  return inSets(decision, async (wanted) => {
    const { count, told } = await inTransaction(ctx.knex, async (trx) => {
      const rows = await lockWaitingFeedback(trx, wanted, ['held'], AT_ONCE);
      const deliveries = await lockDeliveries(
        trx,
        rows.flatMap(({ deliveryId }) => deliveryId ?? []),
      );
      const effects: Effect[] = [];
      for (const row of rows) {
        const delivery = row.deliveryId === null ? null : (deliveries.get(row.deliveryId) ?? null);
        const done = delivery !== null && ['bounced', 'failed'].includes(delivery.state);
        if (row.addressHash === null || delivery?.erased || done) {
          const why = done ? 'refused-before' : 'erased';
          await decideFeedback(trx, row.id, { result: 'ignored', why, decidedBy: by });
          continue;
        }
        effects.push(effectOf(row, delivery, by));
        await decideFeedback(trx, row.id, { result: 'applied', why: 'released', decidedBy: by });
      }
      return { count: rows.length, told: await applyEffects(trx, effects, rules, Date.now()) };
    });
    announceEffects(ctx, told);
    return count;
  });
}

/**
 * A person puts held or unmatched items away: nothing comes of them.
 * @param by name of that person
 */
export async function discardFeedback(
  ctx: Pick<TakeContext, 'knex'>,
  decision: FeedbackDecision,
  by: string | null,
): Promise<Decided> {
  const results = 'reporter' in decision ? (['held'] as const) : (['held', 'unmatched'] as const);
  return inSets(decision, (wanted) =>
    inTransaction(ctx.knex, async (trx) => {
      const rows = await lockWaitingFeedback(trx, wanted, results, AT_ONCE);
      for (const row of rows)
        await decideFeedback(trx, row.id, { result: 'discarded', why: `was-${row.result}`, decidedBy: by });
      return rows.length;
    }),
  );
}

/** Short transactions until nothing is left, or enough was done for one call. */
async function inSets(
  decision: FeedbackDecision,
  step: (wanted: FeedbackDecision) => Promise<number>,
): Promise<Decided> {
  let done = 0;
  for (;;) {
    const count = await step(decision);
    done += count;
    if (count < AT_ONCE) return { done, left: 0 };
    if (done >= PER_CALL) return { done, left: 1 };
  }
}

const effectOf = (row: FeedbackRecord, delivery: Effect['delivery'], by: string | null): Effect => ({
  feedbackId: row.id,
  item: { ...row, source: { way: row.way, name: row.source } },
  delivery,
  addressHash: row.addressHash,
  effect: 'hard',
  arrived: false,
  by,
});
