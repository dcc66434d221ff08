import type { Knex } from 'knex';
import { TABLE } from './tables';

/** An MTA-STS policy as it was fetched. Times are milliseconds since 1970. */
export interface StsPolicyRow {
  domain: string;
  /** Of the domain's TXT record. */
  policyId: string;
  mode: string;
  mx: string[];
  /** Seconds. */
  maxAge: number;
  fetchedAt: number;
  expiresAt: number;
}

/** The policy that was seen of a domain and still holds; null: there is none. */
export async function readStsPolicy(db: Knex, domain: string, now: number): Promise<StsPolicyRow | null> {
  const row: Record<string, unknown> | undefined = await db(TABLE.stsPolicies)
    .where({ domain })
    .where('expires_at', '>', now)
    .first();
  if (!row) return null;
  return {
    domain,
    policyId: String(row.policy_id),
    mode: String(row.mode),
    mx: JSON.parse(String(row.mx)) as string[],
    maxAge: Number(row.max_age),
    fetchedAt: Number(row.fetched_at),
    expiresAt: Number(row.expires_at),
  };
}

/** Keeps a policy in place of the domain's last one. */
export async function writeStsPolicy(db: Knex, policy: StsPolicyRow): Promise<void> {
  await db(TABLE.stsPolicies)
    .insert({
      domain: policy.domain,
      policy_id: policy.policyId,
      mode: policy.mode,
      mx: JSON.stringify(policy.mx),
      max_age: policy.maxAge,
      fetched_at: policy.fetchedAt,
      expires_at: policy.expiresAt,
    })
    .onConflict('domain')
    .merge();
}

/** Forgets policies whose time is over. @returns how many */
export function forgetStsPolicies(db: Knex, now: number): Promise<number> {
  return db(TABLE.stsPolicies).where('expires_at', '<=', now).delete();
}
