import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import type {
  FeedbackKind,
  FeedbackOutcome,
  FeedbackWay,
  Reason,
  ReplyClass,
  Severity,
} from '../../../shared/contracts';
import { dialectOf } from './dialect';
import { TABLE } from './tables';
import { pieces } from './transaction';

type Row = Record<string, unknown>;

/** One thing that came back, as it is recorded. Times in milliseconds since 1970. */
export interface FeedbackRecord {
  id: number;
  way: FeedbackWay;
  source: string;
  kind: FeedbackKind;
  result: FeedbackOutcome;
  why: string;
  proof: string | null;
  deliveryId: number | null;
  campaignId: string | null;
  subscriberId: string | null;
  addressHash: string | null;
  recipient: string | null;
  reason: Reason;
  class: ReplyClass;
  severity: Severity;
  replyCode: number | null;
  status: string | null;
  text: string | null;
  reporter: string | null;
  feedbackType: string | null;
  evidence: string | null;
  at: number;
  receivedAt: number;
  /** Name of the admin who let it count or put it away; null: nobody had to decide. */
  decidedBy: string | null;
}
export type NewFeedback = Omit<FeedbackRecord, 'id' | 'decidedBy'> & { eventId: string };

/** The same event of the same source has the same key, of a length that every index takes. */
const eventKey = (way: string, name: string, eventId: string) =>
  createHash('sha256').update([way, name, eventId].join('\0')).digest('hex');

/** @returns its id; null when the same event of the same source was recorded before */
export async function insertFeedback(db: Knex, record: NewFeedback): Promise<number | null> {
  const insert = db(TABLE.feedback).insert(columns(record)).onConflict('event_key').ignore();
  if (dialectOf(db) === 'mysql') {
    // `insert ignore` answers with the id 0 when it did nothing.
    const [id]: number[] = await insert;
    return id || null;
  }
  const [row]: { id: number | string }[] = await insert.returning('id');
  return row ? Number(row.id) : null;
}

/** Which of these events are recorded. @returns indexes into `events` */
export async function knownEvents(
  db: Knex,
  events: readonly { way: FeedbackWay; name: string; eventId: string }[],
): Promise<Set<number>> {
  const keys = events.map(({ way, name, eventId }) => eventKey(way, name, eventId));
  const found = new Set<string>();
  for (const some of pieces(keys)) {
    const rows: { event_key: string }[] = await db(TABLE.feedback)
      .whereIn('event_key', some)
      .select('event_key');
    for (const row of rows) found.add(row.event_key);
  }
  return new Set(keys.flatMap((key, i) => (found.has(key) ? [i] : [])));
}

/** Kinds of feedback that had their effect on these deliveries, or wait for a person who decides about it. */
export async function feedbackEffects(
  db: Knex,
  deliveryIds: readonly number[],
): Promise<Map<number, Set<FeedbackKind>>> {
  const found = new Map<number, Set<FeedbackKind>>();
  for (const ids of pieces(deliveryIds)) {
    const rows: { delivery_id: number | string; kind: FeedbackKind }[] = await db(TABLE.feedback)
      .whereIn('delivery_id', ids)
      .whereIn('kind', ['bounce', 'complaint'])
      .whereIn('result', ['applied', 'held'])
      .select('delivery_id', 'kind');
    for (const row of rows) {
      const id = Number(row.delivery_id);
      found.set(id, (found.get(id) ?? new Set()).add(row.kind));
    }
  }
  return found;
}

/** How many rows there are of each of these deliveries. */
export async function countFeedbackOf(
  db: Knex,
  deliveryIds: readonly number[],
): Promise<Map<number, number>> {
  const counts = new Map<number, number>();
  for (const ids of pieces(deliveryIds)) {
    const rows: { delivery_id: number | string; n: number | string }[] = await db(TABLE.feedback)
      .whereIn('delivery_id', ids)
      .groupBy('delivery_id')
      .select('delivery_id')
      .count({ n: '*' });
    for (const row of rows) counts.set(Number(row.delivery_id), Number(row.n));
  }
  return counts;
}

/** Whether so many unmatched items are kept, or more: from newsletter_feedback_result_idx. */
export async function isFullOfUnmatched(db: Knex, limit: number): Promise<boolean> {
  const rows: unknown[] = await db(TABLE.feedback)
    .where({ result: 'unmatched' })
    .orderBy('id')
    .offset(limit - 1)
    .limit(1)
    .select('id');
  return rows.length > 0;
}

/**
 * How many hard bounces each of these reporters sent since a time, held ones included.
 * @param reporters null: those that do not name themselves, as one
 */
export async function hardBouncesOf(
  db: Knex,
  reporters: readonly (string | null)[],
  since: number,
): Promise<Map<string | null, number>> {
  const counts = new Map<string | null, number>();
  for (const some of pieces(reporters)) {
    const named = some.filter((one) => one !== null);
    const rows: { reporter: string | null; n: number | string }[] = await db(TABLE.feedback)
      .where((any) => {
        void any.whereIn('reporter', named);
        if (named.length < some.length) void any.orWhereNull('reporter');
      })
      .andWhere('received_at', '>=', since)
      .andWhere({ severity: 'hard', kind: 'bounce' })
      .whereIn('result', ['applied', 'held'])
      .groupBy('reporter')
      .select('reporter')
      .count({ n: '*' });
    for (const row of rows) counts.set(row.reporter, Number(row.n));
  }
  return counts;
}

