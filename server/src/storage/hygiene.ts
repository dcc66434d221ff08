import { createId } from '@paralleldrive/cuid2';
import type { Knex } from 'knex';
import {
  HYGIENE_KINDS,
  type HygieneKind,
  type HygieneState,
  type RuleGroup,
  type SunsetSettings,
} from '../../../shared/contracts';
import { nowMsSql } from './dialect';
import { TABLE } from './tables';

/** Whom a check looks at, as it was when the check began. `now`: what relative dates count from, ms since 1970. */
export type HygieneTarget =
  | { kind: 'all' }
  | { kind: 'list'; id: string; name: string }
  | { kind: 'import'; id: string; name: string }
  | { kind: 'segment'; id: string; name: string; rules: RuleGroup; now: number }
  | ({ kind: 'sunset'; now: number } & Omit<SunsetSettings, 'automatic'>);

export type HygieneCounts = Record<HygieneKind, { found: number; open: number }>;

/** A check as its table has it. Times in milliseconds since 1970. */
export interface HygieneRunRow {
  id: string;
  state: HygieneState;
  target: HygieneTarget;
  dns: boolean;
  createdBy: string | null;
  /** Row id of the last subscriber that was looked at, and where the check ends. */
  cursor: number;
  lastRow: number;
  people: number;
  counts: HygieneCounts;
  domainsAsked: number;
  domainsUnknown: number;
  /** Runs that broke off since the last committed page. */
  attempts: number;
  error: string | null;
  createdAt: number;
  endedAt: number | null;
}

const BUSY: HygieneState[] = ['running', 'acting'];

export const noFindings = (): HygieneCounts =>
  Object.fromEntries(HYGIENE_KINDS.map((kind) => [kind, { found: 0, open: 0 }])) as HygieneCounts;

/** Begins a check over everybody who is there now. @returns its id; null: another one is running or acting */
export async function insertHygieneRun(
  db: Knex,
  fresh: { target: HygieneTarget; dns: boolean; createdBy: string | null },
): Promise<string | null> {
  if (await db(TABLE.hygieneRuns).whereIn('state', BUSY).first('id')) return null;
  const last: { id?: number | null } | undefined = await db(TABLE.subscribers).max({ id: 'id' }).first();
  const id = createId();
  await db(TABLE.hygieneRuns).insert({
    id,
    state: 'running',
    scope: JSON.stringify(fresh.target),
    dns: fresh.dns,
    created_by: fresh.createdBy?.slice(0, 255) ?? null,
    last_row: last?.id ?? 0,
    counts: JSON.stringify(noFindings()),
    created_at: Date.now(),
  });
  return id;
}

export async function findHygieneRun(db: Knex, id: string): Promise<HygieneRunRow | null> {
  const row: Row | undefined = await db(TABLE.hygieneRuns).where({ id }).first();
  return row ? toRun(row) : null;
}

