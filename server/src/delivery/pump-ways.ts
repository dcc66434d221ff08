import type { ClaimedDelivery } from '../storage';
import type { Breaker } from './engine-pace';
import { domainOf } from './pacing/destination';
import type { Lane } from './pacing/lane';
import type { Pacer } from './pacing/pacer';
import { pickTransport, type Route } from './routes';
import type { Site, Transport } from './types';

/** How a delivery goes out: over which transport, to which destination. */
export interface Way {
  transport: Transport;
  breaker: Breaker;
  lane: Lane;
}

/** Nothing can go now over the way that has to wait least. */
export interface Blocked {
  way: Way;
  /** Milliseconds; Infinity: until a message to the destination has its reply. */
  waitMs: number;
}

/** The ways of a sender, as a ticket asks for them before each message. */
export class Ways {
  constructor(
    private readonly routes: readonly Route[],
    private readonly pacer: Pacer,
    private readonly breakerOf: (transport: Transport) => Breaker,
  ) {}

  /** Milliseconds until any of the transports can be used at all; Infinity: when a message over it has its reply. */
  wait(now: number): number {
    let least = Infinity;
    for (const { transport } of this.routes) least = Math.min(least, this.sourceWait(transport, now));
    return least;
  }

  /** Messages per second that all of them may send; Infinity: no limit. */
  get perSecond(): number {
    return this.routes.reduce((sum, { transport }) => sum + this.pacer.whole(transport).rate, 0);
  }

  /** Answers at once, without a promise, where there is nothing to choose: one relay. */
  choose(row: ClaimedDelivery, now: number): Way | Blocked | Promise<Way | Blocked> {
    const [only] = this.routes;
    const domain = domainOf(row.email);
    if (this.routes.length > 1 || only!.transport.type === 'mx') return this.pick(row, domain, now);
    const way = this.way(only!.transport, domain, null);
    const waitMs = way.lane.wait(now);
    return waitMs === 0 ? way : { way, waitMs };
  }

  private async pick(row: ClaimedDelivery, domain: string, now: number): Promise<Way | Blocked> {
    let least: Blocked | null = null;
    const choice = await pickTransport(this.routes, {
      domain,
      now,
      // Greylisting lets in who comes again from the same address (RFC 6647).
      sticky: row.attempt > 0 ? row.transport : null,
      wait: (transport, site) => {
        const way = this.way(transport, domain, site);
        const waitMs = Math.max(way.lane.wait(now), this.sourceWait(transport, now));
        if (least === null || waitMs < least.waitMs) least = { way, waitMs };
        return waitMs;
      },
    });
    return choice.transport ? this.way(choice.transport, domain, choice.site) : least!;
  }

  private way(transport: Transport, domain: string, site: Site | null): Way {
    return { transport, breaker: this.breakerOf(transport), lane: this.pacer.lane(transport, domain, site) };
  }

  private sourceWait(transport: Transport, now: number): number {
    return Math.max(this.breakerOf(transport).wait(now), this.pacer.whole(transport).wait(now));
  }
}
