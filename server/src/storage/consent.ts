import type { Knex } from 'knex';
import type { LeavingReason, LeavingWords } from '../../../shared/contracts';
import { TABLE } from './tables';
import { pieces } from './transaction';

/**
 * What happened to a consent. `requested`: asked for by form, a mail to confirm follows. `confirmed`: by the link in
 * it. `subscribed`: by form on single opt-in lists, or on the preference page. `added`, `removed`: by an editor.
 */
export type ConsentAction =
  | 'requested'
  | 'confirmed'
  | 'subscribed'
  | 'added'
  | 'imported'
  | 'removed'
  | 'unsubscribed'
  | 'address-changed'
  | 'deleted'
  | 'erased';

/** One line of the consent log. `at` in milliseconds since 1970. */
export interface ConsentEntry {
  subscriberId: string | null;
  addressHash: string;
  listId: string | null;
  action: ConsentAction;
  source: string | null;
  ip: string | null;
  wordingVersion: string | null;
  campaignId: string | null;
  /** Of `unsubscribed`, if the person said why. */
  reason?: LeavingReason | null;
  note?: string | null;
  at: number;
}

/** Appends to the log. Nothing ever changes a line, except that erasing a person takes person, IP and their own words out of it. */
export async function logConsent(db: Knex, entries: readonly ConsentEntry[]): Promise<void> {
  for (const some of pieces(entries)) {
    await db(TABLE.consentLog).insert(
      some.map((entry) => ({
        subscriber_id: entry.subscriberId,
        address_hash: entry.addressHash,
        list_id: entry.listId,
        action: entry.action,
        source: entry.source,
        ip: entry.ip,
        wording_version: entry.wordingVersion,
        campaign_id: entry.campaignId,
        reason: entry.reason ?? null,
        note: entry.note ?? null,
        at: entry.at,
      })),
    );
  }
}

/** All lines about a person, oldest first. */
export async function consentLogOf(db: Knex, subscriberId: string): Promise<ConsentEntry[]> {
  const rows: Record<string, unknown>[] = await db(TABLE.consentLog)
    .where({ subscriber_id: subscriberId })
    .orderBy(['at', 'id']);
  const text = (row: Record<string, unknown>, name: string) => (row[name] ?? null) as string | null;
  return rows.map((row) => ({
    subscriberId: text(row, 'subscriber_id'),
    addressHash: String(row.address_hash),
    listId: text(row, 'list_id'),
    action: row.action as ConsentAction,
    source: text(row, 'source'),
    ip: text(row, 'ip'),
    wordingVersion: text(row, 'wording_version'),
    campaignId: text(row, 'campaign_id'),
    reason: text(row, 'reason') as LeavingReason | null,
    note: text(row, 'note'),
    at: Number(row.at),
  }));
}

/** What these people said when they left altogether the last time; who said nothing is missing. */
export async function leavingWordsOf(
  db: Knex,
  subscriberIds: readonly string[],
): Promise<Map<string, LeavingWords>> {
  const last = new Map<string, LeavingWords>();
  for (const ids of pieces(subscriberIds)) {
    const rows: ({ subscriber_id: string } & LeavingWords)[] = await db(TABLE.consentLog)
      .whereIn('subscriber_id', ids)
      .where({ action: 'unsubscribed', list_id: null })
      .orderBy('id')
      .select('subscriber_id', 'reason', 'note');
    for (const { subscriber_id, reason, note } of rows) last.set(subscriber_id, { reason, note });
  }
  for (const [id, { reason, note }] of last) if (reason === null && note === null) last.delete(id);
  return last;
}

/** The consent texts behind these versions. */
export async function readWordings(db: Knex, versions: readonly string[]): Promise<Map<string, string>> {
  const rows: { version: string; text: string }[] = await db(TABLE.wordings)
    .whereIn('version', [...versions])
    .select('version', 'text');
  return new Map(rows.map(({ version, text }) => [version, text]));
}
