import { clientOf } from '../../client-address';
import type { ListenerConfig } from '../../config';

/** Limits per client address: a whole /64 of IPv6. In the memory of this process. */
export interface Rates {
  /** Counts a connection. @returns false: too many within a minute */
  connection(ip: string): boolean;
  /** Counts a mail. @returns false: too many within a minute */
  mail(ip: string): boolean;
  /** Counts a recipient that is not ours. @returns false: too many within a minute */
  stranger(ip: string): boolean;
  /** Whether a client has already had too many of those. */
  isGuessing(ip: string): boolean;
}

const MINUTE = 60_000;
/**
 * Clients that are counted at the same time, some hundred octets each. Who has more addresses than that has the counters of
 * the oldest back; what they guess has 80 bits.
 */
const MAX_CLIENTS = 10_000;

/** @param now milliseconds since 1970 */
export function createRates(config: ListenerConfig, now: () => number = Date.now): Rates {
  const connections = new Counters(config.connectionsPerMinutePerIp, now);
  const mails = new Counters(config.mailsPerMinutePerIp, now);
  const strangers = new Counters(config.strangersPerMinutePerIp, now);
  return {
    connection: (ip) => connections.count(ip),
    mail: (ip) => mails.count(ip),
    stranger: (ip) => strangers.count(ip),
    isGuessing: (ip) => strangers.isUsedUp(ip),
  };
}

/** Counts within a minute that begins with the first call, per client, for a bounded number of clients. */
class Counters {
  /** In the order in which their minutes end. */
  private readonly clients = new Map<string, { count: number; until: number }>();

  constructor(
    private readonly limit: number,
    private readonly now: () => number,
  ) {}

  /** @returns whether it is still allowed */
  count(ip: string): boolean {
    this.forget();
    const client = clientOf(ip);
    const known = this.clients.get(client) ?? { count: 0, until: this.now() + MINUTE };
    known.count += 1;
    this.clients.set(client, known);
    return known.count <= this.limit;
  }

  isUsedUp(ip: string): boolean {
    this.forget();
    return (this.clients.get(clientOf(ip))?.count ?? 0) >= this.limit;
  }

  private forget(): void {
    for (const [client, { until }] of this.clients) {
      if (until > this.now() && this.clients.size < MAX_CLIENTS) return;
      this.clients.delete(client);
    }
  }
}
