import type { Knex } from 'knex';
import type { Logger } from '../../context';
import { forgetMissingDomain, noteMissingDomain } from '../../storage';

/** Since when domains are missing in DNS, over all processes. */
export interface MissingDomains {
  /** Notes that a domain is missing; true when it was so a day ago, too. @throws Error of the database */
  isGone(domain: string): Promise<boolean>;
  /** It is there (again). */
  found(domain: string): void;
}

const DAY = 86_400_000;
/** A domain's mails come together: the table is asked once for them. */
const ASKED_EVERY_MS = 60_000;
const MOST = 20_000;

/** Kept in the database: the second look is a day after the first one, perhaps by another process. */
export function createMissingDomains(knex: Knex, log: Pick<Logger, 'warn'>): MissingDomains {
  const known = new Map<string, { since: Promise<number>; askedAt: number }>();
  return {
    async isGone(domain) {
      const now = Date.now();
      let entry = known.get(domain);
      if (!entry || now - entry.askedAt > ASKED_EVERY_MS) {
        entry = { since: noteMissingDomain(knex, domain, now), askedAt: now };
        known.set(domain, entry);
        if (known.size > MOST) known.delete(known.keys().next().value!);
      }
      try {
        return now - (await entry.since) >= DAY;
      } catch (error) {
        known.delete(domain);
        throw error;
      }
    },
    found(domain) {
      if (!known.delete(domain)) return;
      forgetMissingDomain(knex, domain).catch((error: Error) =>
        log.warn(`newsletter: ${domain} is there again, which could not be noted: ${error.message}`),
      );
    },
  };
}
