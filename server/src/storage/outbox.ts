import type { Knex } from 'knex';
import type { FiringState } from '../../../shared/contracts';
import { insertReturningId, nowMsSql } from './dialect';
import { TABLE } from './tables';
import { pieces } from './transaction';

/** Which entry fired which rule. `ruleId` is empty without a rule, `locale` for entries that are not localised. */
export interface FiringKey {
  ruleId: string;
  contentType: string;
  entryId: string;
  locale: string;
  /** `first` for a rule that fires once; otherwise names the publication or the wish. */
  occasion: string;
}

/** One row of the outbox; times in milliseconds since 1970. */
export interface FiringRecord extends FiringKey {
  id: number;
  title: string;
  state: FiringState;
  message: string | null;
  released: boolean;
  campaignId: string | null;
  attempt: number;
  createdAt: number;
  madeAt: number | null;
  /** When the campaign goes out, if the rule scheduled it and not a person. */
  scheduledFor: number | null;
  settledAt: number | null;
}

type Row = Record<string, unknown>;
const TITLE_LENGTH = 300;
const MESSAGE_LENGTH = 1000;

/**
 * Writes a pending firing.
 * @returns its id, or null when the same one is there already
 */
export async function insertFiring(
  trx: Knex,
  firing: FiringKey & { title: string; createdAt: number },
): Promise<number | null> {
  const key = keyColumns(firing);
  // The unique key decides; the look first only keeps the usual case from burning an id.
  if ((await trx(TABLE.outbox).where(key).first('id')) !== undefined) return null;
  await trx(TABLE.outbox)
    .insert({
      ...key,
      title: firing.title.slice(0, TITLE_LENGTH),
      state: 'pending',
      created_at: firing.createdAt,
    })
    .onConflict(['rule_id', 'content_type', 'entry_id', 'locale', 'occasion'])
    .ignore();
  const row: { id: number | string } | undefined = await trx(TABLE.outbox)
    .where({ ...key, state: 'pending' })
    .first('id');
  return row ? Number(row.id) : null;
}

/** Records a campaign that a person had made from an entry. @returns the id of the firing */
export async function insertManualFiring(
  trx: Knex,
  firing: FiringKey & { title: string; campaignId: string },
): Promise<number> {
  const now = Date.now();
  return insertReturningId(trx, TABLE.outbox, {
    ...keyColumns(firing),
    title: firing.title.slice(0, TITLE_LENGTH),
    state: 'done',
    released: true,
    campaign_id: firing.campaignId,
    created_at: now,
    made_at: now,
    settled_at: now,
  });
}

export async function findFiring(db: Knex, id: number): Promise<FiringRecord | null> {
  const row: Row | undefined = await db(TABLE.outbox).where({ id }).first();
  return row ? toFiring(row) : null;
}

/** Holds the row until the transaction ends. */
export async function lockFiring(trx: Knex.Transaction, id: number): Promise<FiringRecord | null> {
  const row: Row | undefined = await trx(TABLE.outbox).where({ id }).forUpdate().first();
  return row ? toFiring(row) : null;
}

/**
 * Takes a pending firing for a while, so that other processes leave it alone.
 * @returns it, or null when it is not pending or somebody else has it
 */
export async function claimFiring(db: Knex, id: number, leaseMs: number): Promise<FiringRecord | null> {
  const now = nowMsSql(db);
  const count = await db(TABLE.outbox)
    .where({ id, state: 'pending' })
    .whereRaw(`lease_until <= ${now}`)
    .update({ lease_until: db.raw(`${now} + ?`, [leaseMs]), attempt: db.raw('attempt + 1') });
  return count > 0 ? findFiring(db, id) : null;
}

/** Pending firings that nobody is at, the oldest first. */
export async function dueFirings(db: Knex, limit: number): Promise<number[]> {
  const rows: { id: number | string }[] = await db(TABLE.outbox)
    .where({ state: 'pending' })
    .whereRaw(`lease_until <= ${nowMsSql(db)}`)
    .orderBy('id')
    .limit(limit)
    .select('id');
  return rows.map((row) => Number(row.id));
}

/** Notes the campaign of a firing whose row is held. */
export async function noteCampaign(trx: Knex.Transaction, id: number, campaignId: string): Promise<void> {
  await trx(TABLE.outbox).where({ id }).update({ campaign_id: campaignId, made_at: Date.now() });
}

/**
 * Moves a firing to another state, once.
 * @param change.freesOccasion the entry may fire the rule again
 * @returns false when it is in none of the states `from`
 */
