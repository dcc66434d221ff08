import type { Knex } from 'knex';
import { TABLE } from './tables';

/** A look that is older says nothing about what was between: the domain may have been there. */
const FORGOTTEN_AFTER_MS = 7 * 86_400_000;

/**
 * Notes that DNS does not know a domain.
 * @param now milliseconds since 1970
 * @returns since when that is so
 */
export async function noteMissingDomain(db: Knex, domain: string, now: number): Promise<number> {
  const row: { since: unknown; seen_at: unknown } | undefined = await db(TABLE.missingDomains)
    .where({ domain })
    .first('since', 'seen_at');
  const since = row && now - Number(row.seen_at) < FORGOTTEN_AFTER_MS ? Number(row.since) : now;
  await db(TABLE.missingDomains)
    .insert({ domain, since, seen_at: now })
    .onConflict('domain')
    .merge(['since', 'seen_at']);
  return since;
}

/** The domain is there again. */
export async function forgetMissingDomain(db: Knex, domain: string): Promise<void> {
  await db(TABLE.missingDomains).where({ domain }).delete();
}
