import https from 'node:https';
import type { LookupFunction } from 'node:net';
import { isIP } from 'node:net';
import type { Logger } from '../../context';
import { isPublicAddress } from './addresses';
import type { MailDns } from './dns';

/** A domain's word on how its mail servers are to be reached (RFC 8461 §3.2). */
export interface StsPolicy {
  mode: 'enforce' | 'testing' | 'none';
  /** Host names, perhaps with `*` as the first label. */
  mx: readonly string[];
  /** Seconds. */
  maxAge: number;
}

const FETCH_MS = 10_000;
const MOST_OCTETS = 65_536;
/** RFC 8461 §3.2: about a year. */
const LONGEST_AGE = 31_557_600;
/** After a policy that could not be fetched; RFC 8461 §3.3 asks for 5 minutes or more. */
const RETRY_MINUTES = 10;
/** After one that could not be renewed: the old one holds meanwhile. */
const RENEW_AGAIN_MINUTES = 240;
/**
 * RFC 8461 §10.2: who waits with a new look until a policy's time is over, or looks only at the record, lets an attacker
 * choose that moment.
 */
const RENEW_AFTER_MS = 86_400_000;
/** How long other processes' policies may go unnoticed; no longer than a changed record does. */
const LOOK_AGAIN_MS = 300_000;
const MOST_POLICIES = 50_000;

/** A policy that was seen. Times are milliseconds since 1970. */
export interface SeenPolicy {
  /** Of the TXT record with which it was fetched. */
  id: string;
  policy: StsPolicy;
  fetchedAt: number;
  until: number;
}

/** Policies that were seen by any process, restarts included. */
export interface SeenPolicies {
  /** Null: none that still holds. @throws Error of the database */
  read(domain: string): Promise<SeenPolicy | null>;
  /** @throws Error of the database */
  write(domain: string, seen: SeenPolicy): Promise<void>;
}

export interface StsOptions {
  allowPrivate: boolean;
  /** For tests: where policies are served, and who vouches for it. */
  port?: number;
  ca?: string;
}

/**
 * The MTA-STS policies of domains, each kept for its max_age. (mailauth's `getPolicy` fetches what it has and keeps what
 * it should fetch, so that it is not used.)
 */
export class StsPolicies {
  /** What the table said, or is about to say; null: nothing. */
  private readonly looks = new Map<string, { seen: SeenPolicy | null; at: number }>();
  private readonly reading = new Map<string, Promise<SeenPolicy | null>>();
  private readonly fetching = new Map<string, Promise<SeenPolicy | null>>();
  private readonly notBefore = new Map<string, number>();

  constructor(
    private readonly dns: MailDns,
    private readonly store: SeenPolicies,
    private readonly log: Pick<Logger, 'warn'>,
    private readonly options: StsOptions,
  ) {}

  /**
   * The policy that holds for a domain now; null: none. A policy that was seen holds until its time is over, even when
   * its record or its server is gone since (RFC 8461 §5.1).
   * @throws Error of the database when nobody knows whether one was seen: without it a mail could go out in the clear
   */
  async of(domain: string): Promise<StsPolicy | null> {
    const id = readId(await this.dns.text(`_mta-sts.${domain}`));
    let seen = await this.seen(domain, LOOK_AGAIN_MS);
    const isNews = id !== null && seen?.id !== id;
    if (isNews && this.mayFetch(domain)) {
      // Another process may have fetched it just now.
      seen = await this.seen(domain, 0);
      if (seen?.id !== id) seen = (await this.fetched(domain, id)) ?? seen;
    } else if (seen && isOld(seen) && this.mayFetch(domain)) {
      void this.fetched(domain, id ?? seen.id, seen);
    }
    return seen?.policy ?? null;
  }

  /** @param maxAgeMs how long ago the table may have been asked */
  private async seen(domain: string, maxAgeMs: number): Promise<SeenPolicy | null> {
    const now = Date.now();
    const look = this.looks.get(domain);
    const known = look?.seen && look.seen.until > now ? look.seen : null;
    if (look && now - look.at < maxAgeMs && (known || !look.seen)) return known;
    try {
      return await this.read(domain);
    } catch (error) {
      if (known) return known;
      throw error;
    }
  }

  private read(domain: string): Promise<SeenPolicy | null> {
    const running = this.reading.get(domain);
    if (running) return running;
    const at = Date.now();
    const started = this.store
      .read(domain)
      .then((seen) => this.keep(domain, seen, at))
      .finally(() => this.reading.delete(domain));
    this.reading.set(domain, started);
    return started;
  }

  private keep(domain: string, seen: SeenPolicy | null, at: number): SeenPolicy | null {
    // What could not be written is known only here.
    const known = this.looks.get(domain)?.seen;
    const newest = known && known.until > at && known.fetchedAt > (seen?.fetchedAt ?? 0) ? known : seen;
    put(this.looks, domain, { seen: newest, at });
    return newest;
  }

  private mayFetch(domain: string): boolean {
    return this.fetching.has(domain) || (this.notBefore.get(domain) ?? 0) <= Date.now();
  }

  /** @param old holds until another one is there */
  private fetched(domain: string, id: string, old?: SeenPolicy): Promise<SeenPolicy | null> {
    const running = this.fetching.get(domain);
    if (running) return running;
    const started = this.fetch(domain, id, old).finally(() => this.fetching.delete(domain));
    this.fetching.set(domain, started);
    return started;
  }

