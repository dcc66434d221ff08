import type { Knex } from 'knex';
import { TABLE } from './tables';

export interface InstanceSecrets {
  /** Newest first: the first signs, all verify. */
  tokens: string[];
  /** Key of the address hashes. Never rotated: suppressions are stored under it. */
  pepper: string;
}

/** Reads the secrets that the first migration made. */
export async function readSecrets(db: Knex): Promise<InstanceSecrets> {
  const rows: { kind: string; value: string }[] = await db(TABLE.secrets)
    .select('kind', 'value')
    .orderBy('id', 'desc');
  const values = (kind: string) => rows.filter((row) => row.kind === kind).map((row) => row.value);
  const pepper = values('pepper').at(-1);
  if (!pepper) throw new Error('newsletter: the table newsletter_secrets is empty; restore it from a backup');
  return { tokens: values('token'), pepper };
}
