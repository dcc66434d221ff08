import type { Knex } from 'knex';
import { insertReturningId } from './dialect';
import type { Candidate } from './freeze';
import { TABLE } from './tables';
import { pieces } from './transaction';

/** Which batches a recipient belongs into: they are due together. */
export interface BatchSlot {
  /** Not before, milliseconds since 1970. */
  nextAt: number;
  /** IANA zone in which the send window is read. */
  zone: string;
  wave: number;
  /** Batches with a lower one are claimed first; 0 by default. */
  turn?: number;
}

export interface BatchGroup {
  slot: BatchSlot;
  candidates: Candidate[];
}

/** A batch that will be due soon may be claimed while rows are put into it. */
const FILL_AHEAD_MS = 60_000;

export interface BatchPart {
  batchId: number;
  /** Not before; the rows keep it too, so that a batch that was held back knows when its rows were due. */
  nextAt: number;
  candidates: readonly Candidate[];
}

/** New batches of at most `size` for these candidates. */
export async function newBatches(
  trx: Knex.Transaction,
  campaignId: string,
  candidates: readonly Candidate[],
  size: number,
  slot?: BatchSlot,
  turn = slot?.turn ?? 0,
): Promise<BatchPart[]> {
  const parts: BatchPart[] = [];
  for (const piece of pieces(candidates, size)) {
    const batchId = await insertReturningId(trx, TABLE.batches, {
      campaign_id: campaignId,
      size: piece.length,
      turn,
      ...(slot && { next_at: slot.nextAt, zone: slot.zone, wave: slot.wave }),
    });
    parts.push({ batchId, nextAt: slot?.nextAt ?? 0, candidates: piece });
  }
  return parts;
}

/**
 * Batches for groups of candidates who are due together. The last one of an earlier page is filled up first: a page has
 * a few people of each zone and wave, and batches of a few people each would be slow to send. Call it under the run's
 * lock.
 */
export async function batchesInSlots(
  trx: Knex.Transaction,
  campaignId: string,
  groups: readonly BatchGroup[],
  size: number,
  now: number,
): Promise<BatchPart[]> {
  const roomy = await roomyBatches(trx, campaignId, groups, size, now);
  const parts: BatchPart[] = [];
  for (const { slot, candidates } of groups) {
    const open = roomy.get(slotKey(slot));
    const fitting = candidates.slice(0, open ? size - open.size : 0);
    const grown =
      open &&
      (await trx(TABLE.batches)
        .where({ id: open.id, done: false })
        .whereNull('epoch')
        .update({ size: open.size + fitting.length }));
    if (open && grown) parts.push({ batchId: open.id, nextAt: slot.nextAt, candidates: fitting });
    const rest = grown ? candidates.slice(fitting.length) : candidates;
    parts.push(...(await newBatches(trx, campaignId, rest, size, slot)));
  }
  return parts;
}

const slotKey = ({ nextAt, zone, wave, turn = 0 }: BatchSlot) => `${nextAt} ${zone} ${wave} ${turn}`;

/** One batch with room for each of the slots that has one and is not due soon. */
async function roomyBatches(
  trx: Knex.Transaction,
  campaignId: string,
  groups: readonly BatchGroup[],
  size: number,
  now: number,
): Promise<Map<string, { id: number; size: number }>> {
  const instants = new Set(groups.map(({ slot }) => slot.nextAt).filter((at) => at > now + FILL_AHEAD_MS));
  if (instants.size === 0) return new Map();
  const rows: { id: unknown; size: unknown; next_at: unknown; zone: string; wave: unknown; turn: unknown }[] =
    await unclaimed(trx, campaignId)
      .whereIn('next_at', [...instants])
      .where('size', '<', size)
      .select('id', 'size', 'next_at', 'zone', 'wave', 'turn');
  return new Map(
    rows.map(({ id, size: filled, next_at, zone, wave, turn }) => [
      slotKey({ nextAt: Number(next_at), zone, wave: Number(wave), turn: Number(turn) }),
      { id: Number(id), size: Number(filled) },
    ]),
  );
}

const unclaimed = (db: Knex, campaignId: string) =>
  db(TABLE.batches).where({ campaign_id: campaignId, done: false }).whereNull('epoch');

/** When the next batch is due that nobody holds; null: there is none. */
export async function nextBatchAt(db: Knex, campaignId: string): Promise<number | null> {
  const [row] = (await unclaimed(db, campaignId).min({ at: 'next_at' })) as [{ at: unknown }];
  return row.at === null || row.at === undefined ? null : Number(row.at);
}

/** Lets what is due in a zone wait until its send window opens, the batch that the epoch has just claimed too. */
export async function holdBatches(
  db: Knex,
  campaignId: string,
  zone: string | null,
  until: number,
  own: { batchId: number; epoch: number },
): Promise<void> {
  await unclaimed(db, campaignId).where({ zone }).where('next_at', '<', until).update({ next_at: until });
  await db(TABLE.batches)
    .where({ id: own.batchId, epoch: own.epoch })
    .update({ epoch: null, next_at: until });
}

/** Waves of which something is unclaimed, by zone and number. */
export async function pendingWaves(
  db: Knex,
  campaignId: string,
): Promise<{ zone: string; wave: number; nextAt: number }[]> {
  const rows: { zone: string; wave: unknown; next_at: unknown }[] = await unclaimed(db, campaignId)
    .whereNotNull('zone')
    .groupBy('zone', 'wave')
    .orderBy(['zone', 'wave'])
    .select('zone', 'wave')
    .min({ next_at: 'next_at' });
  return rows.map((row) => ({ zone: row.zone, wave: Number(row.wave), nextAt: Number(row.next_at) }));
}

/** Moves what is unclaimed of a wave to a later time. */
export async function delayWave(db: Knex, campaignId: string, slot: BatchSlot): Promise<void> {
  await unclaimed(db, campaignId)
    .where({ zone: slot.zone, wave: slot.wave })
    .where('next_at', '<', slot.nextAt)
    .update({ next_at: slot.nextAt });
}

/** Recipients in batches that are not due yet, with the times of the next and of the last of these; null: none. */
export async function waitingDeliveries(
  db: Knex,
  campaignId: string,
  now: number,
): Promise<{ count: number; nextAt: number; lastAt: number } | null> {
  const later = () =>
    db(TABLE.batches).where({ campaign_id: campaignId, done: false }).where('next_at', '>', now);
  const [times] = (await later().min({ first: 'next_at' }).max({ last: 'next_at' })) as [
    { first: unknown; last: unknown },
  ];
  if (times.first === null || times.first === undefined) return null;
  const [row] = (await db(TABLE.deliveries)
    .whereIn('batch_id', later().select('id'))
    .whereIn('state', ['queued', 'deferred'])
    .count({ total: '*' })) as [{ total: number | string }];
  const count = Number(row.total);
  return count === 0 ? null : { count, nextAt: Number(times.first), lastAt: Number(times.last) };
}
