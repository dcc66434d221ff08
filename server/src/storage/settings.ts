import type { Knex } from 'knex';
import { TABLE } from './tables';
import { inTransaction } from './transaction';

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

/**
 * Changes the JSON value under a key, alone: of two processes at once, the second sees what the first wrote.
 * @param change gets the value, or undefined; what it gives is written unless it is undefined. It may throw
 */
export async function changeSetting<T>(
  db: Knex,
  key: string,
  change: (value: unknown) => T | undefined,
): Promise<void> {
  // There must be a row to lock.
  const empty = { key, value: 'null', updated_at: Date.now() };
  await db(TABLE.settings).insert(empty).onConflict('key').ignore();
  await inTransaction(db, async (trx) => {
    const row: { value: string } = await trx(TABLE.settings).where({ key }).forUpdate().first('value');
    const value: unknown = JSON.parse(row.value);
    const next = change(value ?? undefined);
    if (next !== undefined) await writeSetting(trx, key, next);
  });
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
