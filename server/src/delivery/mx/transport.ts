import { networkInterfaces } from 'node:os';
import type { MxTransportConfig } from '../../config';
import type { Logger } from '../../context';
import { domainOf } from '../pacing/destination';
import { ConnectionPool } from '../smtp/pool';
import { isTlsError, type SmtpError } from '../transport-outcome';
import type { LimitsOf, OutgoingMessage, SendOutcome, Site, Transport } from '../types';
import { MailDns } from './dns';
import type { MissingDomains } from './missing';
import { openSite, type Destination } from './open';
import { siteOf } from './site';
import { matchesPolicy, StsPolicies, type SeenPolicies, type StsOptions } from './sts';
import { Troubles } from './troubles';

export interface MxDeps {
  limits: LimitsOf;
  missing: MissingDomains;
  policies: SeenPolicies;
  log: Pick<Logger, 'warn'>;
  /** For tests. */
  sts?: Pick<StsOptions, 'port' | 'ca'>;
}

/** Delivers to the recipients' mail servers: one pool of connections per site, which domains share. */
export function createMxTransport(name: string, config: MxTransportConfig, deps: MxDeps): Transport {
  return new MxTransport(name, config, deps);
}

interface Route extends Destination {
  site: Site;
}
interface SitePool {
  pool: ConnectionPool;
  site: Site;
}

const MOST_POOLS = 5_000;

class MxTransport implements Transport {
  readonly type = 'mx';
  readonly capacity: number;
  private readonly dns: MailDns;
  private readonly policies: StsPolicies;
  private readonly troubles = new Troubles();
  private readonly pools = new Map<string, SitePool>();
  /** Open connections of each site, and of all. */
  private readonly open = new Map<string, number>();
  private total = 0;
  /** Messages whose way is being looked for. */
  private routing = 0;
  private closed = false;
  private readonly told = new Set<string>();

  constructor(
    readonly name: string,
    private readonly config: MxTransportConfig,
    private readonly deps: MxDeps,
  ) {
    this.capacity = config.pool.maxConnections;
    this.dns = new MailDns(config.resolver);
    this.policies = new StsPolicies(this.dns, deps.policies, deps.log, {
      ...deps.sts,
      allowPrivate: config.allowPrivate,
    });
  }

  get waiting(): number {
    let sum = this.routing;
    for (const { pool } of this.pools.values()) sum += pool.waiting;
    return sum;
  }

  async site(domain: string): Promise<Site> {
    const ascii = domainOf(domain);
    const route = await this.dns.route(ascii);
    return siteOf(route.kind === 'servers' ? route.groups.flat() : [ascii]);
  }

  async send(message: OutgoingMessage): Promise<SendOutcome> {
    this.routing += 1;
    let route: Route | SendOutcome;
    try {
      route = await this.route(domainOf(message.envelope.to));
    } catch (error) {
      return lost((error as Error).message);
    } finally {
      this.routing -= 1;
    }
    if (this.closed) return { ...lost('The transport was closed'), stopped: true };
    if ('kind' in route) return route;
    const { pool } = this.poolFor(route);
    const outcome = pool.send(message);
    if (pool.waiting > 0 && this.total >= this.capacity) this.makeRoom(pool);
    return outcome;
  }

  /** Whether this machine has the address to send from, and DNS answers. Port 25 is only tried with a mail. */
  async verify(): Promise<void> {
    const { localAddress, resolver } = this.config;
    const own = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
    if (localAddress && !own.some(({ address }) => address === localAddress)) {
      throw new Error(
        `This machine does not have the address ${localAddress}. Check localAddress of the transport "${this.name}".`,
      );
    }
    const route = await this.dns.route('gmail.com');
    if (route.kind === 'failed') {
      const servers = resolver ? resolver.join(', ') : 'of this machine';
      throw new Error(
        `${route.message}. Check the DNS servers (${servers}): without DNS no mail server is found.`,
      );
    }
  }

