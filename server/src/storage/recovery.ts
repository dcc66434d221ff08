import type { Knex } from 'knex';
import { dialectOf, nowMsSql } from './dialect';
import { ledgerTransaction, parseIds } from './ledger';
import { TABLE } from './tables';

export interface ExpiredEpoch {
  epoch: number;
  /** Name of its evidence file; null: there is none that could be used. */
  evidence: string | null;
  /** Milliseconds since its lease ran out. */
  sinceMs: number;
}

/** Epochs whose lease has run out: their processes are dead, frozen, or cut off from the database. */
export async function expiredEpochs(db: Knex): Promise<ExpiredEpoch[]> {
  const now = nowMsSql(db);
  const rows: { epoch: unknown; evidence: string | null; since: unknown }[] = await db(TABLE.epochs)
    .whereRaw(`lease_until <= ${now}`)
    .orderBy('epoch')
    .select('epoch', 'evidence', db.raw(`${now} - lease_until as since`));
  return rows.map((row) => ({
    epoch: Number(row.epoch),
    evidence: row.evidence,
    sinceMs: Number(row.since),
  }));
}

/** An intent whose outcome nobody committed. */
export interface OpenIntent {
  deliveryId: number;
  /** `attempt` of the row as it was claimed. */
  attempt: number;
}

export interface Recovery {
  epoch: number;
  /** Intents without an outcome. */
  open: number;
  /** Of these, what nobody knows anything about. */
  inDoubt: number;
  batches: number;
}

/**
 * Buries one expired epoch: open intents without an outcome become in doubt (never resent by themselves), its batches
 * are free again.
 * @param judge runs in the transaction; writes outcomes that are known after all, and gives the ids that are in doubt.
 *   The others stay as they are, to be sent. Without it all are in doubt.
 * @returns null when another process was faster or the epoch is alive
 */
export async function recoverEpoch(
  knex: Knex,
  epoch: number,
  judge?: (trx: Knex.Transaction, open: OpenIntent[]) => Promise<number[]>,
): Promise<Recovery | null> {
  return ledgerTransaction(knex, async (trx) => {
    const query = trx(TABLE.epochs)
      .where({ epoch })
      .whereRaw(`lease_until <= ${nowMsSql(trx)}`)
      .select('open_ids');
    // SQLite locks the whole file with the first write, and the others would wait for the row.
    const [row] = dialectOf(trx) === 'sqlite' ? await query : await query.forUpdate();
    if (!row) return null;
    const open = await openIntents(trx, parseIds(row.open_ids));
    const doubtful =
      judge && open.length > 0 ? await judge(trx, open) : open.map((intent) => intent.deliveryId);
    const inDoubt = doubtful.length === 0 ? 0 : await markInDoubt(trx, doubtful);
    const batches = await trx(TABLE.batches).where({ epoch }).update({ epoch: null });
    await trx(TABLE.epochs).where({ epoch }).delete();
    return { epoch, open: open.length, inDoubt, batches };
  });
}

/** "skipped" too: a campaign may have been cancelled while the message was on its way. */
const OPEN_STATES = ['queued', 'deferred', 'skipped'];

async function openIntents(trx: Knex.Transaction, ids: number[]): Promise<OpenIntent[]> {
  if (ids.length === 0) return [];
  const rows: { id: unknown; attempt: unknown }[] = await trx(TABLE.deliveries)
    .whereIn('id', ids)
    .whereIn('state', OPEN_STATES)
    .select('id', 'attempt');
  return rows.map((row) => ({ deliveryId: Number(row.id), attempt: Number(row.attempt) }));
}

function markInDoubt(trx: Knex.Transaction, ids: number[]): Promise<number> {
  return trx(TABLE.deliveries)
    .whereIn('id', ids)
    .whereIn('state', OPEN_STATES)
    .update({
      state: 'in_doubt',
      reason: 'process-died',
      attempt: trx.raw('attempt + 1'),
      next_at: 0,
      settled_at: trx.raw(nowMsSql(trx)),
      doubt_left_at: null,
    });
}

/** The evidence of this name proves nothing any more. */
export async function forgetEvidence(db: Knex, token: string): Promise<void> {
  await db(TABLE.epochs).where({ evidence: token }).update({ evidence: null });
}

/**
 * Frees batches whose epoch is gone: a process that was fenced and buried may have claimed one just then. It cannot
 * have sent from it, since an intent needs a living lease.
 */
export async function freeOrphanedBatches(db: Knex): Promise<number> {
  const gone: { epoch: unknown }[] = await db(TABLE.batches)
    .whereNotNull('epoch')
    .where({ done: false })
    .whereNotIn('epoch', db(TABLE.epochs).select('epoch'))
    .distinct('epoch');
  if (gone.length === 0) return 0;
  // By number, which is never given again: a batch that a new epoch has claimed in between stays with it.
  return db(TABLE.batches)
    .whereIn(
      'epoch',
      gone.map((row) => Number(row.epoch)),
    )
    .where({ done: false })
    .update({ epoch: null });
}
