import type { Knex } from 'knex';
import { TABLE } from './tables';

/** Counters of one source on one UTC day. */
export interface WarmUpRow {
  day: string;
  step: number;
  quota: number;
  /** When its first message was reserved, milliseconds since 1970; 0: none. */
  startedAt: number;
  reserved: number;
  accepted: number;
  deferred: number;
  hard: number;
  blocked: number;
}

/** The destination of the row that counts everything of a source on a day. */
const ALL = '';

/** The last day of a source that has a row, today's included; null: it has none. */
export async function lastWarmUpDay(db: Knex, source: string): Promise<WarmUpRow | null> {
  const row: Record<string, unknown> | undefined = await db(TABLE.warmUps)
    .where({ source, destination: ALL })
    .orderBy('day', 'desc')
    .first();
  return row ? toRow(row) : null;
}

/** Begins a day; a process that was faster wins. */
export async function beginWarmUpDay(
  db: Knex,
  source: string,
  { day, step, quota }: Pick<WarmUpRow, 'day' | 'step' | 'quota'>,
): Promise<void> {
  await db(TABLE.warmUps)
    .insert({ source, day, destination: ALL, step, quota })
    .onConflict(['source', 'day', 'destination'])
    .ignore();
}

/**
 * Takes messages of a day, unless another process took some since the row was read.
 * @returns false when the row was changed: read it again
 */
export async function reserveWarmUp(
  db: Knex,
  source: string,
  { day, reserved, startedAt }: Pick<WarmUpRow, 'day' | 'reserved' | 'startedAt'>,
  count: number,
  now: number,
): Promise<boolean> {
  const changed = await db(TABLE.warmUps)
    .where({ source, day, destination: ALL, reserved })
    .update({ reserved: reserved + count, started_at: startedAt || now });
  return changed > 0;
}

/** What happened since the last call. */
export interface WarmUpCounts {
  /** Reserved, but not used. */
  unused: number;
  accepted: number;
  deferred: number;
  hard: number;
  blocked: number;
  /** Messages by destination. */
  destinations: ReadonlyMap<string, number>;
}

export async function addWarmUpCounts(
  db: Knex,
  source: string,
  day: string,
  { unused, accepted, deferred, hard, blocked, destinations }: WarmUpCounts,
): Promise<void> {
  const plus = (column: string, by: number) => db.raw('?? + ?', [column, by]);
  await db(TABLE.warmUps)
    .where({ source, day, destination: ALL })
    .update({
      reserved: plus('reserved', -unused),
      accepted: plus('accepted', accepted),
      deferred: plus('deferred', deferred),
      hard: plus('hard', hard),
      blocked: plus('blocked', blocked),
    });
  for (const [destination, count] of destinations) {
    const key = { source, day, destination };
    const changed = await db(TABLE.warmUps)
      .where(key)
      .update({ reserved: plus('reserved', count) });
    if (changed > 0) continue;
    await db(TABLE.warmUps).insert(key).onConflict(['source', 'day', 'destination']).ignore();
    await db(TABLE.warmUps)
      .where(key)
      .update({ reserved: plus('reserved', count) });
  }
}

/** Destinations that got at least so many messages of a source on a day, over all processes. */
export async function warmUpDestinations(
  db: Knex,
  source: string,
  day: string,
  atLeast: number,
): Promise<Map<string, number>> {
  const rows: { destination: string; reserved: unknown }[] = await db(TABLE.warmUps)
    .where({ source, day })
    .whereNot({ destination: ALL })
    .where('reserved', '>=', atLeast)
    .select('destination', 'reserved');
  return new Map(rows.map(({ destination, reserved }) => [destination, Number(reserved)]));
}

/** People who complained about a source's mail of a UTC day; found through the complaints, of which there are few. */
export async function complaintsOfDay(
  db: Knex,
  source: string,
  from: number,
  until: number,
): Promise<number> {
  const row: { people?: unknown } | undefined = await db({ e: TABLE.events })
    .join({ d: TABLE.deliveries }, 'd.id', 'e.delivery_id')
    .whereIn(
      'e.campaign_id',
      db(TABLE.runs).whereNull('ended_at').orWhere('ended_at', '>=', from).select('campaign_id'),
    )
    .where('e.type', 'complaint')
    .where('d.transport', source)
    .where('d.settled_at', '>=', from)
    .where('d.settled_at', '<', until)
    .countDistinct({ people: 'd.id' })
    .first();
  return Number(row?.people ?? 0);
}

/** Forgets destinations of days before, and days of which nothing depends any more. */
export async function tidyWarmUps(db: Knex, today: string, yearAgo: string): Promise<void> {
  await db(TABLE.warmUps).where('day', '<', today).whereNot({ destination: ALL }).delete();
  await db(TABLE.warmUps).where('day', '<', yearAgo).delete();
}

function toRow(row: Record<string, unknown>): WarmUpRow {
  return {
    day: String(row.day),
    step: Number(row.step),
    quota: Number(row.quota),
    startedAt: Number(row.started_at),
    reserved: Number(row.reserved),
    accepted: Number(row.accepted),
    deferred: Number(row.deferred),
    hard: Number(row.hard),
    blocked: Number(row.blocked),
  };
}
