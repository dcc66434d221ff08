import { isDeepStrictEqual } from 'node:util';
import { createId } from '@paralleldrive/cuid2';
import type { Knex } from 'knex';
import { ruleInputSchema, type RuleFields, type RuleGroup } from '../../../shared/contracts';
import { insertRow } from './content-rows';
import { TABLE } from './tables';
import { containsPattern, jsonValue } from './values';

/** A publish rule; times in milliseconds since 1970. */
export interface RuleRecord extends RuleFields {
  documentId: string;
  createdAt: number;
  updatedAt: number;
}

type Row = Record<string, unknown>;

export async function findRule(db: Knex, id: string): Promise<RuleRecord | null> {
  const row: Row | undefined = await db(TABLE.publishRules).where({ document_id: id }).first();
  return row ? toRule(row) : null;
}

/** The same, holding its row until the transaction ends: firings of one rule are counted one after the other. */
export async function lockRule(trx: Knex.Transaction, id: string): Promise<RuleRecord | null> {
  const row: Row | undefined = await trx(TABLE.publishRules).where({ document_id: id }).forUpdate().first();
  return row ? toRule(row) : null;
}

/**
 * Rules of a content type, the oldest first. One that cannot be read (written by a newer release, say) is left out:
 * this is asked for while somebody publishes.
 */
export async function rulesOf(db: Knex, contentType: string): Promise<RuleRecord[]> {
  const rows: Row[] = await db(TABLE.publishRules)
    .where({ content_type: contentType })
    .orderBy(['created_at', 'document_id']);
  return rows.filter((row) => storedSchema.safeParse(jsonValue(row.fields, {})).success).map(toRule);
}

/** The audience of every rule that can be read, switched off or not: there are some dozens, made by hand. */
export async function ruleAudiences(db: Knex): Promise<Pick<RuleRecord, 'name' | 'audience'>[]> {
  const rows: Row[] = await db(TABLE.publishRules).orderBy('name').select('fields');
  return rows.flatMap((row) => storedSchema.safeParse(jsonValue(row.fields, {})).data ?? []);
}

/** One page by name, and the number of all that match. `search` looks into the names. */
export async function pageRules(
  db: Knex,
  query: {
    search?: string | undefined;
    contentType?: string | undefined;
    page: number;
    pageSize: number;
  },
): Promise<{ rows: RuleRecord[]; total: number }> {
  const matching = db(TABLE.publishRules).where((where) => {
    if (query.contentType) where.where({ content_type: query.contentType });
    if (query.search)
      where.whereRaw("lower(name) like ? escape '!'", [containsPattern(query.search.trim().toLowerCase())]);
  });
  const [{ total }] = (await matching.clone().count({ total: '*' })) as [{ total: number | string }];
  const rows: Row[] = await matching
    .orderBy(['name', 'document_id'])
    .limit(query.pageSize)
    .offset((query.page - 1) * query.pageSize);
  return { rows: rows.map(toRule), total: Number(total) };
}

/** Names of rules that exist, by documentId. */
export async function ruleNames(db: Knex, ids: readonly string[]): Promise<Map<string, string>> {
  const rows: { document_id: string; name: string }[] = await db(TABLE.publishRules)
    .whereIn('document_id', ids)
    .select('document_id', 'name');
  return new Map(rows.map((row) => [row.document_id, row.name]));
}

/** @returns the documentId of the new rule */
export async function insertRule(db: Knex, fields: RuleFields): Promise<string> {
  const documentId = createId();
  const now = Date.now();
  await db(TABLE.publishRules).insert({
    document_id: documentId,
    ...toColumns(fields),
    created_at: now,
    updated_at: now,
  });
  return documentId;
}

/** Replaces a rule. @returns false when there is none with this id */
export async function updateRule(db: Knex, id: string, fields: RuleFields): Promise<boolean> {
  const count = await db(TABLE.publishRules)
    .where({ document_id: id })
    .update({ ...toColumns(fields), updated_at: Date.now() });
  return count > 0;
}

/** Its firings stay as a record. @returns false when there is none with this id */
export async function deleteRule(db: Knex, id: string): Promise<boolean> {
  return (await db(TABLE.publishRules).where({ document_id: id }).delete()) > 0;
}

const toColumns = (fields: RuleFields) => ({
  name: fields.name,
  enabled: fields.enabled,
  content_type: fields.contentType,
  fields: JSON.stringify(storedSchema.parse(fields)),
});

/** Keys that a newer release added get their defaults; those that it dropped are ignored. */
const storedSchema = ruleInputSchema.strip();

function toRule(row: Row): RuleRecord {
  return {
    ...storedSchema.parse(jsonValue(row.fields, {})),
    documentId: String(row.document_id),
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
  };
}

/**
 * The segment with this name and these rules; made when there is none. For segments that rules narrow an audience
 * with: editors see them, and one that was edited is left alone.
 * @returns its documentId
 */
export async function ensureSegment(trx: Knex, name: string, rules: RuleGroup): Promise<string> {
  const rows: { document_id: string; rules: unknown }[] = await trx(TABLE.segments)
    .where({ name })
    .orderBy('id')
    .select('document_id', 'rules');
  const same = rows.find((row) => isDeepStrictEqual(jsonValue(row.rules, null), rules));
  if (same) return same.document_id;
  return insertRow(trx, TABLE.segments, { name, rules: JSON.stringify(rules) });
}