  abort(): void {
    this.closed = true;
    for (const { pool } of this.pools.values()) pool.abort();
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.pools.values()].map(({ pool }) => pool.close()));
  }

  private async route(domain: string): Promise<Route | SendOutcome> {
    const found = await this.dns.route(domain);
    if (found.kind !== 'missing') this.deps.missing.found(domain);
    switch (found.kind) {
      case 'null':
        return refused(556, '5.1.10', `The domain ${domain} takes no mail (null MX)`);
      case 'failed':
        return lost(found.message);
      case 'missing':
        // DNS forgets a domain now and then: not before it has been gone for a day.
        return (await this.deps.missing.isGone(domain))
          ? refused(550, '5.1.2', found.message)
          : refused(450, '4.4.4', `${found.message}; it is looked for again before it counts as gone`);
      case 'servers':
        return this.withPolicy(domain, found.groups);
    }
  }

  private async withPolicy(domain: string, groups: Destination['groups']): Promise<Route | SendOutcome> {
    const site = siteOf(groups.flat());
    const policy = this.config.mtaSts ? await this.policies.of(domain) : null;
    if (!policy || policy.mode === 'none') return { site, groups, verified: false };
    const fitting = groups.map((hosts) => hosts.filter((host) => matchesPolicy(policy, host)));
    const misfits = groups.flat().filter((host) => !matchesPolicy(policy, host));
    const sentence = `The mail servers ${misfits.join(', ')} of ${domain} are not in its MTA-STS policy (${policy.mx.join(', ')})`;
    if (policy.mode === 'testing') {
      if (misfits.length > 0) this.tell(`${sentence}, which is only tested`);
      return { site, groups, verified: false };
    }
    if (fitting.flat().length === 0) return lost(`${sentence}: nothing is sent until that is mended`);
    return { site, groups: fitting, verified: true };
  }

  private tell(sentence: string): void {
    if (this.told.has(sentence) || this.told.size > 1000) return;
    this.told.add(sentence);
    this.deps.log.warn(`newsletter: ${sentence}`);
  }

  /** Mail that needs valid certificates does not share connections with mail that takes any. */
  private poolFor(route: Route): SitePool {
    const key = route.verified ? `${route.site.name} ${route.groups.flat().join(' ')}` : route.site.name;
    const known = this.pools.get(key);
    if (known) return known;
    if (this.pools.size >= MOST_POOLS) this.forgetIdle();
    const { site } = route;
    const pool: ConnectionPool = new ConnectionPool({
      open: () => {
        this.count(site, 1);
        return this.openSession(route);
      },
      limits: () => this.limitsOf(site, pool),
      patienceMs: this.config.timeouts.socket,
      onClosed: () => {
        this.count(site, -1);
        for (const other of this.pools.values()) if (other.pool.waiting > 0) other.pool.wake();
      },
      onIdle: () => {
        if (this.total >= this.capacity && this.isAnyoneWithout()) pool.endIdle();
      },
    });
    const made = { pool, site };
    this.pools.set(key, made);
    return made;
  }

  private async openSession(route: Route) {
    const opener = { config: this.config, dns: this.dns, troubles: this.troubles };
    try {
      return await openSite(opener, route);
    } catch (error) {
      if (!route.verified || !isTlsError(error as SmtpError)) throw error;
      // Without its code: a certificate that is not trusted would look like a mistake in our own configuration.
      throw new Error(
        `${route.site.name} asks for verified encryption (MTA-STS) and nothing is sent without: ${(error as Error).message}`,
        { cause: error },
      );
    }
  }

  /** What is left for a pool, its own connections included. */
  private limitsOf(site: Site, pool: ConnectionPool) {
    const { connections, messagesPerConnection } = this.deps.limits(this.name, site);
    const own = pool.connections;
    const others = (this.open.get(site.name) ?? 0) - own;
    const left = this.capacity - (this.total - own);
    // The last places are for sites that have none.
    const most = own > 0 && left - own <= 1 && this.isAnyoneWithout() ? own : left;
    return {
      connections: Math.min(Math.max(1, connections) - others, most),
      messagesPerConnection: Math.max(1, messagesPerConnection),
    };
  }

  private count(site: Site, by: 1 | -1): void {
    this.total += by;
    const now = (this.open.get(site.name) ?? 0) + by;
    if (now > 0) this.open.set(site.name, now);
    else this.open.delete(site.name);
  }

  /** Ends an idle connection to another site, so that this one gets its first. */
  private makeRoom(needy: ConnectionPool): void {
    if (needy.connections > 0) return;
    for (const { pool } of this.pools.values()) if (pool !== needy && pool.endIdle()) return;
  }

  private isAnyoneWithout(): boolean {
    for (const { pool } of this.pools.values()) if (pool.waiting > 0 && pool.connections === 0) return true;
    return false;
  }

  private forgetIdle(): void {
    for (const [key, { pool }] of this.pools)
      if (pool.connections === 0 && pool.waiting === 0) this.pools.delete(key);
  }
}

const lost = (message: string) => ({ kind: 'lost', stage: 'connect', message }) satisfies SendOutcome;

const refused = (code: number, status: string, text: string): SendOutcome => ({
  kind: 'refused',
  stage: 'rcpt',
  reply: { code, status, text },
});
