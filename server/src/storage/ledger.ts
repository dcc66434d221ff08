import type { Knex } from 'knex';
import type { DeliveryState } from '../../../shared/contracts';
import { dialectOf, insertReturningId, nowMsSql } from './dialect';
import { TABLE } from './tables';
import { pieces } from './transaction';

/** A transaction under READ COMMITTED: MySQL's default would make the ledger's sets lock ranges of rows. */
export function ledgerTransaction<T>(knex: Knex, work: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
  return dialectOf(knex) === 'mysql'
    ? knex.transaction(work, { isolationLevel: 'read committed' })
    : knex.transaction(work);
}

/** Registers a sending process. Only the database's clock counts for its lease. */
export async function openEpoch(
  db: Knex,
  {
    host,
    pid,
    leaseMs,
    evidence = null,
  }: {
    host: string;
    pid: number;
    leaseMs: number;
    /** Name of its evidence file. */ evidence?: string | null;
  },
): Promise<number> {
  const now = nowMsSql(db);
  return insertReturningId(
    db,
    TABLE.epochs,
    {
      lease_until: db.raw(`${now} + ?`, [leaseMs]),
      open_ids: '[]',
      host: host.slice(0, 255),
      pid,
      evidence,
      started_at: db.raw(now),
    },
    'epoch',
  );
}

/**
 * Extends the lease and records whose intents are open, in one statement.
 * @returns false when the lease has run out: the process is fenced and must admit nothing more
 */
export async function renewLease(
  db: Knex,
  { epoch, leaseMs, openIds }: { epoch: number; leaseMs: number; openIds: number[] },
): Promise<boolean> {
  const now = nowMsSql(db);
  const rows = await db(TABLE.epochs)
    .where({ epoch })
    .whereRaw(`lease_until > ${now}`)
    .update({ open_ids: JSON.stringify(openIds), lease_until: db.raw(`${now} + ?`, [leaseMs]) });
  return rows === 1;
}

/** Narrows the open intents of an epoch whose lease is lost, so that recovery takes only what is still unknown. */
export async function narrowOpenIds(db: Knex, epoch: number, openIds: number[]): Promise<void> {
  await db(TABLE.epochs)
    .where({ epoch })
    .update({ open_ids: JSON.stringify(openIds) });
}

/** Frees what an epoch holds and removes it. Its outcomes must have been written before. */
export async function closeEpoch(knex: Knex, epoch: number): Promise<void> {
  await ledgerTransaction(knex, async (trx) => {
    await trx(TABLE.batches).where({ epoch }).update({ epoch: null });
    await trx(TABLE.epochs).where({ epoch }).delete();
  });
}

export interface EpochRow {
  epoch: number;
  host: string;
  pid: number;
  leaseUntil: number;
  open: number;
}

/** Sending processes whose lease has not run out. */
export async function liveEpochs(db: Knex): Promise<EpochRow[]> {
  const rows: Record<string, unknown>[] = await db(TABLE.epochs)
    .whereRaw(`lease_until > ${nowMsSql(db)}`)
    .orderBy('epoch')
    .select('epoch', 'host', 'pid', 'lease_until', 'open_ids');
  return rows.map((row) => ({
    epoch: Number(row.epoch),
    host: String(row.host),
    pid: Number(row.pid),
    leaseUntil: Number(row.lease_until),
    open: parseIds(row.open_ids).length,
  }));
}

export interface ClaimedBatch {
  id: number;
  campaignId: string;
  /** In which the campaign's send window is read; null: it has none. */
  zone: string | null;
}

/** Takes one due batch of a campaign for an epoch by compare-and-swap; null when there is none. */
export async function claimBatch(db: Knex, campaignId: string, epoch: number): Promise<ClaimedBatch | null> {
  for (;;) {
    const open = () => db(TABLE.batches).where({ campaign_id: campaignId, done: false }).whereNull('epoch');
    // Several candidates, one at random: processes that look at the same moment then rarely want the same row.
    const rows: { id: unknown; zone: string | null }[] = await open()
      .where('next_at', '<=', Date.now())
      .orderBy('id')
      .limit(8)
      .select('id', 'zone');
    if (rows.length === 0) return null;
    const chosen = rows[Math.floor(Math.random() * rows.length)]!;
    const id = Number(chosen.id);
    const taken = await open()
      .where({ id })
      .whereExists(
        db(TABLE.epochs)
          .where({ epoch })
          .whereRaw(`lease_until > ${nowMsSql(db)}`),
      )
      .update({ epoch });
    if (taken === 1) return { id, campaignId, zone: chosen.zone };
    const alive = await db(TABLE.epochs)
      .where({ epoch })
      .whereRaw(`lease_until > ${nowMsSql(db)}`)
      .first('epoch');
    if (!alive) return null;
  }
}

