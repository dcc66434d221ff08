import type { Knex } from 'knex';
import { dialectOf, NOW_MS } from './dialect';
import { ledgerTransaction, narrowOpenIds, renewLease } from './ledger';
import { noteFirstTries, outcomesJson, UPDATE_OUTCOMES_PG, writeOutcomes, type OutcomeRow } from './outcomes';
import { TABLE } from './tables';

/** What one epoch commits at once. */
export interface LedgerTick {
  epoch: number;
  leaseMs: number;
  /** Deliveries that want to be admitted. */
  asked: readonly number[];
  /** Deliveries whose intent is committed and whose outcome is not, after these outcomes. */
  open: readonly number[];
  outcomes: readonly OutcomeRow[];
  now: number;
}

export interface LedgerTickResult {
  /** Of those that asked: their intents are committed. Empty when the lease is lost. */
  admitted: Set<number>;
  /** False when the lease has run out: the process is fenced. Its outcomes are written nevertheless. */
  alive: boolean;
  /** Outcomes that a row took; the others had been settled before or were deleted. */
  written: number;
}

/**
 * One group commit: which of the intents may be, the lease together with all open intents, and the outcomes. One
 * statement on PostgreSQL, a transaction elsewhere.
 * @param alongside what belongs into the same transaction
 */
export function commitTick(
  knex: Knex,
  tick: LedgerTick,
  alongside: ((trx: Knex.Transaction) => Promise<void>) | null = null,
): Promise<LedgerTickResult> {
  const isPostgres = dialectOf(knex) === 'postgres';
  const isOneStatement = !alongside && !tick.outcomes.some((row) => row.state === 'deferred');
  if (isPostgres && isOneStatement) return tickOnPostgres(knex, tick);
  return ledgerTransaction(knex, async (trx) => {
    const result = isPostgres ? await tickOnPostgres(trx, tick) : await tickElsewhere(trx, tick);
    if (isPostgres) await noteFirstTries(trx, tick.outcomes, tick.now);
    await alongside?.(trx);
    return result;
  });
}

async function tickElsewhere(trx: Knex.Transaction, tick: LedgerTick): Promise<LedgerTickResult> {
  const { epoch, leaseMs, asked, open, outcomes, now } = tick;
  const admitted = asked.length > 0 ? await admissibleIds(trx, epoch, asked) : new Set<number>();
  const alive = await renewLease(trx, { epoch, leaseMs, openIds: [...open, ...admitted] });
  // A fenced process still knows what was replied to it, and that resolves what recovery put in doubt.
  if (!alive) await narrowOpenIds(trx, epoch, open);
  const written = outcomes.length > 0 ? await writeOutcomes(trx, outcomes, now) : 0;
  return { admitted: alive ? admitted : new Set(), alive, written };
}

/** From a table `c(id)`; its parameter is the epoch. */
const MAY_BE_SENT = `
  JOIN ${TABLE.deliveries} d ON d.id = c.id
  JOIN ${TABLE.batches} b ON b.id = d.batch_id AND b.epoch = ?
  JOIN ${TABLE.subscribers} s ON s.document_id = d.subscriber_id AND s.address_hash = d.address_hash
  WHERE d.state IN ('queued', 'deferred') AND d.email <> '' AND NOT EXISTS
    (SELECT 1 FROM ${TABLE.suppressions} x WHERE x.address_hash = d.address_hash AND x.scope = 'all')`;

const MAY_BE_SENT_PG = `SELECT d.id FROM unnest(?::bigint[]) AS c(id) ${MAY_BE_SENT}`;
const MAY_BE_SENT_SQLITE = `WITH c(id) AS MATERIALIZED (SELECT value FROM json_each(?)) SELECT d.id FROM c ${MAY_BE_SENT.replaceAll(' JOIN ', ' CROSS JOIN ')}`;

/**
 * Of deliveries that are about to be admitted, those that still may: unfinished, their batch still held by the epoch,
 * the person neither deleted (traces.ts takes the address out then) nor their address suppressed or corrected in the
 * seconds since the claim.
 */
