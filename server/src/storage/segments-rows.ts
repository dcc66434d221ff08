import type { Knex } from 'knex';
import { ruleGroupSchema, type RuleGroup } from '../../../shared/contracts';
import { deleteRow, insertRow, pageByName, updateRow, type Page } from './content-rows';
import { TABLE } from './tables';
import { isoTime, jsonValue } from './values';

export interface SegmentRow {
  documentId: string;
  name: string;
  description: string | null;
  /** Null when what is stored is no rule tree (written by other code, say). */
  rules: RuleGroup | null;
  createdAt: string;
  updatedAt: string;
}

/** The fields of a segment that an editor writes. */
export interface SegmentFields {
  name: string;
  description: string | null;
  rules: RuleGroup;
}

/** Segments by name, and how many match in all. */
export async function pageSegments(db: Knex, query: Page): Promise<{ rows: SegmentRow[]; total: number }> {
  const { rows, total } = await pageByName(db, TABLE.segments, query);
  return { rows: rows.map(toSegment), total };
}

export async function findSegment(db: Knex, documentId: string): Promise<SegmentRow | null> {
  const row = await db(TABLE.segments).where({ document_id: documentId }).first();
  return row ? toSegment(row) : null;
}

/** Those of the segments that exist, by documentId. */
export async function findSegments(db: Knex, ids: readonly string[]): Promise<Map<string, SegmentRow>> {
  const rows: Record<string, unknown>[] = await db(TABLE.segments).whereIn('document_id', ids as string[]);
  return new Map(rows.map(toSegment).map((segment) => [segment.documentId, segment]));
}

/** All of them: there are some dozens, made by hand. */
export async function allSegments(db: Knex): Promise<SegmentRow[]> {
  return (await db(TABLE.segments).orderBy('name')).map(toSegment);
}

/** @returns the new segment's documentId */
export const insertSegment = (db: Knex, fields: SegmentFields): Promise<string> =>
  insertRow(db, TABLE.segments, toColumns(fields));

/** @returns false when there is no such segment */
export const updateSegment = (
  db: Knex,
  documentId: string,
  fields: Partial<SegmentFields>,
): Promise<boolean> => updateRow(db, TABLE.segments, documentId, toColumns(fields));

/** @returns false when there is no such segment */
export const deleteSegment = (db: Knex, documentId: string): Promise<boolean> =>
  deleteRow(db, TABLE.segments, documentId);

const toColumns = ({ rules, ...same }: Partial<SegmentFields>): Record<string, unknown> => ({
  ...same,
  ...(rules === undefined ? {} : { rules: JSON.stringify(rules) }),
});

function toSegment(row: Record<string, unknown>): SegmentRow {
  return {
    documentId: String(row.document_id),
    name: String(row.name),
    description: (row.description as string | null) ?? null,
    rules: ruleGroupSchema.safeParse(jsonValue(row.rules, null)).data ?? null,
    createdAt: isoTime(row.created_at) ?? '',
    updatedAt: isoTime(row.updated_at) ?? '',
  };
}

/** Which of the documentIds exist in a content type's table. */
export async function findExisting(
  db: Knex,
  table: typeof TABLE.lists | typeof TABLE.campaigns,
  ids: readonly string[],
): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows: { document_id: string }[] = await db(table)
    .whereIn('document_id', ids as string[])
    .select('document_id');
  return new Set(rows.map((row) => row.document_id));
}

/** What rules of segments can name: all lists, and the last 200 campaigns that were sent. */
export async function nameable(
  db: Knex,
): Promise<Record<'lists' | 'campaigns', { documentId: string; name: string }[]>> {
  const named = (rows: { document_id: string; name: string }[]) =>
    rows.map((row) => ({ documentId: row.document_id, name: row.name }));
  return {
    lists: named(await db(TABLE.lists).orderBy(['name', 'id']).select('document_id', 'name')),
    campaigns: named(
      await db(TABLE.campaigns)
        .whereNotNull('started_at')
        .orderBy('started_at', 'desc')
        .limit(200)
        .select('document_id', 'name'),
    ),
  };
}
