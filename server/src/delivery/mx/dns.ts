import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { Memory } from './memory';

/** What DNS says about where a domain's mail goes. */
export type MailRoute =
  /** Hosts by preference: those of a group are equally good. `implicit`: the domain has no MX, but addresses. */
  | { kind: 'servers'; groups: readonly (readonly string[])[]; implicit: boolean }
  /** RFC 7505: the domain takes no mail. */
  | { kind: 'null' }
  /** There is no such domain, or nothing that could take mail. */
  | { kind: 'missing'; message: string }
  /** Nobody knows now. */
  | { kind: 'failed'; message: string };

/**
 * Milliseconds for which an answer is used. Node does not tell for how long MX records are valid; a caching resolver
 * of the machine does know, so that a change is noticed this much late at most. Addresses are kept for their TTL if that
 * is shorter.
 */
const KEEP_MS = 300_000;
const KEEP_MISSING_MS = 900_000;
const KEEP_FAILED_MS = 60_000;
const MOST_ANSWERS = 20_000;

/** Answers of DNS, kept for a while; questions that are asked at the same time are asked once. */
export class MailDns {
  private readonly resolver: Resolver;
  private readonly routes = new Memory<MailRoute>(MOST_ANSWERS);
  private readonly hosts = new Memory<string[]>(MOST_ANSWERS);
  private readonly texts = new Memory<string[] | null>(MOST_ANSWERS);

  /** @param servers `address` or `address:port`; the system's by default */
  constructor(servers?: readonly string[]) {
    this.resolver = new Resolver({ timeout: 5_000, tries: 2 });
    if (servers) this.resolver.setServers(servers);
  }

  /** @param domain A-labels, lower case */
  route(domain: string): Promise<MailRoute> {
    return this.routes.get(domain, async () => {
      const value = await this.askRoute(domain);
      const kept = { servers: KEEP_MS, null: KEEP_MS, missing: KEEP_MISSING_MS, failed: KEEP_FAILED_MS };
      return { value, keepMs: kept[value.kind] };
    });
  }

  /** IPv6 addresses, then IPv4 addresses. @throws Error when DNS does not answer */
  addresses(host: string): Promise<string[]> {
    if (isIP(host)) return Promise.resolve([host]);
    return this.hosts.get(host, async () => {
      const [v6, v4] = await Promise.all([
        noneIfMissing(this.resolver.resolve6(host, { ttl: true })),
        noneIfMissing(this.resolver.resolve4(host, { ttl: true })),
      ]);
      const all = [...v6, ...v4];
      const keepMs =
        all.length === 0 ? KEEP_FAILED_MS : Math.min(KEEP_MS, ...all.map(({ ttl }) => ttl * 1000));
      return { value: all.map(({ address }) => address), keepMs };
    });
  }

  /** TXT records, each in one piece; null when DNS does not answer. */
  text(name: string): Promise<string[] | null> {
    return this.texts.get(name, async () => {
      try {
        const records = await noneIfMissing(this.resolver.resolveTxt(name));
        return { value: records.map((pieces) => pieces.join('')), keepMs: KEEP_MS };
      } catch {
        // The caller has an answer for "not known"; asked again in a minute.
        return { value: null, keepMs: KEEP_FAILED_MS };
      }
    });
  }

  private async askRoute(domain: string): Promise<MailRoute> {
    try {
      const records = await noneIfMissing(this.resolver.resolveMx(domain), ['ENODATA']);
      if (records.length === 0) return await this.askAddresses(domain);
      const named = records.filter(({ exchange }) => exchange !== '' && exchange !== '.');
      return named.length === 0
        ? { kind: 'null' }
        : { kind: 'servers', groups: byPreference(named), implicit: false };
    } catch (error) {
      return failure(domain, error as NodeJS.ErrnoException);
    }
  }

  /** RFC 5321 §5.1: only a domain without any MX record is its own mail server. */
  private async askAddresses(domain: string): Promise<MailRoute> {
    if ((await this.addresses(domain)).length > 0)
      return { kind: 'servers', groups: [[domain]], implicit: true };
    return { kind: 'missing', message: `The domain ${domain} has neither mail servers (MX) nor an address` };
  }
}

function failure(domain: string, { code, message }: NodeJS.ErrnoException): MailRoute {
  if (code === 'ENOTFOUND') return { kind: 'missing', message: `The domain ${domain} does not exist` };
  return { kind: 'failed', message: `DNS gives no answer about the domain ${domain} (${code ?? message})` };
}

function byPreference(records: readonly { priority: number; exchange: string }[]): string[][] {
  const groups = new Map<number, string[]>();
  for (const { priority, exchange } of records) {
    const host = exchange.toLowerCase().replace(/\.$/, '');
    groups.set(priority, [...(groups.get(priority) ?? []), host]);
  }
  return [...groups].sort(([a], [b]) => a - b).map(([, hosts]) => hosts.sort());
}

async function noneIfMissing<T>(answer: Promise<T[]>, codes = ['ENODATA', 'ENOTFOUND']): Promise<T[]> {
  try {
    return await answer;
  } catch (error) {
    if (codes.includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}
