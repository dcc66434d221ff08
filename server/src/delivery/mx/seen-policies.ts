import type { Knex } from 'knex';
import type { Logger } from '../../context';
import { forgetStsPolicies, readStsPolicy, writeStsPolicy } from '../../storage';
import type { SeenPolicies, StsPolicy } from './sts';

const TIDY_EVERY_MS = 3_600_000;

/** MTA-STS policies in the database: all processes share them, and a restart forgets none. */
export function createSeenPolicies(knex: Knex, log: Pick<Logger, 'warn'>): SeenPolicies {
  let tidiedAt = 0;
  return {
    async read(domain) {
      const row = await readStsPolicy(knex, domain, Date.now());
      if (!row) return null;
      const { policyId: id, mx, maxAge, fetchedAt, expiresAt: until } = row;
      return { id, policy: { mode: row.mode as StsPolicy['mode'], mx, maxAge }, fetchedAt, until };
    },
    async write(domain, { id, policy: { mode, mx, maxAge }, fetchedAt, until }) {
      const row = { domain, policyId: id, mode, mx: [...mx], maxAge, fetchedAt, expiresAt: until };
      await writeStsPolicy(knex, row);
      if (fetchedAt - tidiedAt < TIDY_EVERY_MS) return;
      tidiedAt = fetchedAt;
      await forgetStsPolicies(knex, fetchedAt).catch((error: Error) =>
        log.warn(`newsletter: old MTA-STS policies could not be forgotten: ${error.message}`),
      );
    },
  };
}
