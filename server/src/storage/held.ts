import type { Knex } from 'knex';
import type { HeldReason } from '../../../shared/contracts';
import { TABLE } from './tables';
import { inTransaction, pieces } from './transaction';

export interface DeferredCount {
  source: string;
  destination: string;
  reason: string;
  count: number;
  nextAt: number;
}

/** Who waits for another try or for their turn, by destination and reason; counted in the index of the state. */
export async function deferredByDestination(
  db: Knex,
  campaignIds: readonly string[],
): Promise<DeferredCount[]> {
  if (campaignIds.length === 0) return [];
  const rows: Record<string, unknown>[] = await db(TABLE.deliveries)
    .whereIn('campaign_id', [...campaignIds])
    .where({ state: 'deferred' })
    .groupBy('transport', 'destination', 'reason')
    .select('transport', 'destination', 'reason')
    .count({ count: '*' })
    .min({ next_at: 'next_at' });
  return rows.map((row) => ({
    source: typeof row.transport === 'string' ? row.transport : '',
    // Not noted yet: that is done about a second after the outcome.
    destination: typeof row.destination === 'string' ? row.destination : 'other',
    reason: String(row.reason),
    count: Number(row.count),
    nextAt: Number(row.next_at),
  }));
}

/** Deliveries that are put off together. */
export interface HeldGroup {
  ids: readonly number[];
  source: string;
  destination: string;
  reason: HeldReason;
  /** Milliseconds since 1970. */
  nextAt: number;
}

/**
 * Puts claimed deliveries off without an attempt. The batch must be held by this process.
 * Times of suspended ones begin their give-up time (`first_tried_at`): the receiver said "later" about all of them.
 */
export async function holdDeliveries(db: Knex, groups: readonly HeldGroup[], now: number): Promise<void> {
  for (const { ids, source, destination, reason, nextAt } of groups) {
    for (const piece of pieces(ids, 1000)) {
      const changes = {
        state: 'deferred',
        reason,
        next_at: nextAt,
        destination,
        // Who was tried already goes on over the same way.
        transport: db.raw('CASE WHEN attempt = 0 THEN ? ELSE transport END', [source]),
        ...(reason === 'held' && { first_tried_at: db.raw('COALESCE(first_tried_at, ?)', [now]) }),
      };
      await inTransaction(db, (trx) =>
        trx(TABLE.deliveries).whereIn('id', piece).whereIn('state', ['queued', 'deferred']).update(changes),
      );
    }
  }
}

/** Notes the destination of deliveries that a receiver put off. */
export async function noteDestination(db: Knex, destination: string, ids: readonly number[]): Promise<void> {
  for (const piece of pieces(ids, 1000)) {
    await db(TABLE.deliveries).whereIn('id', piece).where({ state: 'deferred' }).update({ destination });
  }
}

const BATCHES_AT_ONCE = 50;

/**
 * Makes due who was held back, or put off after a refusal for reputation or rate or because of the network, for one destination: batch by batch, so
 * that no statement locks many rows for long.
 * @returns how many
 */
export async function releaseHeld(
  db: Knex,
  campaignId: string,
  { source, destination }: { source: string; destination: string },
  now: number,
): Promise<number> {
  const open: { id: unknown }[] = await db(TABLE.batches)
    .where({ campaign_id: campaignId, done: false })
    .orderBy('id')
    .select('id');
  let released = 0;
  for (const batches of pieces(
    open.map((row) => Number(row.id)),
    BATCHES_AT_ONCE,
  )) {
    // The ledger writes some of the same rows at the same time.
    const rows = await inTransaction(db, (trx) =>
      trx(TABLE.deliveries)
        .whereIn('batch_id', batches)
        .where({ state: 'deferred', transport: source })
        .where((q) => void (destination === '*' || q.where({ destination })))
        .whereIn('reason', ['held', 'paced', 'reputation', 'rate', 'network'])
        .where('next_at', '>', now)
        .update({ next_at: now }),
    );
    if (rows === 0) continue;
    released += rows;
    await db(TABLE.batches)
      .whereIn('id', batches)
      .where({ done: false })
      .whereNull('epoch')
      .where('next_at', '>', now)
      .whereExists(
        db({ d: TABLE.deliveries })
          .select(db.raw('1'))
          .whereRaw('?? = ??', ['d.batch_id', `${TABLE.batches}.id`])
          .whereIn('d.state', ['queued', 'deferred'])
          .where('d.next_at', '<=', now),
      )
      .update({ next_at: now });
  }
  return released;
}
