import type { Knex } from 'knex';
import { TABLE } from './tables';

/** The JSON value under a key, or undefined. */
export async function readSetting(db: Knex, key: string): Promise<unknown> {
  const row: { value: string } | undefined = await db(TABLE.settings).where({ key }).first('value');
  return row === undefined ? undefined : JSON.parse(row.value);
}

/** Writes (or replaces) the JSON value under a key. */
export async function writeSetting(db: Knex, key: string, value: unknown): Promise<void> {
  const row = { key, value: JSON.stringify(value), updated_at: Date.now() };
  await db(TABLE.settings).insert(row).onConflict('key').merge();
}

export interface Wording {
  version: string;
  language: string;
  text: string;
}

/** Keeps a consent text for ever, so that a person's proof of consent can name what they read. */
export async function keepWording(db: Knex, wording: Wording): Promise<void> {
  await db(TABLE.wordings)
    .insert({ ...wording, created_at: Date.now() })
    .onConflict('version')
    .ignore();
}