export async function moveFiring(
  db: Knex,
  id: number,
  from: readonly FiringState[],
  change: {
    to: FiringState;
    message?: string | null;
    released?: boolean;
    scheduledFor?: number;
    freesOccasion?: boolean;
  },
): Promise<boolean> {
  const settled = change.to !== 'pending' && change.to !== 'held';
  const count = await db(TABLE.outbox)
    .where({ id })
    .whereIn('state', from)
    .update({
      state: change.to,
      message: change.message?.slice(0, MESSAGE_LENGTH) ?? null,
      settled_at: settled ? Date.now() : null,
      ...(change.to === 'pending' ? { lease_until: 0, attempt: 0 } : {}),
      ...(change.released === undefined ? {} : { released: change.released }),
      ...(change.scheduledFor === undefined ? {} : { scheduled_for: change.scheduledFor }),
      ...(change.freesOccasion ? { occasion: `ended-${id}` } : {}),
    });
  return count > 0;
}

/** All firings of the entries, of each newest first. */
export async function firingsOfEntry(
  db: Knex,
  contentType: string,
  entryIds: readonly string[],
): Promise<FiringRecord[]> {
  const found: FiringRecord[] = [];
  for (const piece of pieces(entryIds)) {
    const rows: Row[] = await db(TABLE.outbox)
      .where({ content_type: contentType })
      .whereIn('entry_id', piece)
      .orderBy('id', 'desc');
    found.push(...rows.map(toFiring));
  }
  return found;
}

/** Different entries, other than this one, of which the rule has made campaigns since. */
export async function entriesSince(
  db: Knex,
  ruleId: string,
  since: number,
  otherThan: string,
): Promise<number> {
  const [row] = (await db(TABLE.outbox)
    .where({ rule_id: ruleId })
    .where('made_at', '>=', since)
    .whereNot({ entry_id: otherThan })
    // A person's wish is no firing.
    .whereNot('occasion', 'like', 'manual-%')
    .countDistinct({ total: 'entry_id' })) as [{ total: number | string }];
  return Number(row.total);
}

/** When each rule fired last. */
export async function lastFirings(db: Knex, ruleIds: readonly string[]): Promise<Map<string, number>> {
  const rows: { rule_id: string; at: number | string }[] = await db(TABLE.outbox)
    .whereIn('rule_id', ruleIds)
    .whereNot('occasion', 'like', 'manual-%')
    .groupBy('rule_id')
    .select('rule_id')
    .max({ at: 'created_at' });
  return new Map(rows.map((row) => [row.rule_id, Number(row.at)]));
}

/** One page, newest first, and the number of all that match. */
export async function pageFirings(
  db: Knex,
  query: {
    state?: FiringState | undefined;
    rule?: string | undefined;
    contentType?: string | undefined;
    page: number;
    pageSize: number;
  },
): Promise<{ rows: FiringRecord[]; total: number }> {
  const matching = db(TABLE.outbox).where((where) => {
    if (query.state) where.where({ state: query.state });
    if (query.rule) where.where({ rule_id: query.rule });
    if (query.contentType) where.where({ content_type: query.contentType });
  });
  const [{ total }] = (await matching.clone().count({ total: '*' })) as [{ total: number | string }];
  const rows: Row[] = await matching
    .orderBy('id', 'desc')
    .limit(query.pageSize)
    .offset((query.page - 1) * query.pageSize);
  return { rows: rows.map(toFiring), total: Number(total) };
}

/** What waits for a person: held firings, and those that failed since. */
export async function firingsToSee(db: Knex, failedSince: number): Promise<{ held: number; failed: number }> {
  const count = async (query: Knex.QueryBuilder) => {
    const [row] = (await query.count({ total: '*' })) as [{ total: number | string }];
    return Number(row.total);
  };
  return {
    held: await count(db(TABLE.outbox).where({ state: 'held' })),
    failed: await count(db(TABLE.outbox).where({ state: 'failed' }).where('settled_at', '>=', failedSince)),
  };
}

const keyColumns = (key: FiringKey) => ({
  rule_id: key.ruleId,
  content_type: key.contentType,
  entry_id: key.entryId,
  locale: key.locale,
  occasion: key.occasion,
});

function toFiring(row: Row): FiringRecord {
  const ms = (value: unknown) => (value === null || value === undefined ? null : Number(value));
  return {
    id: Number(row.id),
    ruleId: String(row.rule_id),
    contentType: String(row.content_type),
    entryId: String(row.entry_id),
    locale: String(row.locale),
    occasion: String(row.occasion),
    title: String(row.title),
    state: row.state as FiringState,
    message: row.message === null ? null : String(row.message),
    released: row.released === true || Number(row.released) === 1,
    campaignId: row.campaign_id === null ? null : String(row.campaign_id),
    attempt: Number(row.attempt),
    createdAt: Number(row.created_at),
    madeAt: ms(row.made_at),
    scheduledFor: ms(row.scheduled_for),
    settledAt: ms(row.settled_at),
  };
}
