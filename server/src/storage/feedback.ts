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
}
export type NewFeedback = Omit<FeedbackRecord, 'id'> & { eventId: string };

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

/** What feedback needs to know of the delivery that it is about. */
export interface FeedbackDelivery {
  id: number;
  campaignId: string;
  subscriberId: string;
  addressHash: string;
  state: string;
  /** The person was deleted or erased since. */
  erased: boolean;
}

/** Deliveries by id, locked in the order of their ids until the transaction ends. Unknown ids are left out. */
export async function lockDeliveries(
  trx: Knex.Transaction,
  ids: readonly number[],
): Promise<Map<number, FeedbackDelivery>> {
  const found = new Map<number, FeedbackDelivery>();
  for (const some of pieces([...new Set(ids)].sort((a, b) => a - b))) {
    const rows: Row[] = await trx(TABLE.deliveries)
      .whereIn('id', some)
      .orderBy('id')
      .forUpdate()
      .select('id', 'campaign_id', 'subscriber_id', 'address_hash', 'state', 'email');
    for (const row of rows) {
      found.set(Number(row.id), {
        id: Number(row.id),
        campaignId: String(row.campaign_id),
        subscriberId: String(row.subscriber_id),
        addressHash: String(row.address_hash),
        state: String(row.state),
        erased: row.email === '',
      });
    }
  }
  return found;
}

/**
 * The newest delivery of each person that was accepted within a span: what a report is about that names only an address.
 * @param since milliseconds since 1970
 * @returns by subscriber id
 */
export async function newestAccepted(
  db: Knex,
  subscriberIds: readonly string[],
  since: number,
): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const ids of pieces(subscriberIds)) {
    const rows: { subscriber_id: string; id: number | string }[] = await db(TABLE.deliveries)
      .whereIn('subscriber_id', ids)
      .whereIn('state', ['accepted', 'in_doubt'])
      .andWhere('settled_at', '>=', since)
      .groupBy('subscriber_id')
      .select('subscriber_id')
      .max({ id: 'id' });
    for (const row of rows) found.set(row.subscriber_id, Number(row.id));
  }
  return found;
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

/** How many hard bounces each of these reporters sent since a time, held ones included. */
export async function hardBouncesOf(
  db: Knex,
  reporters: readonly string[],
  since: number,
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const some of pieces(reporters)) {
    const rows: { reporter: string; n: number | string }[] = await db(TABLE.feedback)
      .whereIn('reporter', some)
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

export interface BouncedDelivery {
  id: number;
  reason: string;
  replyCode: number | null;
  status: string | null;
  text: string | null;
}

/**
 * The next server had taken these mails, and gave them back. The time at which they were settled stays: reports count a
 * mail on the day on which it went out.
 */
export async function bounceDeliveries(db: Knex, rows: readonly BouncedDelivery[]): Promise<void> {
  for (const { id, reason, replyCode, status, text } of rows) {
    await db(TABLE.deliveries)
      .where({ id })
      .whereIn('state', ['accepted', 'in_doubt', 'queued', 'deferred'])
      .update({
        state: 'bounced',
        reason: reason.slice(0, 40),
        reply_code: replyCode,
        reply_status: status?.slice(0, 16) ?? null,
        reply_text: text?.slice(0, 500) ?? null,
        next_at: 0,
        settled_at: db.raw('coalesce(settled_at, ?)', [Date.now()]),
      });
  }
}

/** Something came back from these: they had arrived. */
export async function resolveDoubtful(db: Knex, ids: readonly number[]): Promise<void> {
  for (const some of pieces(ids)) {
    await db(TABLE.deliveries)
      .whereIn('id', some)
      .andWhere({ state: 'in_doubt' })
      .update({ state: 'accepted', reason: null, settled_at: Date.now() });
  }
}

/** What became of a person's mails, newest first, as far as it says something about their mailbox. */
export interface MailOutcome {
  state: string;
  reason: string | null;
  /** Milliseconds since 1970. */
  settledAt: number;
  /** Somebody or something opened it or followed a link. */
  seen: boolean;
}

/** @returns by subscriber id */
export async function mailOutcomes(
  db: Knex,
  subscriberIds: readonly string[],
  since: number,
): Promise<Map<string, MailOutcome[]>> {
  const found = new Map<string, MailOutcome[]>();
  for (const ids of pieces(subscriberIds)) {
    const rows: Row[] = await db({ d: TABLE.deliveries })
      .whereIn('d.subscriber_id', ids)
      .whereIn('d.state', ['accepted', 'bounced', 'failed'])
      .andWhere('d.settled_at', '>=', since)
      .orderBy('d.settled_at', 'desc')
      .select('d.subscriber_id', 'd.state', 'd.reason', 'd.settled_at')
      .select(
        db.raw(
          `case when d.state = 'accepted' and exists (select 1 from ${TABLE.events} e
             where e.delivery_id = d.id and e.type in ('open', 'click')) then 1 else 0 end as seen`,
        ),
      );
    for (const row of rows) {
      const id = String(row.subscriber_id);
      const outcome = {
        state: String(row.state),
        reason: (row.reason ?? null) as string | null,
        settledAt: Number(row.settled_at),
        seen: Number(row.seen) === 1,
      };
      found.set(id, [...(found.get(id) ?? []), outcome]);
    }
  }
  return found;
}

/**
 * Items that wait for a person, oldest first, locked until the transaction ends.
 * @param wanted by id, or all of one reporter (null: those without one)
 */
export async function lockWaitingFeedback(
  trx: Knex.Transaction,
  wanted: { ids: number[] } | { reporter: string | null },
  results: readonly ('held' | 'unmatched')[],
  limit: number,
): Promise<FeedbackRecord[]> {
  const query = trx(TABLE.feedback).whereIn('result', [...results]);
  if ('ids' in wanted) void query.whereIn('id', wanted.ids);
  else if (wanted.reporter === null) void query.whereNull('reporter');
  else void query.where({ reporter: wanted.reporter });
  const rows: Row[] = await query.orderBy('id').limit(limit).forUpdate();
  return rows.map(toFeedback);
}

/** Says more exactly what items did. */
export async function setFeedbackWhy(db: Knex, ids: readonly number[], why: string): Promise<void> {
  for (const some of pieces(ids)) await db(TABLE.feedback).whereIn('id', some).update({ why });
}

/** Records what a held or unmatched item came to; the recipient's address is kept no longer. */
export async function decideFeedback(
  db: Knex,
  id: number,
  { result, why }: Pick<FeedbackRecord, 'result' | 'why'>,
): Promise<void> {
  await db(TABLE.feedback).where({ id }).update({ result, why, recipient: null });
}

/** Takes people out of what came back about them. Counts stay. */
export async function anonymiseFeedback(db: Knex, subscriberIds: readonly string[]): Promise<void> {
  for (const ids of pieces(subscriberIds)) {
    await db(TABLE.feedback)
      .whereIn('subscriber_id', ids)
      .update({ subscriber_id: null, recipient: null, reply_text: null, evidence: null });
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
  };
}
