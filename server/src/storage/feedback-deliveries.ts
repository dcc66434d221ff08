import type { Knex } from 'knex';
import { TABLE } from './tables';
import { pieces } from './transaction';

type Row = Record<string, unknown>;

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

/** Who has these addresses, by address hash; nothing is locked. */
export async function idsByHash(db: Knex, addressHashes: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const some of pieces(addressHashes)) {
    const rows: { address_hash: string; document_id: string }[] = await db(TABLE.subscribers)
      .whereIn('address_hash', some)
      .select('address_hash', 'document_id');
    for (const row of rows) found.set(row.address_hash, row.document_id);
  }
  return found;
}

/**
 * The newest delivery of each person that was mailed within a span: what a report is about that names only an address. One
 * that bounced counts, too, so that a second report about it does not fall on the mail before.
 * @param since milliseconds since 1970
 * @returns by subscriber id
 */
export async function newestMailed(
  db: Knex,
  subscriberIds: readonly string[],
  since: number,
): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const ids of pieces(subscriberIds)) {
    const rows: { subscriber_id: string; id: number | string }[] = await db(TABLE.deliveries)
      .whereIn('subscriber_id', ids)
      .whereIn('state', ['accepted', 'in_doubt', 'bounced'])
      .andWhere('settled_at', '>=', since)
      .groupBy('subscriber_id')
      .select('subscriber_id')
      .max({ id: 'id' });
    for (const row of rows) found.set(row.subscriber_id, Number(row.id));
  }
  return found;
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
