import type { Knex } from 'knex';
import { TABLE } from './tables';

/** What signing up and the preference page need to know of a list. */
export interface ListFacts {
  documentId: string;
  name: string;
  slug: string;
  description: string | null;
  public: boolean;
  optIn: 'double' | 'single';
  isDefault: boolean;
}

export async function listsBySlug(db: Knex, slugs: readonly string[]): Promise<ListFacts[]> {
  return read(db(TABLE.lists).whereIn('slug', [...slugs]));
}

export async function listsById(db: Knex, documentIds: readonly string[]): Promise<ListFacts[]> {
  return read(db(TABLE.lists).whereIn('document_id', [...documentIds]));
}

export async function allLists(db: Knex): Promise<ListFacts[]> {
  return read(db(TABLE.lists));
}

export async function publicLists(db: Knex): Promise<ListFacts[]> {
  return read(db(TABLE.lists).where({ public: true }));
}

async function read(query: Knex.QueryBuilder): Promise<ListFacts[]> {
  const rows = (await query.orderBy(['name', 'id'])) as Record<string, unknown>[];
  return rows.map((row) => ({
    documentId: String(row.document_id),
    name: String(row.name),
    slug: String(row.slug),
    description: (row.description ?? null) as string | null,
    public: Boolean(row.public),
    optIn: row.opt_in === 'single' ? 'single' : 'double',
    isDefault: Boolean(row.is_default),
  }));
}