/**
 * Items that wait for a person, oldest first, locked until the transaction ends.
 * @param wanted by id, all of one reporter (null: those without one), or all with one result
 */
export async function lockWaitingFeedback(
  trx: Knex.Transaction,
  wanted: { ids: number[] } | { reporter: string | null } | { result: 'unmatched' },
  results: readonly ('held' | 'unmatched')[],
  limit: number,
): Promise<FeedbackRecord[]> {
  const query = trx(TABLE.feedback).whereIn('result', [...results]);
  if ('ids' in wanted) void query.whereIn('id', wanted.ids);
  else if ('result' in wanted) void query.where({ result: wanted.result });
  else if (wanted.reporter === null) void query.whereNull('reporter');
  else void query.where({ reporter: wanted.reporter });
  const rows: Row[] = await query.orderBy('id').limit(limit).forUpdate();
  return rows.map(toFeedback);
}

/** Says more exactly what items did. */
export async function setFeedbackWhy(db: Knex, ids: readonly number[], why: string): Promise<void> {
  for (const some of pieces(ids)) await db(TABLE.feedback).whereIn('id', some).update({ why });
}

/** Records what a held or unmatched item came to, and who said so; the recipient's address is kept no longer. */
export async function decideFeedback(
  db: Knex,
  id: number,
  { result, why, decidedBy }: Pick<FeedbackRecord, 'result' | 'why' | 'decidedBy'>,
): Promise<void> {
  await db(TABLE.feedback)
    .where({ id })
    .update({ result, why, decided_by: decidedBy?.slice(0, 100) ?? null, recipient: null });
}

/** Takes people out of what came back about them. Counts stay. */
export async function anonymiseFeedback(db: Knex, subscriberIds: readonly string[]): Promise<void> {
  for (const ids of pieces(subscriberIds)) {
    await db(TABLE.feedback)
      .whereIn('subscriber_id', ids)
      .update({ subscriber_id: null, recipient: null, reply_text: null, evidence: null });
  }
}

/**
 * The same for reports that only name the address: of deliveries that are gone, of a provider, or of nobody that could be
 * proven.
 */
export async function anonymiseReports(
  db: Knex,
  people: readonly { addressHash: string; emailKey: string }[],
): Promise<void> {
  for (const some of pieces(people)) {
    await db(TABLE.feedback)
      .whereNull('subscriber_id')
      .andWhere((any) => {
        void any
          .whereIn(
            'address_hash',
            some.map(({ addressHash }) => addressHash),
          )
          .orWhereRaw(
            `lower(recipient) in (${some.map(() => '?').join()})`,
            some.map(({ emailKey }) => emailKey),
          );
      })
      .update({ recipient: null, reply_text: null, evidence: null });
  }
}

function columns(record: NewFeedback): Row {
  return {
    event_key: eventKey(record.way, record.source, record.eventId),
    way: record.way,
    source: record.source.slice(0, 100),
    kind: record.kind,
    result: record.result,
    why: record.why.slice(0, 40),
    proof: record.proof,
    delivery_id: record.deliveryId,
    campaign_id: record.campaignId,
    subscriber_id: record.subscriberId,
    address_hash: record.addressHash,
    recipient: record.recipient?.slice(0, 320) ?? null,
    reason: record.reason,
    class: record.class,
    severity: record.severity,
    reply_code: record.replyCode,
    reply_status: record.status?.slice(0, 16) ?? null,
    reply_text: record.text?.slice(0, 500) ?? null,
    reporter: record.reporter?.toLowerCase().slice(0, 255) ?? null,
    feedback_type: record.feedbackType?.slice(0, 32) ?? null,
    evidence: record.evidence?.slice(0, EVIDENCE) ?? null,
    at: record.at,
    received_at: record.receivedAt,
  };
}

const EVIDENCE = 4000;

export function toFeedback(row: Row): FeedbackRecord {
  const text = (name: string) => (row[name] ?? null) as string | null;
  const number = (name: string) => (row[name] === null || row[name] === undefined ? null : Number(row[name]));
  return {
    id: Number(row.id),
    way: row.way as FeedbackWay,
    source: String(row.source),
    kind: row.kind as FeedbackKind,
    result: row.result as FeedbackOutcome,
    why: String(row.why),
    proof: text('proof'),
    deliveryId: number('delivery_id'),
    campaignId: text('campaign_id'),
    subscriberId: text('subscriber_id'),
    addressHash: text('address_hash'),
    recipient: text('recipient'),
    reason: row.reason as Reason,
    class: row.class as ReplyClass,
    severity: row.severity as Severity,
    replyCode: number('reply_code'),
    status: text('reply_status'),
    text: text('reply_text'),
    reporter: text('reporter'),
    feedbackType: text('feedback_type'),
    evidence: text('evidence'),
    at: Number(row.at),
    receivedAt: Number(row.received_at),
    decidedBy: text('decided_by'),
  };
}
