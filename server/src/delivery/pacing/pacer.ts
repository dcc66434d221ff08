import type { Context } from '../../context';
import {
  findDestination,
  liveEpochs,
  readDestinations,
  writeDestination,
  type DestinationRow,
} from '../../storage';
import { databaseMessage } from '../ticker';
import type { LimitsOf, Site, SendOutcome, Transport } from '../types';
import { Bucket, type BucketEnv } from './buckets';
import { Counts } from './counts';
import { DestinationFinder, domainOf, WHOLE_SOURCE } from './destination';
import { Lane } from './lane';
import { configuredLimits, configuredRules } from './limits';
import { learnedOf, rowOf } from './rows';
import { createTokenStore, type OpenTokenStore } from './token-store';

const TICK_MS = 1_000;
/** Others are listened to every so many milliseconds. */
const LISTEN_MS = 3_000;
/** After so long without a message, nothing is read or written any more until the next one. */
const IDLE_MS = 60_000;
/** Domains that are remembered; those without trouble are forgotten above. */
const MOST_DOMAINS = 20_000;
const ABOUT_ALL: readonly string[] = ['connect', 'tls', 'auth'];
/** What relays say about our account as a whole, whoever the message is for. */
const ABOUT_ACCOUNT =
  /maximum sending rate|sending rate exceeded|throttling failure|daily (?:sending |message )?(?:quota|limit)|hourly (?:sending |message )?(?:quota|limit)|too many (?:messages|emails) (?:from|sent by) (?:you|this account)/i;

/**
 * All lanes of a process. The hot loop finds the lane of a domain in a map; what was learned and counted goes to the
 * table once a second in sets, and what other processes learned is read every three seconds.
 */
export class Pacer {
  private readonly finder: DestinationFinder;
  private readonly store: OpenTokenStore | null;
  private readonly bucketEnv: BucketEnv;
  private readonly lanes = new Map<string, Lane>();
  private readonly domains = new Map<string, Map<string, Lane>>();
  private readonly buckets = new Map<string, Bucket>();
  /** Rows of destinations without a lane here yet. */
  private readonly rows = new Map<string, DestinationRow>();
  private readonly wholes = new Map<string, Lane>();
  private readonly counts = new Counts();
  private processes = 1;
  private heardAt = 0;
  private since = 0;
  private usedAt = 0;
  private listening: Promise<void> | null = null;
  private running: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | null = null;
  private stopped = false;
  private failed = false;

  constructor(private readonly ctx: Context) {
    this.finder = new DestinationFinder(ctx.config.pacing.destinations);
    this.store = createTokenStore(ctx);
    this.bucketEnv = {
      store: this.store,
      processes: () => this.processes,
      onStore: (error) => {
        if (error) {
          ctx.log.warn(
            `newsletter: rates are not shared now, each process takes its part of them: ${error.message}`,
          );
        } else ctx.log.info('newsletter: rates are shared by all processes again');
      },
    };
  }

  /** Call it before messages are sent: afterwards it is known what other processes, and this one before its start, learned. */
  async ready(): Promise<void> {
    this.usedAt = Date.now();
    if (!this.timer && !this.stopped) this.schedule();
    if (this.usedAt - this.heardAt > LISTEN_MS + 2 * TICK_MS) await this.listen();
  }

  /**
   * The lane of a domain.
   * @param domain in lower case, A-labels
   * @param site what an mx transport says about it; null for relays
   */
  lane(transport: Pick<Transport, 'name' | 'type'>, domain: string, site: Site | null): Lane {
    let domains = this.domains.get(transport.name);
    if (!domains) this.domains.set(transport.name, (domains = new Map()));
    // Domains of one site share its lane, but for those that have a row or a configuration of their own.
    const key = site && !this.finder.hasOwn(domain) ? site.name : domain;
    const known = domains.get(key);
    if (known) return known;
    if (domains.size >= MOST_DOMAINS) this.sweep();
    const lane = this.laneOf(transport, this.finder.find(domain, site));
    domains.set(key, lane);
    return lane;
  }

