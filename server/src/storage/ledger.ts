import type { Knex } from 'knex';
import { dialectOf, insertReturningId, nowMsSql } from './dialect';
import { TABLE } from './tables';

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
  { epoch, leaseMs, openIds }: { epoch: number; leaseMs: number; openIds: readonly number[] },
): Promise<boolean> {
  const now = nowMsSql(db);
  const rows = await db(TABLE.epochs)
    .where({ epoch })
    .whereRaw(`lease_until > ${now}`)
    .update({ open_ids: JSON.stringify(openIds), lease_until: db.raw(`${now} + ?`, [leaseMs]) });
  return rows === 1;
}

/** Narrows the open intents of an epoch whose lease is lost, so that recovery takes only what is still unknown. */
export async function narrowOpenIds(db: Knex, epoch: number, openIds: readonly number[]): Promise<void> {
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

/** The database did not answer a claim: the batch may be ours. Give it back, or it waits for the end of the epoch. */
export class LostClaim extends Error {
  constructor(
    readonly batch: ClaimedBatch,
    cause: Error,
  ) {
    super(cause.message, { cause });
  }
}

/**
 * Takes one due batch of a campaign for an epoch by compare-and-swap; null when there is none.
 * @param except batches that the epoch is giving back: a release that is tried again would free the new claim
 * @throws LostClaim when the reply to the claim is lost
 */
export async function claimBatch(
  db: Knex,
  campaignId: string,
  epoch: number,
  except: Iterable<number> = [],
): Promise<ClaimedBatch | null> {
  for (;;) {
    const open = () => db(TABLE.batches).where({ campaign_id: campaignId, done: false }).whereNull('epoch');
    // Several candidates, one at random: processes that look at the same moment then rarely want the same row.
    const rows: { id: unknown; zone: string | null; turn: unknown }[] = await open()
      .where('next_at', '<=', Date.now())
      .whereNotIn('id', [...except])
      .orderBy(['turn', 'id'])
      .limit(8)
      .select('id', 'zone', 'turn');
    if (rows.length === 0) return null;
    const next = rows.filter(({ turn }) => Number(turn) === Number(rows[0]!.turn));
    const chosen = next[Math.floor(Math.random() * next.length)]!;
    const id = Number(chosen.id);
    const batch = { id, campaignId, zone: chosen.zone };
    const taken = await open()
      .where({ id })
      .whereExists(
        db(TABLE.epochs)
          .where({ epoch })
          .whereRaw(`lease_until > ${nowMsSql(db)}`),
      )
      .update({ epoch })
      .catch((error: Error) => {
        throw new LostClaim(batch, error);
      });
    if (taken === 1) return batch;
    const alive = await db(TABLE.epochs)
      .where({ epoch })
      .whereRaw(`lease_until > ${nowMsSql(db)}`)
      .first('epoch');
    if (!alive) return null;
  }
}

/** Ids as `open_ids` keeps them. */
export function parseIds(text: unknown): number[] {
  return (JSON.parse(String(text)) as unknown[]).map(Number);
}
