import type { Knex } from 'knex';
import { nowMsSql } from './dialect';
import { TABLE } from './tables';

/** Times in milliseconds since 1970. */
export interface InDoubtRecord {
  id: number;
  subscriberId: string;
  email: string;
  since: number;
  transport: string | null;
  attempt: number;
  reason: string | null;
  left: boolean;
  ready: boolean;
}

const ofCampaign = (db: Knex, campaignId: string) =>
  db(TABLE.deliveries).where({ campaign_id: campaignId, state: 'in_doubt' });

/** By the database's clock: the processes that sent have clocks of their own. */
const isReady = (db: Knex, waitMs: number) => ({
  sql: `settled_at <= ${nowMsSql(db)} - ?`,
  bindings: [waitMs],
});

/** Those that nobody has chosen to leave first, then in the order of the freeze. */
export async function pageInDoubt(
  db: Knex,
  campaignId: string,
  { page, pageSize, waitMs }: { page: number; pageSize: number; waitMs: number },
): Promise<InDoubtRecord[]> {
  const ready = isReady(db, waitMs);
  const rows: Record<string, unknown>[] = await ofCampaign(db, campaignId)
    .orderByRaw('case when doubt_left_at is null then 0 else 1 end, id')
    .limit(pageSize)
    .offset((page - 1) * pageSize)
    .select('id', 'subscriber_id', 'email', 'settled_at', 'transport', 'attempt', 'reason', 'doubt_left_at')
    .select(db.raw(`case when ${ready.sql} then 1 else 0 end as ready`, ready.bindings));
  return rows.map((row) => ({
    id: Number(row.id),
    subscriberId: String(row.subscriber_id),
    email: String(row.email),
    since: Number(row.settled_at),
    transport: row.transport as string | null,
    attempt: Number(row.attempt),
    reason: row.reason as string | null,
    left: row.doubt_left_at !== null,
    ready: Number(row.ready) === 1,
  }));
}

export interface InDoubtCounts {
  total: number;
  undecided: number;
  ready: number;
  /** When the newest and the next that is not ready went in doubt; null: all are ready. */
  nextSince: number | null;
}

export async function countInDoubt(db: Knex, campaignId: string, waitMs: number): Promise<InDoubtCounts> {
  const { sql, bindings } = isReady(db, waitMs);
  const [row] = (await ofCampaign(db, campaignId).select(
    db.raw('count(*) as total'),
    db.raw('sum(case when doubt_left_at is null then 1 else 0 end) as undecided'),
    db.raw(`sum(case when ${sql} then 1 else 0 end) as ready`, bindings),
    db.raw(`min(case when ${sql} then null else settled_at end) as next_since`, bindings),
  )) as [Record<string, unknown>];
  return {
    total: Number(row.total),
    undecided: Number(row.undecided ?? 0),
    ready: Number(row.ready ?? 0),
    nextSince: row.next_since === null ? null : Number(row.next_since),
  };
}

/** @returns how many this call marked as left in doubt */
export function leaveInDoubt(trx: Knex.Transaction, campaignId: string): Promise<number> {
  return ofCampaign(trx, campaignId)
    .whereNull('doubt_left_at')
    .update({ doubt_left_at: trx.raw(nowMsSql(trx)) });
}

/**
 * Puts what has been in doubt for long enough back into the queue. The attempt in doubt stays counted, so that a reply
 * to it that comes even now is not taken for one to the next.
 * @returns how many
 */
export async function requeueInDoubt(
  trx: Knex.Transaction,
  campaignId: string,
  waitMs: number,
): Promise<number> {
  const { sql, bindings } = isReady(trx, waitMs);
  const requeued = await ofCampaign(trx, campaignId).whereRaw(sql, bindings).update({
    state: 'queued',
    reason: null,
    next_at: 0,
    first_tried_at: null,
    settled_at: null,
    doubt_left_at: null,
  });
  // A batch that waits for later rows, or has ended; one that is held opens when its process gives it back.
  await trx(TABLE.batches)
    .where({ campaign_id: campaignId })
    .whereNull('epoch')
    .whereExists(
      trx({ d: TABLE.deliveries })
        .select(trx.raw('1'))
        .whereRaw('?? = ??', ['d.batch_id', `${TABLE.batches}.id`])
        .where({ 'd.state': 'queued', 'd.next_at': 0 }),
    )
    .update({ done: false, next_at: 0 });
  return requeued;
}

export interface DecisionRecord {
  decision: 'leave' | 'send-again';
  recipients: number;
  by: string | null;
  at: number;
}

export async function noteDecision(
  trx: Knex.Transaction,
  campaignId: string,
  { decision, recipients, by }: Omit<DecisionRecord, 'at'>,
): Promise<void> {
  await trx(TABLE.inDoubtDecisions).insert({
    campaign_id: campaignId,
    decision,
    recipients,
    decided_by: by?.slice(0, 255) ?? null,
    decided_at: trx.raw(nowMsSql(trx)),
  });
}

/** What people decided about a campaign, newest first. */
export async function readDecisions(db: Knex, campaignId: string, limit: number): Promise<DecisionRecord[]> {
  const rows: Record<string, unknown>[] = await db(TABLE.inDoubtDecisions)
    .where({ campaign_id: campaignId })
    .orderBy('id', 'desc')
    .limit(limit);
  return rows.map((row) => ({
    decision: row.decision as DecisionRecord['decision'],
    recipients: Number(row.recipients),
    by: row.decided_by as string | null,
    at: Number(row.decided_at),
  }));
}