  private async fetch(domain: string, id: string, old?: SeenPolicy): Promise<SeenPolicy | null> {
    let fresh: SeenPolicy;
    try {
      const policy = parsePolicy(await this.download(`mta-sts.${domain}`));
      const fetchedAt = Date.now();
      fresh = { id, policy, fetchedAt, until: fetchedAt + policy.maxAge * 1000 };
    } catch (error) {
      const minutes = old ? RENEW_AGAIN_MINUTES : RETRY_MINUTES;
      put(this.notBefore, domain, Date.now() + minutes * 60_000);
      const holds = old ? `; the one that was seen holds until ${new Date(old.until).toISOString()}` : '';
      this.log.warn(
        `newsletter: the MTA-STS policy of ${domain} cannot be read: ${(error as Error).message}${holds}; tried again in ${minutes} minutes`,
      );
      return null;
    }
    this.notBefore.delete(domain);
    put(this.looks, domain, { seen: fresh, at: fresh.fetchedAt });
    await this.store
      .write(domain, fresh)
      .catch((error: Error) =>
        this.log.warn(
          `newsletter: the MTA-STS policy of ${domain} is known until the next restart only, it could not be kept: ${error.message}`,
        ),
      );
    return fresh;
  }

  /** Without redirects, and only with a valid certificate (RFC 8461 §3.3). */
  private download(host: string): Promise<string> {
    const { port = 443, ca } = this.options;
    return new Promise((resolve, reject) => {
      const request = https.get(
        {
          host,
          port,
          path: '/.well-known/mta-sts.txt',
          ca,
          lookup: this.lookup,
          signal: AbortSignal.timeout(FETCH_MS),
          agent: false,
        },
        (response) => {
          const type = response.headers['content-type'] ?? '';
          if (response.statusCode !== 200 || !/^text\/plain\b/i.test(type)) {
            response.destroy();
            return reject(new Error(`https://${host} answers ${response.statusCode} ${type}`));
          }
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (piece: string) => {
            text += piece;
            if (text.length > MOST_OCTETS) request.destroy(new Error('it is longer than 64 KiB'));
          });
          response.on('end', () => resolve(text));
          response.on('error', reject);
        },
      );
      request.on('error', reject);
    });
  }

  private readonly lookup: LookupFunction = (host, options, callback) => {
    void this.dns.addresses(host).then(
      (all) => {
        const open = this.options.allowPrivate ? all : all.filter(isPublicAddress);
        if (open.length === 0) return callback(new Error(`${host} has no address on the Internet`), '');
        const found = open.map((address) => ({ address, family: isIP(address) }));
        if (options.all) callback(null, found);
        else callback(null, found[0]!.address, found[0]!.family);
      },
      (error: Error) => callback(error, ''),
    );
  };
}

/** A day after it was fetched, or in the second half of a shorter life. */
const isOld = ({ policy, fetchedAt }: SeenPolicy) =>
  Date.now() - fetchedAt > Math.min(RENEW_AFTER_MS, policy.maxAge * 500);

function put<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > MOST_POLICIES) map.delete(map.keys().next().value!);
}

/** The id of exactly one record (RFC 8461 §3.1); null: there is no policy, or it is not known whether there is. */
function readId(records: readonly string[] | null): string | null {
  const ours = (records ?? []).filter((text) => /^v=STSv1\s*;/.test(text));
  if (ours.length !== 1) return null;
  return /;\s*id\s*=\s*([a-z0-9]{1,32})\s*(?:;|$)/i.exec(ours[0]!)?.[1] ?? null;
}

/** @throws Error that says what is wrong with it */
export function parsePolicy(text: string): StsPolicy {
  const fields = new Map<string, string[]>();
  for (const line of text.split(/\r?\n/)) {
    const [, key, value] = /^\s*([a-z0-9_.-]+)\s*:\s*(.*?)\s*$/i.exec(line) ?? [];
    if (key !== undefined) fields.set(key, [...(fields.get(key) ?? []), value!]);
  }
  const first = (key: string) => fields.get(key)?.[0] ?? '';
  if (first('version') !== 'STSv1') throw new Error('its version is not STSv1');
  const mode = first('mode');
  if (mode !== 'enforce' && mode !== 'testing' && mode !== 'none') throw new Error(`its mode is "${mode}"`);
  const age = first('max_age');
  if (!/^\d{1,10}$/.test(age)) throw new Error(`its max_age is "${age}"`);
  const mx = (fields.get('mx') ?? []).map((pattern) => pattern.toLowerCase().replace(/\.$/, ''));
  if (mode !== 'none' && mx.length === 0) throw new Error('it names no mail servers');
  return { mode, mx, maxAge: Math.min(Number(age), LONGEST_AGE) };
}

/** Whether a host fits one of the patterns: `*` stands for exactly one label (RFC 8461 §4.1). */
export function matchesPolicy({ mx }: StsPolicy, host: string): boolean {
  return mx.some((pattern) =>
    pattern.startsWith('*.') ? host.slice(host.indexOf('.') + 1) === pattern.slice(2) : host === pattern,
  );
}
