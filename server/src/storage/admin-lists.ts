import type { Knex } from 'knex';
import type { CampaignState } from '../../../shared/contracts';
import { deleteRow, insertRow, pageByName, updateRow, type Page } from './content-rows';
import { TABLE } from './tables';
import { isoTime } from './values';

export interface ListRow {
  documentId: string;
  name: string;
  slug: string;
  description: string | null;
  public: boolean;
  optIn: 'double' | 'single';
  isDefault: boolean;
  createdAt: string;
  updatedAt: string;
}

/** The fields of a list that an editor writes. */
export type ListFields = Pick<ListRow, 'name' | 'slug' | 'description' | 'public' | 'optIn' | 'isDefault'>;

/** Lists by name, and how many match in all. */
export async function pageLists(db: Knex, query: Page): Promise<{ rows: ListRow[]; total: number }> {
  const { rows, total } = await pageByName(db, TABLE.lists, query);
  return { rows: rows.map(toList), total };
}

export async function findList(db: Knex, documentId: string): Promise<ListRow | null> {
  const row = await db(TABLE.lists).where({ document_id: documentId }).first();
  return row ? toList(row) : null;
}

export type ListCounts = { subscribed: number; pending: number; unsubscribed: number };

/** People per list and status of their subscription, in one pass over newsletter_subscriptions_list_idx. */
export async function countSubscriptions(db: Knex, listIds: string[]): Promise<Map<string, ListCounts>> {
  const counts = new Map(listIds.map((id) => [id, { subscribed: 0, pending: 0, unsubscribed: 0 }]));
  const rows: { list_id: string; status: keyof ListCounts; people: number | string }[] = await db(
    TABLE.subscriptions,
  )
    .whereIn('list_id', listIds)
    .groupBy('list_id', 'status')
    .select('list_id', 'status')
    .count({ people: '*' });
  for (const row of rows) {
    const list = counts.get(row.list_id);
    if (list && row.status in list) list[row.status] = Number(row.people);
  }
  return counts;
}

/** The slugs that are taken among those that start with a text. */
export async function takenSlugs(db: Knex, start: string): Promise<Set<string>> {
  const rows: { slug: string }[] = await db(TABLE.lists).where('slug', 'like', `${start}%`).select('slug');
  return new Set(rows.map((row) => row.slug));
}

/** @returns the new list's documentId */
export const insertList = (db: Knex, fields: ListFields): Promise<string> =>
  insertRow(db, TABLE.lists, toColumns(fields));

/** @returns false when there is no such list */
export const updateList = (db: Knex, documentId: string, fields: Partial<ListFields>): Promise<boolean> =>
  updateRow(db, TABLE.lists, documentId, toColumns(fields));

/** Campaigns in these states, with what they are addressed to. */
export async function audiencesIn(
  db: Knex,
  states: readonly CampaignState[],
): Promise<{ documentId: string; name: string; audience: unknown }[]> {
  const rows: { document_id: string; name: string; audience: unknown }[] = await db(TABLE.campaigns)
    .whereIn('state', states)
    .select('document_id', 'name', 'audience');
  return rows.map((row) => ({ documentId: row.document_id, name: row.name, audience: row.audience }));
}

/**
 * Deletes the list, then its subscriptions in portions, so that a list of a million people does not hold the database.
 * What a crash leaves over belongs to no list and counts nowhere. The consent log stays.
 * @returns false when there is no such list
 */
export async function deleteList(db: Knex, documentId: string): Promise<boolean> {
  if (!(await deleteRow(db, TABLE.lists, documentId))) return false;
  for (;;) {
    const rows: { id: number | string }[] = await db(TABLE.subscriptions)
      .where({ list_id: documentId })
      .limit(1000)
      .select('id');
    if (rows.length === 0) return true;
    await db(TABLE.subscriptions)
      .whereIn(
        'id',
        rows.map((row) => row.id),
      )
      .delete();
  }
}

function toColumns({ optIn, isDefault, ...same }: Partial<ListFields>): Record<string, unknown> {
  return {
    ...same,
    ...(optIn === undefined ? {} : { opt_in: optIn }),
    ...(isDefault === undefined ? {} : { is_default: isDefault }),
  };
}

function toList(row: Record<string, unknown>): ListRow {
  return {
    documentId: String(row.document_id),
    name: String(row.name),
    slug: String(row.slug),
    description: (row.description as string | null) ?? null,
    public: Boolean(row.public),
    optIn: row.opt_in === 'single' ? 'single' : 'double',
    isDefault: Boolean(row.is_default),
    createdAt: isoTime(row.created_at) ?? '',
    updatedAt: isoTime(row.updated_at) ?? '',
  };
}
