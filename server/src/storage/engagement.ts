import type { Knex } from 'knex';
import { TABLE } from './tables';
import { pieces } from './transaction';
import { isoTime } from './values';

const DAY = 86_400_000;

/**
 * In which turn people are written to while a source earns trust: 0 who opened or clicked within 30 days, 1 within 90 days
 * or confirmed within 30, 2 within a year, 3 the rest.
 */
export async function engagementTurns(
  db: Knex,
  subscriberIds: readonly string[],
  now: number,
): Promise<Map<string, number>> {
  const turns = new Map<string, number>();
  for (const ids of pieces(subscriberIds)) {
    const rows: Record<string, unknown>[] = await db(TABLE.subscribers)
      .whereIn('document_id', [...ids])
      .select('document_id', 'last_opened_at', 'last_clicked_at', 'confirmed_at');
    for (const row of rows) {
      const reacted = Math.max(time(row.last_opened_at), time(row.last_clicked_at));
      turns.set(String(row.document_id), turnOf((now - reacted) / DAY, (now - time(row.confirmed_at)) / DAY));
    }
  }
  return turns;
}

function turnOf(daysSinceReaction: number, daysSinceSignUp: number): number {
  if (daysSinceReaction <= 30) return 0;
  if (daysSinceReaction <= 90 || daysSinceSignUp <= 30) return 1;
  return daysSinceReaction <= 365 ? 2 : 3;
}

function time(value: unknown): number {
  const iso = isoTime(value);
  return iso === null ? 0 : Date.parse(iso);
}