  /** Everything over a transport: its own rate, and what a relay says about us as a whole. */
  whole({ name }: Pick<Transport, 'name'>): Lane {
    let lane = this.wholes.get(name);
    if (!lane) this.wholes.set(name, (lane = this.laneOf({ name, type: 'smtp' }, WHOLE_SOURCE)));
    return lane;
  }

  /** The rate of a sender's domain; null: it has none. */
  sender(email: string): Bucket | null {
    const domain = domainOf(email);
    const limit = this.ctx.config.pacing.senderDomains[domain];
    return limit ? this.bucket(`from ${domain}`, limit.messagesPerSecond) : null;
  }

  /** A rate that all processes share, by a name. */
  bucket(name: string, perSecond: number): Bucket {
    let bucket = this.buckets.get(name);
    if (!bucket) this.buckets.set(name, (bucket = new Bucket(name, perSecond, this.bucketEnv)));
    bucket.perSecond = perSecond;
    return bucket;
  }

  /** Counts a message that is about to be handed over. */
  begin(transport: Pick<Transport, 'name'>, lane: Lane): void {
    const now = Date.now();
    this.usedAt = now;
    this.whole(transport).begin(now);
    lane.begin(now);
  }

  /** Nothing was handed over after all. */
  cancel(transport: Pick<Transport, 'name'>, lane: Lane): void {
    this.whole(transport).cancel();
    lane.cancel();
  }

  /** What an mx transport may open to a site in this process. */
  readonly limitsOf: LimitsOf = (transport, site, domain = site.name) => {
    const lane = this.lane({ name: transport, type: 'mx' }, domain, site);
    const { destination, ownConnections, messagesPerConnection, requireTLS } = lane;
    return { destination, connections: ownConnections, messagesPerConnection, requireTLS };
  };

  /**
   * What became of a message, for its destination or for the whole source.
   * @param putOffId the delivery's id if the receiver put it off
   */
  report(
    transport: Pick<Transport, 'name' | 'type'>,
    lane: Lane,
    { outcome, startedAt, campaignId, putOffId }: Report,
  ): void {
    const now = Date.now();
    const whole = this.whole(transport);
    whole.report(outcome.kind === 'accepted' ? outcome : NOTHING_SAID, startedAt, now);
    if (isAboutRelay(transport, outcome)) {
      // That there is no session is the breaker's to judge.
      if (!ABOUT_ALL.includes(outcome.stage)) whole.refused(outcome, startedAt, now);
      lane.report(NOTHING_SAID, startedAt, now);
    } else {
      lane.report(outcome, startedAt, now);
    }
    if (outcome.kind === 'accepted') this.counts.add(lane, campaignId, 1);
    if (putOffId !== null) this.counts.putOff(lane, putOffId);
  }

  /** Reads again what others know about a suspended destination. @returns whether it still is */
  async confirm(lane: Lane): Promise<boolean> {
    const row = await findDestination(this.ctx.knex, lane.source, lane.destination);
    if (row) lane.adopt(learnedOf(row, lane.type), row.version);
    return lane.suspendedUntil(Date.now()) !== null;
  }

  /** Writes what is not written yet and ends. */
  async stop(): Promise<void> {
    this.stopped = true;
    if (this.timer) clearTimeout(this.timer);
    await this.running;
    await this.quietly(() => this.write());
    await this.store?.close();
  }

  private laneOf(transport: Pick<Transport, 'name' | 'type'>, destination: string): Lane {
    const key = keyOf(transport.name, destination);
    const known = this.lanes.get(key);
    if (known) return known;
    const lane = new Lane({
      source: transport.name,
      destination,
      type: transport.type,
      limits: configuredLimits(this.ctx.config, transport, destination),
      rules: configuredRules(this.ctx.config.pacing, destination),
      named: this.finder.isNamed(destination),
      processes: () => this.processes,
      bucket: (perSecond) => new Bucket(`to ${transport.name} ${destination}`, perSecond, this.bucketEnv),
    });
    const row = this.rows.get(key);
    if (row) lane.adopt(learnedOf(row, transport.type), row.version);
    this.rows.delete(key);
    this.lanes.set(key, lane);
    return lane;
  }

