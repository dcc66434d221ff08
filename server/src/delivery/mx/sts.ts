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
const RETRY_MS = 600_000;
const MOST_POLICIES = 50_000;

interface Known {
  id: string;
  policy: StsPolicy;
  until: number;
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
  private readonly known = new Map<string, Known>();
  private readonly fetching = new Map<string, Promise<Known | null>>();
  private readonly failedUntil = new Map<string, number>();

  constructor(
    private readonly dns: MailDns,
    private readonly log: Pick<Logger, 'warn'>,
    private readonly options: StsOptions,
  ) {}

  /**
   * The policy that holds for a domain now; null: none. A policy that was seen holds until its time is over, even when
   * its record or its server is gone since (RFC 8461 §5.1).
   */
  async of(domain: string): Promise<StsPolicy | null> {
    const id = readId(await this.dns.text(`_mta-sts.${domain}`));
    const known = this.valid(domain);
    if (id === null || known?.id === id) return known?.policy ?? null;
    const fresh = await this.fetched(domain, id);
    return (fresh ?? known)?.policy ?? null;
  }

  private valid(domain: string): Known | null {
    const known = this.known.get(domain);
    return known && known.until > Date.now() ? known : null;
  }

  private fetched(domain: string, id: string): Promise<Known | null> {
    if ((this.failedUntil.get(domain) ?? 0) > Date.now()) return Promise.resolve(null);
    const running = this.fetching.get(domain);
    if (running) return running;
    const started = this.fetch(domain, id).finally(() => this.fetching.delete(domain));
    this.fetching.set(domain, started);
    return started;
  }

  private async fetch(domain: string, id: string): Promise<Known | null> {
    try {
      const policy = parsePolicy(await this.download(`mta-sts.${domain}`));
      const fresh = { id, policy, until: Date.now() + policy.maxAge * 1000 };
      this.known.delete(domain);
      this.known.set(domain, fresh);
      if (this.known.size > MOST_POLICIES) this.known.delete(this.known.keys().next().value!);
      this.failedUntil.delete(domain);
      return fresh;
    } catch (error) {
      this.failedUntil.set(domain, Date.now() + RETRY_MS);
      if (this.failedUntil.size > MOST_POLICIES)
        this.failedUntil.delete(this.failedUntil.keys().next().value!);
      this.log.warn(
        `newsletter: the MTA-STS policy of ${domain} cannot be read: ${(error as Error).message}; tried again in 10 minutes`,
      );
      return null;
    }
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
