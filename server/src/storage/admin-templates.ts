import { createId } from '@paralleldrive/cuid2';
import type { Knex } from 'knex';
import type { TemplateDto } from '../../../shared/contracts';
import { clearDefault, type Page } from './admin-lists';
import { TABLE } from './tables';
import { containsPattern, isoTime } from './values';

/** The fields of a template that an editor writes. */
export type TemplateFields = Pick<TemplateDto, 'name' | 'html' | 'isDefault'>;

/** Templates by name, and how many match in all. */
export async function pageTemplates(
  db: Knex,
  { page, pageSize, search }: Page,
): Promise<{ rows: TemplateDto[]; total: number }> {
  const matching = () => {
    const query = db(TABLE.templates);
    if (search) void query.whereRaw("lower(name) like ? escape '!'", [containsPattern(search.toLowerCase())]);
    return query;
  };
  const [{ total }] = (await matching().count({ total: '*' })) as [{ total: number | string }];
  const rows = await matching()
    .orderBy([{ column: 'name' }, { column: 'id' }])
    .limit(pageSize)
    .offset((page - 1) * pageSize);
  return { rows: rows.map(toTemplate), total: Number(total) };
}

export async function findTemplateById(db: Knex, documentId: string): Promise<TemplateDto | null> {
  const row = await db(TABLE.templates).where({ document_id: documentId }).first();
  return row ? toTemplate(row) : null;
}

/** @returns the new template's documentId */
export async function insertTemplate(db: Knex, fields: TemplateFields): Promise<string> {
  const documentId = createId();
  const now = new Date();
  await db.transaction(async (trx) => {
    if (fields.isDefault) await clearDefault(trx, TABLE.templates);
    await trx(TABLE.templates).insert({
      ...toColumns(fields),
      document_id: documentId,
      created_at: now,
      updated_at: now,
      published_at: now,
      locale: null,
    });
  });
  return documentId;
}

/** @returns false when there is no such template */
export async function updateTemplate(
  db: Knex,
  documentId: string,
  fields: Partial<TemplateFields>,
): Promise<boolean> {
  return db.transaction(async (trx) => {
    if (fields.isDefault) await clearDefault(trx, TABLE.templates);
    const changed = await trx(TABLE.templates)
      .where({ document_id: documentId })
      .update({ ...toColumns(fields), updated_at: new Date() });
    return changed > 0;
  });
}

/** @returns false when there is no such template */
export async function deleteTemplate(db: Knex, documentId: string): Promise<boolean> {
  return (await db(TABLE.templates).where({ document_id: documentId }).delete()) > 0;
}

/** Campaigns that an editor can still send with this template. */
export async function draftsWithTemplate(db: Knex, documentId: string): Promise<string[]> {
  const rows: { name: string }[] = await db(TABLE.campaigns)
    .where({ template: documentId, state: 'draft' })
    .select('name');
  return rows.map((row) => row.name);
}

export async function anyTemplate(db: Knex): Promise<boolean> {
  return (await db(TABLE.templates).first('id')) !== undefined;
}

function toColumns({ isDefault, ...same }: Partial<TemplateFields>): Record<string, unknown> {
  return { ...same, ...(isDefault === undefined ? {} : { is_default: isDefault }) };
}

function toTemplate(row: Record<string, unknown>): TemplateDto {
  return {
    documentId: String(row.document_id),
    name: String(row.name),
    html: String(row.html),
    isDefault: Boolean(row.is_default),
    createdAt: isoTime(row.created_at) ?? '',
    updatedAt: isoTime(row.updated_at) ?? '',
  };
}
