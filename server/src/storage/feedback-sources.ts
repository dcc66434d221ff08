import type { Knex } from 'knex';
import type { FeedbackWay } from '../../../shared/contracts';
import { TABLE } from './tables';
import { inTransaction } from './transaction';

/** What is added to the state of a listener, a mailbox or a webhook. */
export interface SourceNote {
  /** It showed a sign of life: something came, or it was asked and had nothing. Milliseconds since 1970. */
  seenAt?: number;
  /** Sentence for the operator; shown until something newer came. */
  error?: string;
  /** Why a request was turned away that anybody may have sent: kept apart from what goes wrong with the source. */
  refusal?: string;
  /** How many more counted, needed no effect, were refused. */
  taken?: number;
  ignored?: number;
  refused?: number;
}

export interface SourceState {
  way: FeedbackWay;
  name: string;
  lastSeenAt: number | null;
  lastError: string | null;
  lastErrorAt: number | null;
  lastRefusal: string | null;
  lastRefusalAt: number | null;
  taken: number;
  ignored: number;
  refused: number;
}

/** Notes what a source did. Makes its row; counts add up over all processes. */
export async function noteSource(
  db: Knex,
  way: FeedbackWay,
  name: string,
  { seenAt, error, refusal, taken = 0, ignored = 0, refused = 0 }: SourceNote,
): Promise<void> {
  const source = { way, name: name.slice(0, 100) };
  await inTransaction(db, async (trx) => {
    await trx(TABLE.feedbackSources).insert(source).onConflict(['way', 'name']).ignore();
    await trx(TABLE.feedbackSources)
      .where(source)
      .update({
        ...(seenAt === undefined ? {} : { last_seen_at: seenAt }),
        ...(error === undefined ? {} : { last_error: error.slice(0, 500), last_error_at: Date.now() }),
        ...(refusal === undefined
          ? {}
          : { last_refusal: refusal.slice(0, 500), last_refusal_at: Date.now() }),
        taken: trx.raw('taken + ?', [taken]),
        ignored: trx.raw('ignored + ?', [ignored]),
        refused: trx.raw('refused + ?', [refused]),
      });
  });
}

/** Every source that was ever noted. */
export async function readSources(db: Knex): Promise<SourceState[]> {
  const rows: Record<string, unknown>[] = await db(TABLE.feedbackSources).orderBy(['way', 'name']);
  const time = (value: unknown) => (value === null ? null : Number(value));
  return rows.map((row) => ({
    way: row.way as FeedbackWay,
    name: String(row.name),
    lastSeenAt: time(row.last_seen_at),
    lastError: row.last_error as string | null,
    lastErrorAt: time(row.last_error_at),
    lastRefusal: row.last_refusal as string | null,
    lastRefusalAt: time(row.last_refusal_at),
    taken: Number(row.taken),
    ignored: Number(row.ignored),
    refused: Number(row.refused),
  }));
}
