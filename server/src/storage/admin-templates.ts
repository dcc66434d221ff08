import type { Knex } from 'knex';
import type { TemplateDto } from '../../../shared/contracts';
import { deleteRow, insertRow, pageByName, updateRow, type Page } from './content-rows';
import { TABLE } from './tables';
import { isoTime } from './values';

/** The fields of a template that an editor writes. */
export type TemplateFields = Pick<TemplateDto, 'name' | 'html' | 'isDefault'>;

/** Templates by name, and how many match in all. */
export async function pageTemplates(db: Knex, query: Page): Promise<{ rows: TemplateDto[]; total: number }> {
  const { rows, total } = await pageByName(db, TABLE.templates, query);
  return { rows: rows.map(toTemplate), total };
}

export async function findTemplateById(db: Knex, documentId: string): Promise<TemplateDto | null> {
  const row = await db(TABLE.templates).where({ document_id: documentId }).first();
  return row ? toTemplate(row) : null;
}

/** @returns the new template's documentId */
export const insertTemplate = (db: Knex, fields: TemplateFields): Promise<string> =>
  insertRow(db, TABLE.templates, toColumns(fields));

/** @returns false when there is no such template */
export const updateTemplate = (
  db: Knex,
  documentId: string,
  fields: Partial<TemplateFields>,
): Promise<boolean> => updateRow(db, TABLE.templates, documentId, toColumns(fields));

/** @returns false when there is no such template */
export const deleteTemplate = (db: Knex, documentId: string): Promise<boolean> =>
  deleteRow(db, TABLE.templates, documentId);

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
