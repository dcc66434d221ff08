import type { ClaimedDelivery } from '../storage';
import type { Breaker } from './engine-pace';
import { domainOf } from './pacing/destination';
import type { Lane } from './pacing/lane';
import type { Pacer } from './pacing/pacer';
import { pickTransport, type Route } from './routes';
import type { WarmUps } from './warm-up-quota';
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
    private readonly warmUps: WarmUps,
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
    const rateOf = ({ transport }: Route) =>
      Math.min(this.pacer.whole(transport).rate, this.warmUps.perSecond(transport.name));
    return this.routes.reduce((sum, route) => sum + rateOf(route), 0);
  }

  /** Answers at once, without a promise, where there is nothing to choose: one relay. */
  choose(row: ClaimedDelivery, now: number): Way | Blocked | Promise<Way | Blocked> {
    const [only] = this.routes;
    const domain = domainOf(row.email);
    if (this.routes.length > 1 || only!.transport.type === 'mx')
      return this.pick(row, domain, now) as Promise<Way | Blocked>;
    const way = this.way(only!.transport, domain, null);
    const waitMs = this.laneWait(way, now);
    return waitMs === 0 ? way : { way, waitMs };
  }

  /** Counts a message that is about to be handed over. */
  begin({ transport, breaker, lane }: Way): void {
    this.pacer.begin(transport, lane);
    this.warmUps.take(transport.name, lane.destination);
    breaker.begin();
  }

  /** Nothing was handed over after all. */
  cancel({ transport, breaker, lane }: Way): void {
    breaker.cancel();
    this.notHanded({ transport, lane });
  }

  /** The transport had no session, which its breaker knows; another one may take the message now. */
  async other(row: ClaimedDelivery, failed: Way, tried: ReadonlySet<string>): Promise<Way | null> {
    const choice = await this.pick(row, domainOf(row.email), Date.now(), tried);
    if (choice === null || 'waitMs' in choice) return null;
    this.notHanded(failed);
    this.begin(choice);
    return choice;
  }

  private notHanded({ transport, lane }: Omit<Way, 'breaker'>): void {
    this.pacer.cancel(transport, lane);
    this.warmUps.cancel(transport.name, lane.destination);
  }

  private async pick(
    row: ClaimedDelivery,
    domain: string,
    now: number,
    tried?: ReadonlySet<string>,
  ): Promise<Way | Blocked | null> {
    let least: Blocked | null = null;
    const choice = await pickTransport(this.routes, {
      domain,
      now,
      ...(tried && { tried }),
      // Greylisting lets in who comes again from the same address (RFC 6647).
      sticky: row.attempt > 0 ? row.transport : null,
      wait: (transport, site) => {
        const way = this.way(transport, domain, site);
        const waitMs = Math.max(this.laneWait(way, now), this.sourceWait(transport, now));
        if (least === null || waitMs < least.waitMs) least = { way, waitMs };
        return waitMs;
      },
    });
    return choice.transport ? this.way(choice.transport, domain, choice.site) : least;
  }

  private way(transport: Transport, domain: string, site: Site | null): Way {
    return { transport, breaker: this.breakerOf(transport), lane: this.pacer.lane(transport, domain, site) };
  }

  /** Milliseconds until the transport can be used, whoever the message is for. */
  sourceWait(transport: Transport, now: number): number {
    return Math.max(
      this.breakerOf(transport).wait(now),
      this.pacer.whole(transport).wait(now),
      this.warmUps.wait(transport.name, now),
    );
  }

  /** Milliseconds until the destination lets a message in over this way; Infinity: when one has its reply. */
  laneWait({ transport, lane }: Way, now: number): number {
    return Math.max(lane.wait(now), this.warmUps.waitFor(transport.name, lane.destination, now));
  }
}