/** What became of one claimed delivery. */
export interface OutcomeRow {
  deliveryId: number;
  /** `attempt` of the row as it was claimed. */
  attempt: number;
  /** Whether a message was handed to a transport; if not, the attempt does not count. */
  tried: boolean;
  state: DeliveryState;
  reason: string | null;
  /** Milliseconds since 1970; for deferred rows. */
  nextAt: number;
  replyCode: number | null;
  replyStatus: string | null;
  replyText: string | null;
  transport: string | null;
}

const OUTCOME_COLUMNS = {
  id: 'integer',
  attempt: 'integer',
  tried: 'integer',
  state: 'text',
  reason: 'text',
  next_at: 'integer',
  reply_code: 'integer',
  reply_status: 'text',
  reply_text: 'text',
  transport: 'text',
  settled_at: 'integer',
} as const;

/**
 * A row takes an outcome when it still waits at the attempt that was claimed, or when it was put in doubt meanwhile by
 * recovery: the reply then resolves it. A reply also wins over "skipped" (cancelled while the message was on its way),
 * except that a refused message of a cancelled campaign is not tried again.
 */
const TAKES_OUTCOME = `((d.attempt = v.attempt AND (d.state IN ('queued', 'deferred')
    OR (d.state = 'skipped' AND v.tried = 1 AND v.state <> 'deferred')))
  OR (d.state = 'in_doubt' AND v.tried = 1 AND d.attempt = v.attempt + 1))`;

/**
 * Writes a set of outcomes in one statement.
 * @returns how many rows took theirs; the others had been settled before or were deleted
 */
export async function writeOutcomes(db: Knex, outcomes: OutcomeRow[], now: number): Promise<number> {
  let written = 0;
  // 11 parameters a row: PostgreSQL takes 65,535, SQLite 32,766 in one statement.
  for (let at = 0; at < outcomes.length; at += 500) {
    written += await writeChunk(db, outcomes.slice(at, at + 500), now);
  }
  const putOff = outcomes.filter((row) => row.state === 'deferred').map((row) => row.deliveryId);
  for (const ids of pieces(putOff)) {
    await db(TABLE.deliveries).whereIn('id', ids).whereNull('first_tried_at').update({ first_tried_at: now });
  }
  return written;
}

async function writeChunk(db: Knex, outcomes: OutcomeRow[], now: number): Promise<number> {
  const dialect = dialectOf(db);
  const bindings = outcomes.flatMap((row) => outcomeBindings(row, now));
  const names = Object.keys(OUTCOME_COLUMNS);
  const types = Object.values(OUTCOME_COLUMNS).map((type) => castType(dialect, type));
  if (dialect === 'mysql') {
    const row = (head: boolean) =>
      `SELECT ${names.map((name, i) => (head ? `CAST(? AS ${types[i]}) AS \`${name}\`` : `CAST(? AS ${types[i]})`)).join(', ')}`;
    const union = outcomes.map((_, i) => row(i === 0)).join(' UNION ALL ');
    const result = await db.raw(
      `UPDATE ${TABLE.deliveries} d JOIN (${union}) v ON d.id = v.id
       SET d.attempt = v.attempt + v.tried, d.state = v.state, d.reason = v.reason, d.next_at = v.next_at,
           d.reply_code = v.reply_code, d.reply_status = v.reply_status, d.reply_text = v.reply_text,
           d.transport = COALESCE(v.transport, d.transport), d.settled_at = v.settled_at
       WHERE ${TAKES_OUTCOME}`,
      bindings,
    );
    return Number(result[0].affectedRows);
  }
  const values = outcomes.map(() => `(${types.map((type) => `CAST(? AS ${type})`).join(', ')})`).join(', ');
  const result = await db.raw(
    `WITH v(${names.join(', ')}) AS (VALUES ${values})
     UPDATE ${TABLE.deliveries} AS d
     SET attempt = v.attempt + v.tried, state = v.state, reason = v.reason, next_at = v.next_at,
         reply_code = v.reply_code, reply_status = v.reply_status, reply_text = v.reply_text,
         transport = COALESCE(v.transport, d.transport), settled_at = v.settled_at
     FROM v WHERE d.id = v.id AND ${TAKES_OUTCOME}
     RETURNING batch_id`,
    bindings,
  );
  return dialect === 'postgres' ? result.rows.length : result.length;
}

function outcomeBindings(row: OutcomeRow, now: number): (string | number | null)[] {
  return [
    row.deliveryId,
    row.attempt,
    row.tried ? 1 : 0,
    row.state,
    row.reason,
    row.nextAt,
    row.replyCode,
    row.replyStatus?.slice(0, 16) ?? null,
    row.replyText?.slice(0, 500) ?? null,
    row.transport,
    row.state === 'deferred' || row.state === 'queued' ? null : now,
  ];
}

function castType(dialect: 'sqlite' | 'postgres' | 'mysql', type: 'integer' | 'text'): string {
  if (dialect === 'mysql') return type === 'integer' ? 'SIGNED' : 'CHAR';
  return type === 'integer' ? 'BIGINT' : 'TEXT';
}

/** Ids as `open_ids` keeps them. */
export function parseIds(text: unknown): number[] {
  return (JSON.parse(String(text)) as unknown[]).map(Number);
}
