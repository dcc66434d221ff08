import type { Knex } from 'knex';
import type { ResolvedAudience } from '../../../shared/contracts';
import { dialectOf } from './dialect';
import { inSlices } from './slices';
import { batchesInSlots, newBatches, type BatchGroup, type BatchPart } from './batches';
import { segmentCondition, type Reach } from './segments';
import { TABLE } from './tables';
import { pieces } from './transaction';

/** A person whom the audience includes and does not exclude. */
export interface Candidate {
  /** Row number in the subscribers' table: the cursor of the freeze. */
  row: number;
  subscriberId: string;
  email: string;
  emailKey: string;
  addressHash: string;
  language: string | null;
  timezone: string | null;
  /** Why nothing may be sent to them: their status, or `suppressed`; null: mailable. */
  refusal: string | null;
}

/** How the database is to look at people, and the instant that relative dates of segments count from. */
interface Look {
  reach: Reach;
  now: number;
}

/** A person counts once, however many of the lists and segments they are in: probes, no join. */
function matching(db: Knex, { include, exclude }: ResolvedAudience, look: Look): Knex.QueryBuilder {
  const query = db({ s: TABLE.subscribers });
  const included = conditions(db, include, look);
  if (included.length === 0) return query.whereRaw('1 = 0');
  void query.where((any) => {
    for (const condition of included) void any.orWhere(condition);
  });
  for (const condition of conditions(db, exclude, look)) void query.whereNot(condition);
  return query;
}

/** One for the lists together, and one for each segment. */
function conditions(db: Knex, { lists, segments }: ResolvedAudience['include'], look: Look): Knex.Raw[] {
  const inSegments = segments.map(({ rules }) => segmentCondition(db, rules, look));
  return lists.length === 0 ? inSegments : [isOn(db, lists, 'subscribed', look.reach), ...inSegments];
}

/** Whether a person has a subscription of this status to one of the lists. */
function isOn(
  db: Knex,
  lists: readonly string[],
  status: 'subscribed' | 'unsubscribed',
  reach: Reach,
): Knex.Raw {
  const found = db({ x: TABLE.subscriptions })
    .select('x.id')
    .whereRaw('x.subscriber_id = s.document_id')
    .where('x.status', status)
    .whereIn('x.list_id', lists as string[]);
  return reach === 'all' ? db.raw('exists ?', [found]) : db.raw('? is not null', [found.limit(1)]);
}

/**
 * Why nothing may be sent to a person, null: they are mailable. A segment finds people by what they are, so that it
 * can find somebody who has left the list that the mail is in the name of: they stay left.
 */
function refusal(db: Knex, { include }: ResolvedAudience, { reach }: Look): Knex.Raw {
  const suppression = `select p.reason from ${TABLE.suppressions} p where p.address_hash = s.address_hash and p.scope = 'all'`;
  const suppressed = reach === 'all' ? `exists (${suppression})` : `(${suppression}) is not null`;
  const left =
    include.segments.length > 0 && include.lists.length > 0
      ? [isOn(db, include.lists, 'unsubscribed', reach), isOn(db, include.lists, 'subscribed', reach)]
      : [];
  return db.raw(
    `case when s.status <> 'subscribed' then s.status when ${suppressed} then 'suppressed'${
      left.length > 0 ? " when ? and not ? then 'left-list'" : ''
    } end as refusal`,
    left,
  );
}

/** The candidates with row numbers above `after` and up to `end`. */
export function candidatesQuery(
  db: Knex,
  audience: ResolvedAudience,
  after: number,
  end: number | null,
  now: number,
): Knex.QueryBuilder {
  const look: Look = { reach: 'page', now };
  const page = matching(db, audience, look).where('s.id', '>', after);
  if (end !== null) page.where('s.id', '<=', end);
  return page
    .orderBy('s.id')
    .select('s.id', 's.document_id', 's.email', 's.email_key', 's.address_hash', 's.language', 's.timezone')
    .select(refusal(db, audience, look));
}

/**
 * The candidates among the next `span` subscribers after a row. The work is bounded by the people looked at, not by
 * those found, so that a small list in a large table does not hold the database in one long query.
 * @returns `end`: where the next page starts; null when this was the last one
 */
export async function candidatesAfter(
  db: Knex,
  audience: ResolvedAudience,
  after: number,
  span: number,
  now: number,
): Promise<{ candidates: Candidate[]; end: number | null }> {
  const last: { id: number | string } | undefined = await db(TABLE.subscribers)
    .where('id', '>', after)
    .orderBy('id')
    .offset(span - 1)
    .first('id');
  const end = last ? Number(last.id) : null;
  const rows: Record<string, unknown>[] = await candidatesQuery(db, audience, after, end, now);
  return { candidates: rows.map(toCandidate), end };
}

