import { createId } from '@paralleldrive/cuid2';
import type { Knex } from 'knex';
import type { TABLE } from './tables';
import { containsPattern } from './values';

/** Content types with a name, of which there are some dozens, made by hand. */
type NamedTable = typeof TABLE.lists | typeof TABLE.templates | typeof TABLE.segments;
export type Columns = Record<string, unknown>;

export interface Page {
  page: number;
  pageSize: number;
  search?: string | undefined;
}

/** Rows by name, those with the search in their name, and how many match in all. */
export async function pageByName(
  db: Knex,
  table: NamedTable,
  { page, pageSize, search }: Page,
): Promise<{ rows: Columns[]; total: number }> {
  const matching = () => {
    const query = db(table);
    if (search) void query.whereRaw("lower(name) like ? escape '!'", [containsPattern(search.toLowerCase())]);
    return query;
  };
  const [{ total }] = (await matching().count({ total: '*' })) as [{ total: number | string }];
  const rows: Columns[] = await matching()
    .orderBy([{ column: 'name' }, { column: 'id' }])
    .limit(pageSize)
    .offset((page - 1) * pageSize);
  return { rows, total: Number(total) };
}

/** What Strapi itself would write into a new row of a content type without drafts and locales. */
export const stamps = (now: Date): Columns => ({
  created_at: now,
  updated_at: now,
  published_at: now,
  locale: null,
});

/** Adds a row. @returns its documentId */
export async function insertRow(db: Knex, table: NamedTable, columns: Columns): Promise<string> {
  const documentId = createId();
  await withDefault(db, table, columns, (trx) =>
    trx(table).insert({ ...columns, document_id: documentId, ...stamps(new Date()) }),
  );
  return documentId;
}

/** @returns false when there is no such row */
export async function updateRow(
  db: Knex,
  table: NamedTable,
  documentId: string,
  columns: Columns,
): Promise<boolean> {
  const changed = await withDefault(db, table, columns, (trx) =>
    trx(table)
      .where({ document_id: documentId })
      .update({ ...columns, updated_at: new Date() }),
  );
  return Number(changed) > 0;
}

/** @returns false when there is no such row */
export async function deleteRow(db: Knex, table: NamedTable, documentId: string): Promise<boolean> {
  return (await db(table).where({ document_id: documentId }).delete()) > 0;
}

/** At most one row of a table is the default: the one that is about to become it. */
async function withDefault<T>(
  db: Knex,
  table: NamedTable,
  { is_default }: Columns,
  write: (db: Knex) => PromiseLike<T>,
): Promise<T> {
  if (!is_default) return write(db);
  return db.transaction(async (trx) => {
    await trx(table).where({ is_default: true }).update({ is_default: false });
    return write(trx);
  });
}