export async function admissibleIds(db: Knex, epoch: number, ids: readonly number[]): Promise<Set<number>> {
  const dialect = dialectOf(db);
  if (dialect === 'mysql') return admissibleOnMysql(db, epoch, ids);
  const result = await (dialect === 'postgres'
    ? db.raw(MAY_BE_SENT_PG, [ids, epoch])
    : db.raw(MAY_BE_SENT_SQLITE, [JSON.stringify(ids), epoch]));
  const rows: { id: unknown }[] = dialect === 'postgres' ? result.rows : result;
  return new Set(rows.map((row) => Number(row.id)));
}

/** Strapi's columns have another collation there than ours: a join could not use their index. */
async function admissibleOnMysql(db: Knex, epoch: number, ids: readonly number[]): Promise<Set<number>> {
  const rows: Record<'id' | 'subscriber_id' | 'address_hash', unknown>[] = await db(
    `${TABLE.deliveries} as d`,
  )
    .join(`${TABLE.batches} as b`, 'b.id', 'd.batch_id')
    .leftJoin(`${TABLE.suppressions} as x`, (on) => {
      on.on('x.address_hash', 'd.address_hash').andOnVal('x.scope', 'all');
    })
    .whereIn('d.id', [...ids])
    .whereIn('d.state', ['queued', 'deferred'])
    .where('b.epoch', epoch)
    .whereNot('d.email', '')
    .whereNull('x.address_hash')
    .select('d.id', 'd.subscriber_id', 'd.address_hash');
  if (rows.length === 0) return new Set();
  const people: Record<'document_id' | 'address_hash', unknown>[] = await db(TABLE.subscribers)
    .whereIn(
      'document_id',
      rows.map((row) => String(row.subscriber_id)),
    )
    .select('document_id', 'address_hash');
  const hashes = new Map(people.map((row) => [String(row.document_id), String(row.address_hash)]));
  return new Set(
    rows
      .filter((row) => hashes.get(String(row.subscriber_id)) === String(row.address_hash))
      .map((row) => Number(row.id)),
  );
}
async function tickOnPostgres(db: Knex, tick: LedgerTick): Promise<LedgerTickResult> {
  const { epoch, leaseMs, asked, open, outcomes, now } = tick;
  const result = await db.raw(TICK_PG, [asked, epoch, open, leaseMs, epoch, outcomesJson(outcomes, now)]);
  const row = result.rows[0] as { alive: boolean | null; admitted: number[] | null; written: string };
  const alive = row.alive === true;
  return { alive, admitted: new Set(alive ? row.admitted : []), written: Number(row.written) };
}

/**
 * The parts see the same snapshot. Should recovery bury the epoch at this moment, its row is locked and then gone: no row
 * of `lease` comes back, and nothing is admitted. A lease that ran out is not renewed, but its open intents are narrowed
 * to what is still unknown.
 */
const TICK_PG = `
  WITH clock AS MATERIALIZED (SELECT ${NOW_MS.postgres} AS now),
  admitted AS MATERIALIZED (${MAY_BE_SENT_PG}),
  lease AS (
    UPDATE ${TABLE.epochs} e SET
      open_ids = (SELECT coalesce(json_agg(o.id), '[]')::text FROM (
        SELECT unnest(?::bigint[]) AS id UNION ALL SELECT a.id FROM admitted a WHERE e.lease_until > clock.now) o),
      lease_until = CASE WHEN e.lease_until > clock.now THEN clock.now + ? ELSE e.lease_until END
    FROM clock WHERE e.epoch = ? RETURNING e.lease_until > clock.now AS alive),
  written AS (${UPDATE_OUTCOMES_PG} RETURNING 1)
  SELECT (SELECT alive FROM lease) AS alive, (SELECT json_agg(id) FROM admitted) AS admitted,
    (SELECT count(*) FROM written) AS written`;