/** One page, newest first. */
export async function pageHygieneRuns(
  db: Knex,
  { page, pageSize }: { page: number; pageSize: number },
): Promise<{ rows: HygieneRunRow[]; total: number }> {
  const rows: Row[] = await db(TABLE.hygieneRuns)
    .orderBy([
      { column: 'created_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(pageSize)
    .offset((page - 1) * pageSize);
  const counted = await db(TABLE.hygieneRuns).count({ total: '*' }).first();
  return { rows: rows.map(toRun), total: Number(counted?.total ?? 0) };
}

/** The newest check of the sunset rule. */
export async function lastSunsetRun(db: Knex): Promise<HygieneRunRow | null> {
  const rows: Row[] = await db(TABLE.hygieneRuns).orderBy('created_at', 'desc').limit(200);
  return rows.map(toRun).find(({ target }) => target.kind === 'sunset') ?? null;
}

/** The oldest check that runs or acts and that no live process has; null, too, while a process has one. */
export async function abandonedHygieneRun(db: Knex): Promise<string | null> {
  const rows: { id: string; held: unknown }[] = await db(TABLE.hygieneRuns)
    .whereIn('state', BUSY)
    .orderBy('created_at')
    .select('id', db.raw(`case when lease_until > ${nowMsSql(db)} then 1 else 0 end as held`));
  return rows.some(({ held }) => Number(held) === 1) ? null : (rows[0]?.id ?? null);
}

/** Takes a check that no live process has; false: another one was faster, or it has ended. */
export async function takeHygieneRun(
  db: Knex,
  id: string,
  runner: string,
  leaseMs: number,
): Promise<boolean> {
  const changed = await db(TABLE.hygieneRuns)
    .where({ id })
    .whereIn('state', BUSY)
    .where('lease_until', '<=', db.raw(nowMsSql(db)))
    .update({ runner, lease_until: lease(db, leaseMs), attempts: db.raw('attempts + 1') });
  return changed === 1;
}

/** Renews the lease; called first in each page's transaction, it locks the check. @returns false: no longer held */
export async function holdHygieneRun(
  db: Knex,
  id: string,
  runner: string,
  leaseMs: number,
): Promise<boolean> {
  const changed = await db(TABLE.hygieneRuns)
    .where({ id, runner })
    .whereIn('state', BUSY)
    .update({ lease_until: lease(db, leaseMs) });
  return changed === 1;
}

/** Gives a check back, so that any process may take it after `pauseMs`. */
export async function releaseHygieneRun(
  db: Knex,
  id: string,
  runner: string,
  pauseMs: number,
): Promise<void> {
  await db(TABLE.hygieneRuns)
    .where({ id, runner })
    .whereIn('state', BUSY)
    .update({ lease_until: lease(db, pauseMs), runner: null });
}

const lease = (db: Knex, ms: number) => db.raw(`${nowMsSql(db)} + ${Math.round(ms)}`);

/** What one page did; `counts` are the sums with it. */
export type HygieneProgress = Pick<
  HygieneRunRow,
  'cursor' | 'people' | 'counts' | 'domainsAsked' | 'domainsUnknown'
>;

/** Stores where the check is, in the transaction of the page. */
export async function saveHygieneProgress(
  trx: Knex.Transaction,
  id: string,
  now: HygieneProgress,
): Promise<void> {
  await trx(TABLE.hygieneRuns)
    .where({ id })
    .update({
      cursor: now.cursor,
      people: now.people,
      counts: JSON.stringify(now.counts),
      domains_asked: now.domainsAsked,
      domains_unknown: now.domainsUnknown,
      attempts: 0,
    });
}

/**
 * Moves a check on.
 * @param options.runner only if this process holds it
 * @returns false when it is in none of the states `from`, or another process holds it
 */
export async function moveHygieneRun(
  db: Knex,
  id: string,
  from: readonly HygieneState[],
  to: HygieneState,
  { error = null, runner }: { error?: string | null; runner?: string } = {},
): Promise<boolean> {
  const changed = await db(TABLE.hygieneRuns)
    .where({ id, ...(runner === undefined ? {} : { runner }) })
    .whereIn('state', [...from])
    .update({
      state: to,
      error: error?.slice(0, 1000) ?? null,
      attempts: 0,
      lease_until: 0,
      ...(to === 'acting' ? {} : { ended_at: Date.now() }),
    });
  return changed === 1;
}

/** Deletes a check that neither runs nor acts, with its findings and what was decided about them. */
export async function deleteHygieneRun(db: Knex, id: string): Promise<boolean> {
  const deleted = await db(TABLE.hygieneRuns).where({ id }).whereNotIn('state', BUSY).delete();
  if (deleted === 0) return false;
  await db(TABLE.hygieneActions).where({ run_id: id }).delete();
  return true;
}

type Row = Record<string, unknown>;

function toRun(row: Row): HygieneRunRow {
  const number = (name: string) => Number(row[name] ?? 0);
  return {
    id: String(row.id),
    state: row.state as HygieneState,
    target: JSON.parse(String(row.scope)) as HygieneTarget,
    dns: Boolean(row.dns),
    createdBy: (row.created_by ?? null) as string | null,
    cursor: number('cursor'),
    lastRow: number('last_row'),
    people: number('people'),
    // Kinds that a later version adds are missing in older rows.
    counts: { ...noFindings(), ...(JSON.parse(String(row.counts)) as Partial<HygieneCounts>) },
    domainsAsked: number('domains_asked'),
    domainsUnknown: number('domains_unknown'),
    attempts: number('attempts'),
    error: (row.error ?? null) as string | null,
    createdAt: number('created_at'),
    endedAt: row.ended_at === null || row.ended_at === undefined ? null : Number(row.ended_at),
  };
}