  private schedule(): void {
    this.timer = setTimeout(() => {
      this.running = this.tick().finally(() => {
        this.timer = null;
        const isWanted = Date.now() - this.usedAt < IDLE_MS || this.hasNews();
        if (!this.stopped && isWanted) this.schedule();
      });
    }, TICK_MS).unref();
  }

  private hasNews(): boolean {
    return !this.counts.isEmpty || [...this.lanes.values()].some((lane) => lane.isDirty);
  }

  private async tick(): Promise<void> {
    await this.quietly(async () => {
      await this.write();
      if (Date.now() - this.heardAt >= LISTEN_MS) await this.listen();
    });
  }

  private listen(): Promise<void> {
    this.listening ??= this.hear().finally(() => (this.listening = null));
    return this.listening;
  }

  private async hear(): Promise<void> {
    const { knex } = this.ctx;
    const { rows, at } = await readDestinations(knex, this.since);
    this.processes = Math.max(1, (await liveEpochs(knex)).length);
    this.since = at;
    this.heardAt = Date.now();
    for (const row of rows) {
      const key = keyOf(row.source, row.destination);
      const lane = this.lanes.get(key);
      if (lane) lane.adopt(learnedOf(row, lane.type), row.version);
      else if (this.ctx.config.transports[row.source]) this.rows.set(key, row);
    }
  }

  private async write(): Promise<void> {
    for (const lane of this.lanes.values()) if (lane.isDirty) await this.writeLane(lane);
    await this.counts.write(this.ctx.knex, Date.now());
  }

  /** The changes made while it is written stay for the next time. */
  private async writeLane(lane: Lane): Promise<void> {
    const { knex } = this.ctx;
    const { learned, version } = lane;
    if (await writeDestination(knex, rowOf(lane, learned, version))) {
      lane.version = version + 1;
      lane.isDirty = lane.learned !== learned;
      return;
    }
    const row = await findDestination(knex, lane.source, lane.destination);
    if (row) lane.adopt(learnedOf(row, lane.type), row.version);
    else lane.version = 0;
  }

  private sweep(): void {
    for (const domains of this.domains.values()) {
      for (const [domain, lane] of domains) if (lane.isIdle && !lane.isNamed) domains.delete(domain);
    }
    for (const [key, lane] of this.lanes) if (lane.isIdle && !lane.isNamed) this.lanes.delete(key);
  }

  /** Says once, not each second, that the database is away. */
  private async quietly(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.failed = false;
    } catch (error) {
      if (!this.failed) {
        const message = databaseMessage(error as Error);
        this.ctx.log.warn(`newsletter: what destinations taught could not be kept or read: ${message}`);
      }
      this.failed = true;
    }
  }
}

export interface Report {
  outcome: SendOutcome;
  startedAt: number;
  campaignId: string;
  putOffId: number | null;
}

const NOTHING_SAID: SendOutcome = { kind: 'unknown', message: '' };

const keyOf = (source: string, destination: string) => `${source} ${destination}`;

/** From MAIL on, a relay speaks about the message; before, and in some words after, about itself or our account. */
function isAboutRelay(
  { type }: Pick<Transport, 'type'>,
  outcome: SendOutcome,
): outcome is Extract<SendOutcome, { kind: 'refused' }> {
  if (type !== 'smtp' || outcome.kind !== 'refused') return false;
  return (
    ABOUT_ALL.includes(outcome.stage) || outcome.stage === 'mail' || ABOUT_ACCOUNT.test(outcome.reply.text)
  );
}
