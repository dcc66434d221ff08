import type { Knex } from 'knex';
import { insertReturningId, nowMsSql } from './dialect';
import { TABLE } from './tables';
import { pieces } from './transaction';

/** What a mail of each kind needs to know; kept as JSON. */
export interface MailPayloads {
  /**
   * Double opt-in. `addressHash`: of the address that confirms; `language`: tag of the person's language; `lists`: names
   * of the lists to confirm.
   */
  confirm: { addressHash: string; language: string | null; lists: string[] };
}
export type MailKind = keyof MailPayloads;

export interface NewMail<K extends MailKind = MailKind> {
  kind: K;
  subscriberId: string;
  email: string;
  payload: MailPayloads[K];
}

/** A mail that this process may send until its lease ends. */
export interface ClaimedMail {
  id: number;
  kind: string;
  subscriberId: string;
  email: string;
  payload: unknown;
  /** 1 for the first try. */
  attempt: number;
  createdAt: number;
}

export interface MailResult {
  state: 'queued' | 'accepted' | 'failed';
  /** Not tried again before this instant; only for `queued`. */
  nextAt?: number;
  /** What the server said, or the sentence that tells why not; at most 500 characters. */
  text: string;
}

/**
 * Puts a mail to one person into the outbox; it is due at once.
 * @param db a transaction, when the mail belongs to another change
 * @returns the id of the row
 */
export async function queueMail<K extends MailKind>(db: Knex, mail: NewMail<K>): Promise<number> {
  return insertReturningId(db, TABLE.mails, {
    kind: mail.kind,
    subscriber_id: mail.subscriberId,
    email: mail.email,
    payload: JSON.stringify(mail.payload),
    created_at: Date.now(),
  });
}

/** When the last mail of a kind was queued for a person, in milliseconds since 1970; null: never. */
export async function lastMailAt(db: Knex, kind: MailKind, subscriberId: string): Promise<number | null> {
  const row = await db(TABLE.mails)
    .where({ subscriber_id: subscriberId, kind })
    .max('created_at as at')
    .first();
  return row?.at === null || row?.at === undefined ? null : Number(row.at);
}

/** Takes mails back that were not sent yet. */
export async function withdrawMails(
  db: Knex,
  kind: MailKind,
  subscriberIds: readonly string[],
): Promise<void> {
  for (const ids of pieces(subscriberIds)) {
    await db(TABLE.mails).whereIn('subscriber_id', ids).andWhere({ kind, state: 'queued' }).delete();
  }
}

/**
 * Claims due mails, oldest first. Another process claims other ones: each row is taken by one compare-and-swap on its
 * attempt. A mail whose process died is claimed again when the lease has run out.
 */
export async function claimDueMails(db: Knex, limit: number, leaseMs: number): Promise<ClaimedMail[]> {
  const now = db.raw(nowMsSql(db));
  const due = await db(TABLE.mails)
    .where({ state: 'queued' })
    .where('next_at', '<=', now)
    .where('lease_until', '<=', now)
    .orderBy('next_at')
    .orderBy('id')
    .limit(limit)
    .select('id', 'kind', 'subscriber_id', 'email', 'payload', 'attempt', 'created_at');
  const claimed: ClaimedMail[] = [];
  for (const row of due) {
    const taken = await db(TABLE.mails)
      .where({ id: row.id, state: 'queued', attempt: row.attempt })
      .where('lease_until', '<=', now)
      .update({
        attempt: Number(row.attempt) + 1,
        lease_until: db.raw(`${nowMsSql(db)} + ${Math.round(leaseMs)}`),
      });
    if (taken !== 1) continue;
    claimed.push({
      id: Number(row.id),
      kind: row.kind,
      subscriberId: row.subscriber_id,
      email: row.email,
      payload: JSON.parse(row.payload),
      attempt: Number(row.attempt) + 1,
      createdAt: Number(row.created_at),
    });
  }
  return claimed;
}

/**
 * Writes how an attempt ended.
 * @returns false when the row has been claimed by another process since: its result will count
 */
export async function settleMail(
  db: Knex,
  mail: Pick<ClaimedMail, 'id' | 'attempt'>,
  result: MailResult,
): Promise<boolean> {
  const changed = await db(TABLE.mails)
    .where({ id: mail.id, attempt: mail.attempt, state: 'queued' })
    .update({
      state: result.state,
      next_at: result.nextAt ?? 0,
      lease_until: 0,
      reply_text: result.text.slice(0, 500),
      settled_at: result.state === 'queued' ? null : Date.now(),
    });
  return changed === 1;
}
