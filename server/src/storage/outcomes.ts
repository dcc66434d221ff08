import type { Knex } from 'knex';
import type { DeliveryState } from '../../../shared/contracts';
import { dialectOf } from './dialect';
import { TABLE } from './tables';
import { pieces } from './transaction';

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

const COLUMNS = {
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
const NAMES = Object.keys(COLUMNS);
const TYPES = Object.values(COLUMNS);

/** MySQL binds each value by itself, and takes 65,535 of them in one statement. */
const ROWS_A_STATEMENT = 500;

/**
 * A row takes an outcome when it still waits at the attempt that was claimed, or when it was put in doubt meanwhile by
 * recovery: the reply then resolves it. A reply also wins over "skipped" (cancelled while the message was on its way),
 * except that a refused message of a cancelled campaign is not tried again.
 */
const TAKES_OUTCOME = `((d.attempt = v.attempt AND (d.state IN ('queued', 'deferred')
    OR (d.state = 'skipped' AND v.tried = 1 AND v.state <> 'deferred')))
  OR (d.state = 'in_doubt' AND v.tried = 1 AND d.attempt = v.attempt + 1))`;

const SET_COLUMNS = `attempt = v.attempt + v.tried, state = v.state, reason = v.reason, next_at = v.next_at,
  reply_code = v.reply_code, reply_status = v.reply_status, reply_text = v.reply_text,
  transport = COALESCE(v.transport, d.transport), settled_at = v.settled_at`;

/** On PostgreSQL: takes what `outcomesJson` gives as its one parameter; RETURNING is left to the caller. */
export const UPDATE_OUTCOMES_PG = `UPDATE ${TABLE.deliveries} AS d SET ${SET_COLUMNS}
  FROM json_to_recordset(?::json) AS v(${NAMES.map((name, i) => `${name} ${TYPES[i] === 'integer' ? 'bigint' : 'text'}`).join(', ')})
  WHERE d.id = v.id AND ${TAKES_OUTCOME}`;

/** The same on SQLite. The order of the join is spelled out: its planner knows nothing about the size of a list. */
const UPDATE_OUTCOMES_SQLITE = `WITH v(${NAMES.join(', ')}) AS MATERIALIZED
  (SELECT ${NAMES.map((_, i) => `json_extract(value, '$[${i}]')`).join(', ')} FROM json_each(?))
  UPDATE ${TABLE.deliveries} AS d SET ${SET_COLUMNS} FROM v WHERE d.id = v.id AND ${TAKES_OUTCOME}`;

/**
 * Writes a set of outcomes in one statement.
 * @returns how many rows took theirs; the others had been settled before or were deleted
 */
export async function writeOutcomes(db: Knex, outcomes: readonly OutcomeRow[], now: number): Promise<number> {
  let written = 0;
  for (const some of pieces(outcomes, ROWS_A_STATEMENT)) written += await writeSome(db, some, now);
  await noteFirstTries(db, outcomes, now);
  return written;
}

/** Of outcomes that were just written: when the first attempt of a row was put off. */
export async function noteFirstTries(db: Knex, outcomes: readonly OutcomeRow[], now: number): Promise<void> {
  const putOff = outcomes.filter((row) => row.state === 'deferred').map((row) => row.deliveryId);
  for (const ids of pieces(putOff)) {
    await db(TABLE.deliveries).whereIn('id', ids).whereNull('first_tried_at').update({ first_tried_at: now });
  }
}

async function writeSome(db: Knex, outcomes: readonly OutcomeRow[], now: number): Promise<number> {
  switch (dialectOf(db)) {
    case 'postgres':
      return Number((await db.raw(UPDATE_OUTCOMES_PG, [outcomesJson(outcomes, now)])).rowCount);
    case 'sqlite': {
      const rows = JSON.stringify(outcomes.map((row) => valuesOf(row, now)));
      return Number((await db.raw(UPDATE_OUTCOMES_SQLITE, [rows])).changes);
    }
    case 'mysql': {
      const bindings = outcomes.flatMap((row) => valuesOf(row, now));
      const result = await db.raw(updateOnMysql(outcomes.length), bindings);
      return Number(result[0].affectedRows);
    }
  }
}

function updateOnMysql(count: number): string {
  const cast = (i: number) => `CAST(? AS ${TYPES[i] === 'integer' ? 'SIGNED' : 'CHAR'})`;
  const first = `SELECT ${NAMES.map((name, i) => `${cast(i)} AS ${name}`).join(', ')}`;
  const other = ` UNION ALL SELECT ${NAMES.map((_, i) => cast(i)).join(', ')}`;
  const set = SET_COLUMNS.replace(/(^|, |\n\s*)(\w+) = /g, '$1d.$2 = ');
  return `UPDATE ${TABLE.deliveries} d JOIN (${first}${other.repeat(count - 1)}) v ON d.id = v.id SET ${set} WHERE ${TAKES_OUTCOME}`;
}

export function outcomesJson(outcomes: readonly OutcomeRow[], now: number): string {
  return JSON.stringify(
    outcomes.map((row) => {
      const values = valuesOf(row, now);
      return Object.fromEntries(NAMES.map((name, i) => [name, values[i]]));
    }),
  );
}

function valuesOf(row: OutcomeRow, now: number): (string | number | null)[] {
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