/**
 * People by what would become of them, and distinct addresses among the mailable ones. SQLite counts in slices: keys of
 * addresses are unique, so that the addresses of the slices add up.
 */
export async function countCandidates(
  db: Knex,
  audience: ResolvedAudience,
  now: number,
): Promise<{ matched: number; refused: number; addresses: number }> {
  const sum = { matched: 0, refused: 0, addresses: 0 };
  await eachPart(db, audience, now, async (people) => {
    const row: Record<string, unknown> | undefined = await db
      .from(people.select('s.email_key').as('people'))
      .select(db.raw('count(*) as matched'))
      .select(db.raw('count(refusal) as refused'))
      .select(db.raw('count(distinct case when refusal is null then email_key end) as addresses'))
      .first();
    sum.matched += Number(row?.matched);
    sum.refused += Number(row?.refused);
    sum.addresses += Number(row?.addresses);
  });
  return sum;
}

/** Mailable people of an audience by their time zone (null: not known): a handful of rows, however many people. */
export async function countZones(
  db: Knex,
  audience: ResolvedAudience,
  now: number,
): Promise<{ zone: string | null; people: number }[]> {
  const zones = new Map<string | null, number>();
  await eachPart(db, audience, now, async (people) => {
    const rows: { timezone: string | null; people: number | string }[] = await db
      .from(people.select('s.timezone').as('people'))
      .whereNull('refusal')
      .groupBy('timezone')
      .select('timezone')
      .count({ people: '*' });
    for (const { timezone, people: more } of rows)
      zones.set(timezone || null, (zones.get(timezone || null) ?? 0) + Number(more));
  });
  return [...zones].map(([zone, people]) => ({ zone, people }));
}

/** The people of an audience with their refusal: all at once, or on SQLite, which runs in the event loop, in slices. */
async function eachPart(
  db: Knex,
  audience: ResolvedAudience,
  now: number,
  count: (people: Knex.QueryBuilder) => Promise<void>,
): Promise<void> {
  const look: Look = { reach: 'all', now };
  const people = () => matching(db, audience, look).select(refusal(db, audience, look));
  if (dialectOf(db) !== 'sqlite') return count(people());
  await inSlices(db, (after, end) => count(people().where('s.id', '>', after).where('s.id', '<=', end)));
}

export interface FrozenPage {
  campaignId: string;
  candidates: readonly Candidate[];
  defaultLanguage: string;
  batchSize: number;
  now: number;
  /** Puts the mailable ones into groups that are due together; without it, all of them are due at once. */
  groups?: (mailable: readonly Candidate[]) => BatchGroup[];
  /** Whose batches are claimed first, by subscriberId; without it, in the order of the freeze. */
  turns?: ReadonlyMap<string, number>;
}

/**
 * Gives each candidate a delivery row: queued in batches, or skipped at once with the reason. Who has a row already
 * (an address that moved to another person while freezing, or was erased and added again) keeps that one.
 */
export async function insertDeliveries(trx: Knex.Transaction, page: FrozenPage): Promise<void> {
  const mailable = page.candidates.filter((candidate) => candidate.refusal === null);
  const refused = page.candidates.filter((candidate) => candidate.refusal !== null);
  const { campaignId, batchSize, now } = page;
  const parts: BatchPart[] = [];
  if (page.groups) {
    const groups = page.groups(mailable).flatMap((group) => inTurns(group, page.turns));
    parts.push(...(await batchesInSlots(trx, campaignId, groups, batchSize, now)));
  } else {
    for (const [turn, candidates] of byTurn(mailable, page.turns))
      parts.push(...(await newBatches(trx, campaignId, candidates, batchSize, undefined, turn)));
  }
  await insertRows(trx, page, [...parts, { batchId: NO_BATCH, nextAt: 0, candidates: refused }]);
}

function inTurns({ slot, candidates }: BatchGroup, turns: FrozenPage['turns']): BatchGroup[] {
  return byTurn(candidates, turns).map(([turn, some]) => ({ slot: { ...slot, turn }, candidates: some }));
}

function byTurn(candidates: readonly Candidate[], turns: FrozenPage['turns']): [number, Candidate[]][] {
  const groups = new Map<number, Candidate[]>();
  for (const candidate of candidates) {
    const turn = turns?.get(candidate.subscriberId) ?? 0;
    const group = groups.get(turn);
    if (group) group.push(candidate);
    else groups.set(turn, [candidate]);
  }
  return [...groups].sort(([a], [b]) => a - b);
}

