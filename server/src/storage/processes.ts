import type { Knex } from 'knex';
import type { ProcessRole, QueueKind } from '../../../shared/contracts';
import { nowMsSql } from './dialect';
import { TABLE } from './tables';

/** How long the row of a process that is gone stays, in milliseconds: an operator wants to see who died. */
const KEPT_MS = 10 * 60_000;

/** What a process tells about itself once. */
export interface ProcessIdentity {
  id: string;
  host: string;
  pid: number;
  role: ProcessRole;
  version: string;
  queue: QueueKind;
}

/** Milliseconds since 1970 by the process's clock; null: not yet. */
export interface ProcessProgress {
  reconciledAt: number | null;
  settledAt: number | null;
}

export interface ProcessRecord extends ProcessIdentity, ProcessProgress {
  startedAt: number;
  seenAt: number;
  /** It was seen lately enough. */
  alive: boolean;
  /** It said that it ends. */
  stopped: boolean;
}

/**
 * Notes that a process lives, and forgets those that are long gone.
 * @param aliveMs it counts as gone when nothing more is heard of it for so long
 */
export async function beat(
  db: Knex,
  { id, ...identity }: ProcessIdentity,
  { reconciledAt, settledAt }: ProcessProgress,
  aliveMs: number,
): Promise<void> {
  const now = nowMsSql(db);
  const seen = {
    seen_at: db.raw(now),
    alive_until: db.raw(`${now} + ?`, [aliveMs]),
    reconciled_at: reconciledAt,
    settled_at: settledAt,
  };
  const known = await db(TABLE.processes).where({ id }).update(seen);
  if (known > 0) return;
  await db(TABLE.processes).whereRaw(`alive_until < ${now} - ?`, [KEPT_MS]).delete();
  await db(TABLE.processes).insert({
    id,
    ...identity,
    host: identity.host.slice(0, 255),
    version: identity.version.slice(0, 32),
    started_at: db.raw(now),
    ...seen,
  });
}

/** Notes that a process ends by itself. */
export async function endProcess(db: Knex, id: string): Promise<void> {
  const now = nowMsSql(db);
  await db(TABLE.processes)
    .where({ id })
    .update({ stopped_at: db.raw(now), seen_at: db.raw(now), alive_until: db.raw(now) });
}

/** Processes that run delivery and those that were seen within the last ten minutes, oldest first. */
export async function listProcesses(db: Knex): Promise<ProcessRecord[]> {
  const now = nowMsSql(db);
  const rows: Record<string, unknown>[] = await db(TABLE.processes)
    .whereRaw(`alive_until >= ${now} - ?`, [KEPT_MS])
    .orderBy(['started_at', 'id'])
    .select('*', db.raw(`CASE WHEN alive_until > ${now} THEN 1 ELSE 0 END AS alive`));
  const time = (value: unknown) => (value === null ? null : Number(value));
  return rows.map((row) => ({
    id: String(row.id),
    host: String(row.host),
    pid: Number(row.pid),
    role: row.role as ProcessRole,
    version: String(row.version),
    queue: row.queue as QueueKind,
    startedAt: Number(row.started_at),
    seenAt: Number(row.seen_at),
    reconciledAt: time(row.reconciled_at),
    settledAt: time(row.settled_at),
    alive: Number(row.alive) === 1,
    stopped: row.stopped_at !== null,
  }));
}

/** Since when something waits that is due, in milliseconds since 1970; null: nothing waits. */
export interface DueSince {
  /** Recipients of campaigns that are being sent. With a pace per hour they wait for hours while all is well. */
  deliveries: number | null;
  /** Confirmations and other single mails. */
  mails: number | null;
  /** Campaigns that should have begun. */
  starts: number | null;
}

/** Reads one index entry per campaign that is being sent. */
export async function dueSince(db: Knex, now: number): Promise<DueSince> {
  const runs = (state: string) =>
    db({ c: TABLE.campaigns })
      .join({ r: TABLE.runs }, 'r.campaign_id', 'c.document_id')
      .where('c.state', state)
      .whereNull('r.ended_at');
  const late = await runs('scheduled').where('r.start_at', '<=', now).min('r.start_at as at').first();
  const sending: { id: string; start_at: unknown; frozen_at: unknown }[] = await runs('sending').select(
    'r.campaign_id as id',
    'r.start_at',
    'r.frozen_at',
  );
  const waiting = await Promise.all(
    sending.map(async ({ id, start_at, frozen_at }) => {
      const batch = await db(TABLE.batches)
        .where({ campaign_id: id, done: false })
        .where('next_at', '<=', now)
        .min('next_at as at')
        .first();
      const at = batch?.at ?? (frozen_at === null ? 0 : null);
      return at === null ? null : Math.max(Number(at), Number(start_at));
    }),
  );
  const mail = await db(TABLE.mails)
    .where({ state: 'queued' })
    .where('next_at', '<=', now)
    .select(db.raw('min(CASE WHEN next_at > created_at THEN next_at ELSE created_at END) as ??', ['at']))
    .first();
  return { deliveries: oldest(waiting), mails: oldest([mail?.at]), starts: oldest([late?.at]) };
}

function oldest(times: unknown[]): number | null {
  const known = times.filter((at) => at !== null && at !== undefined).map(Number);
  return known.length === 0 ? null : Math.min(...known);
}

/** Deliveries that wait for their first or next attempt, by campaigns that are being sent; counted in the index. */
export async function countBacklog(db: Knex): Promise<number> {
  const ids = db(TABLE.campaigns).where({ state: 'sending' }).select('document_id');
  const [row] = (await db(TABLE.deliveries)
    .whereIn('campaign_id', ids)
    .whereIn('state', ['queued', 'deferred'])
    .count({ total: '*' })) as [{ total: number | string }];
  return Number(row.total);
}

/** Number of campaigns in each state that has any. */
export async function countCampaignStates(db: Knex): Promise<Record<string, number>> {
  const rows: { state: string; total: number | string }[] = await db(TABLE.campaigns)
    .groupBy('state')
    .select('state')
    .count({ total: '*' });
  return Object.fromEntries(rows.map((row) => [row.state, Number(row.total)]));
}
