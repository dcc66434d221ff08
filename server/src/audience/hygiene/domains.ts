import { Resolver } from 'node:dns/promises';
import type { NewsletterConfig } from '../../config';
import type { DomainFact } from '../../storage';

const DAY_MS = 86_400_000;

/**
 * How long an answer is believed: DNS' own times are not handed out by Node, and no list is checked twice a day. A domain
 * that is missing may be registered again; no answer is not believed for long.
 */
export const KEEP_MS: Record<DomainFact['state'], number> = {
  ok: 7 * DAY_MS,
  missing: DAY_MS,
  unknown: 10 * 60_000,
};

/** What DNS is asked with; a `Resolver` of Node, for one. */
export type MailResolver = Pick<Resolver, 'resolveMx' | 'resolve4' | 'resolve6'>;

/** @returns a resolver with the servers and the patience of the configuration */
export function createResolver({ servers, timeoutMs, tries }: NewsletterConfig['hygiene']['dns']): Resolver {
  const resolver = new Resolver({ timeout: timeoutMs, tries });
  if (servers) resolver.setServers(servers);
  return resolver;
}

/**
 * Whether mail can be delivered to a domain: it has an MX record that is no null MX (RFC 7505), or, without any MX, an
 * address (RFC 5321 §5.1). Never throws: what DNS does not answer is unknown, not missing.
 */
export async function lookUp(resolver: MailResolver, domain: string): Promise<DomainFact> {
  const mx = await ask(resolver.resolveMx(domain));
  if (mx.kind === 'failed') return { state: 'unknown', detail: mx.code };
  if (mx.kind === 'no-domain') return { state: 'missing', detail: 'nxdomain' };
  if (mx.kind === 'found') {
    const isNull = mx.value.every(({ exchange }) => exchange === '' || exchange === '.');
    return isNull ? { state: 'missing', detail: 'null-mx' } : { state: 'ok', detail: null };
  }
  const addresses = await Promise.all([ask(resolver.resolve4(domain)), ask(resolver.resolve6(domain))]);
  if (addresses.some(({ kind }) => kind === 'found')) return { state: 'ok', detail: null };
  const failed = addresses.find((answer) => answer.kind === 'failed');
  return failed ? { state: 'unknown', detail: failed.code } : { state: 'missing', detail: 'no-records' };
}

type Answer<T> =
  | { kind: 'found'; value: T[] }
  | { kind: 'no-domain' }
  | { kind: 'nothing' }
  | { kind: 'failed'; code: string };

/** c-ares says ENOTFOUND for NXDOMAIN and ENODATA for a name without such records; all else is no answer. */
async function ask<T>(question: Promise<T[]>): Promise<Answer<T>> {
  try {
    const value = await question;
    return value.length > 0 ? { kind: 'found', value } : { kind: 'nothing' };
  } catch (error) {
    const code = String((error as { code?: unknown }).code ?? 'EUNKNOWN');
    if (code === 'ENOTFOUND') return { kind: 'no-domain' };
    return code === 'ENODATA' ? { kind: 'nothing' } : { kind: 'failed', code };
  }
}

/** Lookups in a row without an answer after which a resolver counts as away. */
const AWAY_AFTER = 50;

/** Looks up domains, some at a time, until DNS turns out to be away: then the rest is unknown without being asked. */
export interface DomainLookup {
  /** What is known about these domains: from the store, else from DNS. Calls `onProgress` now and then. */
  factsOf(domains: readonly string[], onProgress?: () => Promise<boolean>): Promise<DomainFacts>;
}

export interface DomainFacts {
  facts: Map<string, DomainFact>;
  /** Domains that DNS was asked for now, and those of them that it did not answer for. */
  asked: number;
  unknown: number;
}

/** Where answers are kept between two checks, and between two processes. */
export interface DomainStore {
  read(domains: readonly string[]): Promise<Map<string, DomainFact>>;
  keep(facts: ReadonlyMap<string, DomainFact & { expiresAt: number }>): Promise<void>;
}

/** @param options.concurrency lookups at a time */
export function createLookup(
  resolver: MailResolver,
  store: DomainStore,
  { concurrency }: { concurrency: number },
): DomainLookup {
  let failures = 0;
  const one = async (domain: string): Promise<DomainFact> => {
    if (failures >= AWAY_AFTER) return { state: 'unknown', detail: 'resolver-away' };
    const fact = await lookUp(resolver, domain);
    failures = fact.state === 'unknown' ? failures + 1 : 0;
    return fact;
  };
  return {
    async factsOf(domains, onProgress = () => Promise.resolve(true)) {
      const facts = await store.read(domains);
      const open = domains.filter((domain) => !facts.has(domain));
      const result: DomainFacts = { facts, asked: 0, unknown: 0 };
      for (let at = 0; at < open.length; at += concurrency) {
        const some = open.slice(at, at + concurrency);
        const answers = await Promise.all(some.map(async (domain) => [domain, await one(domain)] as const));
        const now = Date.now();
        await store.keep(
          new Map(
            answers.map(([domain, fact]) => [domain, { ...fact, expiresAt: now + KEEP_MS[fact.state] }]),
          ),
        );
        for (const [domain, fact] of answers) {
          facts.set(domain, fact);
          result.asked += 1;
          if (fact.state === 'unknown') result.unknown += 1;
        }
        if (!(await onProgress())) return result;
      }
      return result;
    },
  };
}