/** Skipped rows belong to no batch: nobody has to claim them. */
const NO_BATCH = 0;

/** What the rows of a page differ in; they share the campaign and the instant. */
const COLUMNS = {
  batch_id: 'bigint',
  subscriber_id: 'text',
  email: 'text',
  email_key: 'text',
  address_hash: 'text',
  language: 'text',
  state: 'text',
  reason: 'text',
  next_at: 'bigint',
  settled_at: 'bigint',
} as const;
const NAMES = Object.keys(COLUMNS) as (keyof typeof COLUMNS)[];
type Row = Record<keyof typeof COLUMNS, string | number | null>;

const INSERT = `INSERT INTO ${TABLE.deliveries} (campaign_id, created_at, ${NAMES.join(', ')})`;
/** One parameter for all rows: a value each to bind and to parse costs more than writing the rows. */
const INSERT_PG = `${INSERT} SELECT ?, ?::bigint, ${NAMES.map((name) => `v.${name}`).join(', ')}
  FROM json_to_recordset(?::json) AS v(${NAMES.map((name) => `${name} ${COLUMNS[name]}`).join(', ')})
  ON CONFLICT DO NOTHING`;
/** `WHERE true` tells its parser that no join condition follows. */
const INSERT_SQLITE = `${INSERT} SELECT ?, ?, ${NAMES.map((name) => `value ->> '${name}'`).join(', ')}
  FROM json_each(?) WHERE true ON CONFLICT DO NOTHING`;

async function insertRows(
  trx: Knex.Transaction,
  page: FrozenPage,
  parts: readonly BatchPart[],
): Promise<void> {
  const rows = parts.flatMap(({ candidates, ...part }) =>
    candidates.map((candidate) => rowOf(page, part, candidate)),
  );
  if (rows.length === 0) return;
  const { campaignId, now } = page;
  switch (dialectOf(trx)) {
    case 'postgres':
      return void (await trx.raw(INSERT_PG, [campaignId, now, JSON.stringify(rows)]));
    case 'sqlite':
      return void (await trx.raw(INSERT_SQLITE, [campaignId, now, JSON.stringify(rows)]));
    case 'mysql':
      for (const some of pieces(rows)) {
        const full = some.map((row) => ({ campaign_id: campaignId, created_at: now, ...row }));
        await trx(TABLE.deliveries).insert(full).onConflict().ignore();
      }
  }
}

/** One tag that is too long (from another plugin, say) must not end the freeze for everybody. */
const fitting = (language: string) =>
  language.length > 35 ? Array.from(language).slice(0, 35).join('') : language;

const rowOf = (
  page: FrozenPage,
  { batchId, nextAt }: Omit<BatchPart, 'candidates'>,
  candidate: Candidate,
): Row => ({
  batch_id: batchId,
  subscriber_id: candidate.subscriberId,
  email: candidate.email,
  email_key: candidate.emailKey,
  address_hash: candidate.addressHash,
  language: fitting(candidate.language ?? page.defaultLanguage),
  state: candidate.refusal === null ? 'queued' : 'skipped',
  reason: candidate.refusal,
  next_at: nextAt,
  settled_at: candidate.refusal === null ? null : page.now,
});

/**
 * Moves the cursor, or with `end` null marks the audience as complete.
 * @returns false when another process moved it meanwhile
 */
export async function moveCursor(
  trx: Knex.Transaction,
  campaignId: string,
  from: number,
  end: number | null,
  now: number,
): Promise<boolean> {
  const open = trx(TABLE.runs)
    .where({ campaign_id: campaignId, frozen_cursor: from })
    .whereNull('frozen_at')
    .whereNull('ended_at');
  if (end !== null) return (await open.update({ frozen_cursor: end })) > 0;
  const [{ total }] = (await trx(TABLE.deliveries)
    .where({ campaign_id: campaignId })
    .count({ total: '*' })) as [{ total: number | string }];
  return (await open.update({ frozen_at: now, candidates: Number(total) })) > 0;
}

function toCandidate(row: Record<string, unknown>): Candidate {
  return {
    row: Number(row.id),
    subscriberId: String(row.document_id),
    email: String(row.email),
    emailKey: String(row.email_key),
    addressHash: String(row.address_hash),
    language: row.language ? String(row.language) : null,
    timezone: row.timezone ? String(row.timezone) : null,
    refusal: row.refusal === null ? null : String(row.refusal),
  };
}
