import type { Core } from '@strapi/strapi';
import { UID } from './constants';

interface PersistedTable {
  name: string;
}

const STORE = { type: 'core', key: 'persisted_tables' } as const;

/**
 * Writes our content types' tables (and the join tables of their relations) into the core store's list of tables
 * that a schema synchronisation must not drop: otherwise one boot with the plugin disabled would delete every
 * subscriber. The raw tables need no entry, since Strapi leaves tables alone that it never made.
 */
export async function persistContentTables(strapi: Core.Strapi): Promise<void> {
  const known = ((await strapi.store.get(STORE)) ?? []) as (string | PersistedTable)[];
  const names = new Set(known.map((table) => (typeof table === 'string' ? table : table.name)));
  const missing = contentTableNames(strapi).filter((name) => !names.has(name));
  if (missing.length === 0) return;
  await strapi.store.set({ ...STORE, value: [...known, ...missing.map((name) => ({ name }))] });
}

function contentTableNames(strapi: Core.Strapi): string[] {
  return Object.values(UID).flatMap((uid) => {
    const model = strapi.db.metadata.get(uid);
    const joins = Object.values(model.attributes).flatMap((attribute) => {
      const table = (attribute as { joinTable?: { name?: string } }).joinTable?.name;
      return table ? [table] : [];
    });
    return [model.tableName, ...joins];
  });
}
