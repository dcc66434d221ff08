import type { Knex } from 'knex';
import type { FeedbackCounts, FeedbackKind, FeedbackOutcome } from '../../../shared/contracts';
import { toFeedback, type FeedbackRecord } from './feedback';
import { TABLE } from './tables';
import { pieces } from './transaction';

export interface FeedbackFilter {
  result?: FeedbackOutcome | undefined;
  kind?: FeedbackKind | undefined;
  reporter?: string | undefined;
  campaignId?: string | undefined;
}

/** What came back, newest first, without evidence. */
export async function pageFeedback(
  db: Knex,
  { result, kind, reporter, campaignId }: FeedbackFilter,
  beforeId: number | null,
  limit: number,
): Promise<FeedbackRecord[]> {
  const query = db(TABLE.feedback);
  if (result) void query.where({ result });
  if (kind) void query.where({ kind });
  if (reporter) void query.where({ reporter: reporter.toLowerCase() });
  if (campaignId) void query.where({ campaign_id: campaignId });
  if (beforeId !== null) void query.where('id', '<', beforeId);
  const rows: Record<string, unknown>[] = await query.orderBy('id', 'desc').limit(limit);
  return withRecipients(
    db,
    rows.map((row) => ({ ...toFeedback(row), evidence: null })),
  );
}

export async function findFeedback(db: Knex, id: number): Promise<FeedbackRecord | null> {
  const row: Record<string, unknown> | undefined = await db(TABLE.feedback).where({ id }).first();
  return row ? (await withRecipients(db, [toFeedback(row)]))[0]! : null;
}

/** The address stays with the delivery: who is erased there is erased here. */
async function withRecipients(db: Knex, records: FeedbackRecord[]): Promise<FeedbackRecord[]> {
  const emails = new Map<number, string>();
  const ids = records.flatMap(({ deliveryId }) => deliveryId ?? []);
  for (const some of pieces(ids)) {
    const rows: { id: number | string; email: string }[] = await db(TABLE.deliveries)
      .whereIn('id', some)
      .whereNot({ email: '' })
      .select('id', 'email');
    for (const row of rows) emails.set(Number(row.id), row.email);
  }
  return records.map((record) => ({
    ...record,
    recipient: emails.get(record.deliveryId ?? 0) ?? record.recipient,
  }));
}

/** What waits for a person, and from whom. */
export async function countFeedback(db: Knex): Promise<Omit<FeedbackCounts, 'unmatchedLimit'>> {
  const rows: { result: FeedbackOutcome; n: number | string }[] = await db(TABLE.feedback)
    .whereIn('result', ['unmatched', 'held'])
    .groupBy('result')
    .select('result')
    .count({ n: '*' });
  const of = (result: FeedbackOutcome) => Number(rows.find((row) => row.result === result)?.n ?? 0);
  const reporters: { reporter: string | null; held: number | string }[] = await db(TABLE.feedback)
    .where({ result: 'held' })
    .groupBy('reporter')
    .orderBy('held', 'desc')
    .limit(20)
    .select('reporter')
    .count({ held: '*' });
  return {
    unmatched: of('unmatched'),
    held: of('held'),
    reporters: reporters.map(({ reporter, held }) => ({ reporter, held: Number(held) })),
  };
}

/**
 * Forgets what nobody looked at: unmatched items with their addresses, and those that had no effect. What led to a
 * suppression stays as its evidence, and what is held waits.
 * @returns how many are gone
 */
export async function pruneFeedback(db: Knex, before: number, limit: number): Promise<number> {
  const old: { id: number | string }[] = await db(TABLE.feedback)
    .whereIn('result', ['unmatched', 'ignored', 'duplicate', 'discarded'])
    .where('received_at', '<', before)
    .orderBy('id')
    .limit(limit)
    .select('id');
  for (const some of pieces(old)) {
    await db(TABLE.feedback)
      .whereIn(
        'id',
        some.map(({ id }) => id),
      )
      .delete();
  }
  return old.length;
}
