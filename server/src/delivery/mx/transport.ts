import { networkInterfaces } from 'node:os';
import type { MxTransportConfig } from '../../config';
import type { Logger } from '../../context';
import { domainOf } from '../pacing/destination';
import { ConnectionPool } from '../smtp/pool';
import { oneLine } from '../replies-parse';
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

/** Where mail of a pool goes: to a site, in the name of a domain of the destination. */
interface Goal {
  site: Site;
  domain: string;
  destination: string;
}
interface Route extends Destination, Goal {}
interface SitePool extends Goal {
  pool: ConnectionPool;
}

const MOST_POOLS = 5_000;

class MxTransport implements Transport {
  readonly type = 'mx';
  readonly capacity: number;
  private readonly dns: MailDns;
  private readonly policies: StsPolicies;
  private readonly troubles = new Troubles();
  private readonly pools = new Map<string, SitePool>();
  /** Open connections of each destination, and of all. */
  private readonly open = new Map<string, number>();
  private total = 0;
  /** Those that wait for their first connection, while others have all that there may be. */
  private readonly needy = new Set<SitePool>();
  private isWaking = false;
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
    return this.poolFor(route).pool.send(message);
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
          : refused(450, UNROUTABLE, `${found.message}; it is looked for again before it counts as gone`);
      case 'servers':
        return this.withPolicy(domain, found.groups);
    }
  }

  private async withPolicy(domain: string, groups: Destination['groups']): Promise<Route | SendOutcome> {
    const site = siteOf(groups.flat());
    const limits = this.deps.limits(this.name, site, domain);
    const { destination = site.name, requireTLS = this.config.requireTLS } = limits;
    const goal: Goal = { site, domain, destination };
    const policy = this.config.mtaSts ? await this.policies.of(domain) : null;
    if (!policy || policy.mode === 'none') return { ...goal, groups, verified: false, requireTLS };
    const fitting = groups.map((hosts) => hosts.filter((host) => matchesPolicy(policy, host)));
    const misfits = groups.flat().filter((host) => !matchesPolicy(policy, host));
    const sentence = `The mail servers ${misfits.join(', ')} of ${domain} are not in its MTA-STS policy (${policy.mx.join(', ')})`;
    if (policy.mode === 'testing') {
      if (misfits.length > 0) this.tell(`${sentence}, which is only tested`);
      return { ...goal, groups, verified: false, requireTLS };
    }
    if (fitting.flat().length === 0) {
      return refused(450, UNROUTABLE, `${sentence}: nothing is sent until that is mended`);
    }
    return { ...goal, groups: fitting, verified: true, requireTLS: true };
  }

  private tell(sentence: string): void {
    if (this.told.has(sentence) || this.told.size > 1000) return;
    this.told.add(sentence);
    this.deps.log.warn(`newsletter: ${sentence}`);
  }

  /** Mail that needs encryption, or valid certificates, does not share connections with mail that goes without. */
  private poolFor(route: Route): SitePool {
    const { site, domain, destination } = route;
    const kind = route.verified ? ` ${route.groups.flat().join(' ')}` : route.requireTLS ? ' TLS' : '';
    const key = `${destination} ${site.name}${kind}`;
    const known = this.pools.get(key);
    if (known) return known;
    if (this.pools.size >= MOST_POOLS) this.forgetIdle();
    const pool = new ConnectionPool({
      open: () => {
        this.count(destination, 1);
        this.needy.delete(made);
        return this.openSession(route);
      },
      limits: () => this.limitsOf(made),
      patienceMs: this.config.timeouts.socket,
      onClosed: () => {
        this.count(destination, -1);
        this.wakeNeedy();
        for (const one of [...this.needy]) this.makeRoom(one);
        for (const one of this.pools.values()) if (one.pool.waiting > 0) one.pool.wake();
      },
      onIdle: () => {
        this.wakeNeedy(); // what was learned may let them
        if (this.isTooMuch(made)) pool.endIdle();
      },
    });
    const made: SitePool = { pool, site, domain, destination };
    this.pools.set(key, made);
    return made;
  }

  private async openSession(route: Route) {
    const opener = { config: this.config, dns: this.dns, troubles: this.troubles };
    try {
      return await openSite(opener, route);
    } catch (error) {
      if (!route.verified || !isTlsError(error as SmtpError)) throw error;
      // Without its code: a certificate that is not trusted would look like a mistake in our own configuration. As a refusal:
      // it is about the domain, and others on the same servers, which ask for less, can be reached.
      const sentence = oneLine(
        `${route.site.name} asks for verified encryption (MTA-STS) and nothing is sent without: ${(error as Error).message}`,
      );
      throw Object.assign(new Error(sentence, { cause: error }), {
        response: `450 ${UNROUTABLE} ${sentence}`,
      });
    }
  }

  /** What is left for a pool, its own connections included. */
  private limitsOf(one: SitePool) {
    const { messagesPerConnection } = this.deps.limits(this.name, one.site, one.domain);
    const most = Math.min(
      this.partOf(one, this.mostTo(one), this.openTo(one), one.destination),
      this.partOf(one, this.capacity, this.total),
    );
    if (most <= 0 && this.isWithout(one)) this.need(one);
    return { connections: most, messagesPerConnection: Math.max(1, messagesPerConnection) };
  }

  /** Of `limit` connections, `taken` of which are open. The last one is for a pool that has none. */
  private partOf({ pool }: SitePool, limit: number, taken: number, destination?: string): number {
    const own = pool.connections;
    if (own === 0 || limit - taken > 1 || !this.isAnyoneWithout(destination)) return limit - (taken - own);
    if (limit > taken) this.wakeSoon();
    return own;
  }

  private mostTo({ site, domain }: SitePool): number {
    return Math.max(1, this.deps.limits(this.name, site, domain).connections);
  }

  private openTo({ destination }: SitePool): number {
    return this.open.get(destination) ?? 0;
  }

  private count(destination: string, by: 1 | -1): void {
    this.total += by;
    const now = (this.open.get(destination) ?? 0) + by;
    if (now > 0) this.open.set(destination, now);
    else this.open.delete(destination);
  }

  private need(one: SitePool): void {
    if (this.needy.has(one)) return;
    this.needy.add(one);
    setImmediate(() => this.makeRoom(one)); // a pool is asking: none may change now
  }

  private wakeNeedy(): void {
    for (const one of [...this.needy]) one.pool.wake();
  }

  /** There is a place that is kept for them. */
  private wakeSoon(): void {
    if (this.isWaking) return;
    this.isWaking = true;
    setImmediate(() => {
      this.isWaking = false;
      this.wakeNeedy();
    });
  }

  /** Ends an idle connection of another pool, so that this one gets its first. */
  private makeRoom(one: SitePool): void {
    if (!this.needy.has(one) || !this.isWithout(one)) return;
    const isAboutAll = this.openTo(one) < this.mostTo(one);
    if (isAboutAll && this.total < this.capacity) return one.pool.wake();
    for (const other of this.pools.values()) {
      const isInTheWay = isAboutAll || other.destination === one.destination;
      if (other !== one && isInTheWay && other.pool.endIdle()) return;
    }
  }

  /** Whether a pool keeps an idle connection that somebody else needs, or that a narrowed limit does not allow any more. */
  private isTooMuch(one: SitePool): boolean {
    const limit = this.mostTo(one);
    const open = this.openTo(one);
    if (open > limit) return true;
    if (open === limit && this.isAnyoneWithout(one.destination)) return true;
    return this.total >= this.capacity && this.isAnyoneWithout();
  }

  private isWithout({ pool }: SitePool): boolean {
    return pool.waiting > 0 && pool.connections === 0;
  }

  /** @param destination undefined: any whose limit leaves a place */
  private isAnyoneWithout(destination?: string): boolean {
    for (const one of this.needy) {
      if (!this.isWithout(one)) this.needy.delete(one);
      else if (
        destination === undefined ? this.openTo(one) < this.mostTo(one) : one.destination === destination
      )
        return true;
    }
    return false;
  }

  private forgetIdle(): void {
    for (const [key, { pool }] of this.pools)
      if (pool.connections === 0 && pool.waiting === 0) this.pools.delete(key);
  }
}

/** RFC 3463 §3.5, X.4.4: no way to the domain was found. About the domain alone, unlike a connection that fails. */
const UNROUTABLE = '4.4.4';

const lost = (message: string) => ({ kind: 'lost', stage: 'connect', message }) satisfies SendOutcome;

const refused = (code: number, status: string, text: string): SendOutcome => ({
  kind: 'refused',
  stage: 'rcpt',
  reply: { code, status, text },
});
