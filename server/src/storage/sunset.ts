import type { Knex } from 'knex';
import { isSuppressed } from './hygiene-people';
import { readTime } from './subscribers';
import { TABLE } from './tables';
import { pieces } from './transaction';
import { jsonValue } from './values';

/** A person whom the sunset rule may be about. Times in milliseconds since 1970. */
export interface QuietPerson {
  documentId: string;
  /** When they were marked as inactive; null: they are not. */
  markedAt: number | null;
  /** Their last open or click by a person. */
  lastSignAt: number | null;
}

/**
 * Subscribed people with `after` < row id ≤ `end`, not suppressed, who are marked, or who joined before `cutoff` and
 * have neither opened nor clicked since.
 */
export async function quietPeople(
  db: Knex,
  cutoff: number,
  after: number,
  end: number,
): Promise<QuietPerson[]> {
  const since = new Date(cutoff);
  const rows: Record<string, unknown>[] = await db({ s: TABLE.subscribers })
    .leftJoin({ u: TABLE.sunset }, 'u.subscriber_id', 's.document_id')
    .where('s.id', '>', after)
    .where('s.id', '<=', end)
    .where('s.status', 'subscribed')
    .whereNotExists(isSuppressed(db))
    .where((either) => {
      void either.whereNotNull('u.subscriber_id').orWhere((quiet) => {
        for (const column of ['s.last_opened_at', 's.last_clicked_at'])
          void quiet.where((no) => void no.whereNull(column).orWhere(column, '<', since));
        void quiet.where((old) => {
          void old
            .where('s.confirmed_at', '<', since)
            .orWhere((never) => void never.whereNull('s.confirmed_at').where('s.created_at', '<', since));
        });
      });
    })
    .orderBy('s.id')
    .select('s.document_id', 'u.marked_at', 's.last_opened_at', 's.last_clicked_at');
  return rows.map((row) => {
    const signs = [readTime(row.last_opened_at), readTime(row.last_clicked_at)].filter((at) => at !== null);
    return {
      documentId: String(row.document_id),
      markedAt: row.marked_at === null ? null : Number(row.marked_at),
      lastSignAt: signs.length > 0 ? Math.max(...signs) : null,
    };
  });
}

/** Campaigns that began since an instant and went out with open tracking. */
export async function trackedCampaigns(db: Knex, since: number): Promise<string[]> {
  const rows: { campaign_id: string; snapshot: unknown }[] = await db(TABLE.runs)
    .where((open) => void open.whereNull('ended_at').orWhere('ended_at', '>=', since))
    .select('campaign_id', 'snapshot');
  return rows
    .filter(({ snapshot }) => jsonValue<{ tracking?: { opens?: boolean } }>(snapshot, {}).tracking?.opens)
    .map(({ campaign_id }) => campaign_id);
}

/** How many of these campaigns were accepted for each person since an instant, and when the last one was. */
export async function acceptedSince(
  db: Knex,
  people: readonly string[],
  campaigns: readonly string[],
  since: number,
): Promise<Map<string, { campaigns: number; last: number }>> {
  const found = new Map<string, { campaigns: number; last: number }>();
  for (const ids of pieces(people)) {
    for (const some of pieces(campaigns, 500)) {
      const rows: { subscriber_id: string; n: number | string; last: number | string }[] = await db(
        TABLE.deliveries,
      )
        .whereIn('subscriber_id', ids)
        .whereIn('campaign_id', some)
        .where({ state: 'accepted' })
        .where('settled_at', '>=', since)
        .groupBy('subscriber_id')
        .select('subscriber_id')
        .count({ n: '*' })
        .max({ last: 'settled_at' });
      for (const row of rows) {
        const sum = found.get(row.subscriber_id) ?? { campaigns: 0, last: 0 };
        found.set(row.subscriber_id, {
          campaigns: sum.campaigns + Number(row.n),
          last: Math.max(sum.last, Number(row.last)),
        });
      }
    }
  }
  return found;
}

/** Marks people as inactive; who is marked already keeps the day. */
export async function markInactive(
  trx: Knex.Transaction,
  people: readonly string[],
  at: number,
): Promise<void> {
  for (const some of pieces(people)) {
    await trx(TABLE.sunset)
      .insert(some.map((id) => ({ subscriber_id: id, marked_at: at })))
      .onConflict('subscriber_id')
      .ignore();
  }
}

export async function unmarkInactive(trx: Knex.Transaction, people: readonly string[]): Promise<void> {
  for (const some of pieces(people)) await trx(TABLE.sunset).whereIn('subscriber_id', some).delete();
}

/** People who are marked as inactive. */
export async function countInactive(db: Knex): Promise<number> {
  const row: { n?: number | string } | undefined = await db(TABLE.sunset).count({ n: '*' }).first();
  return Number(row?.n ?? 0);
}

/** Marks of people who left, were suppressed or were deleted mean nothing any more. @returns how many there were */
export async function dropStaleMarks(db: Knex): Promise<number> {
  const staying = db({ s: TABLE.subscribers })
    .where('s.status', 'subscribed')
    .whereNotExists(isSuppressed(db))
    .whereRaw('s.document_id = ??', [`${TABLE.sunset}.subscriber_id`])
    .select(db.raw('1'));
  return db(TABLE.sunset).whereNotExists(staying).delete();
}
