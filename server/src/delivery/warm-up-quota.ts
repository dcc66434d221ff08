import type { WarmUpConfig } from '../config';
import type { Context } from '../context';
import {
  addWarmUpCounts,
  beginWarmUpDay,
  complaintsOfDay,
  lastWarmUpDay,
  reserveWarmUp,
  tidyWarmUps,
  warmUpDestinations,
  type WarmUpRow,
} from '../storage';
import type { Verdict } from './replies';
import { databaseMessage } from './ticker';
import {
  allowedBy,
  dayOf,
  LARGEST_SHARE,
  nextAt,
  perSecondOf,
  quotaOf,
  SPREAD_MS,
  startOfDay,
  stepOf,
  WARM_QUOTA,
  type WarmUpDay,
} from './warm-up';

const DAY_MS = 86_400_000;
/** Messages are reserved for about so long at once. */
const SET_MS = 10_000;
/** Counters are written, and those of other processes read, at most every so many milliseconds. */
const SYNC_MS = 5_000;
const ASKING_MS = 50;
const FAILED_MS = 5_000;

/** Where a source stands. */
export interface WarmUpState {
  /** Day of the plan, from 1; 0: it has not begun. */
  step: number;
  /** Messages that it may send today, and those that it has taken. */
  quota: number;
  used: number;
}

/**
 * What sources that are being warmed up may send today, over all processes: messages of the plan are reserved in sets
 * before they are sent. The hot loop asks in memory; the table is asked in the background.
 */
export class WarmUps {
  private readonly sources = new Map<string, Source>();

  constructor(ctx: Pick<Context, 'config' | 'knex' | 'log'>) {
    for (const [name, { warmUp }] of Object.entries(ctx.config.transports))
      if (warmUp) this.sources.set(name, new Source(ctx, name, warmUp));
  }

  /** Milliseconds until the source may send a message; 0: now, as for sources that are not warmed up. */
  wait(source: string, now: number): number {
    return this.sources.get(source)?.wait(now) ?? 0;
  }

  /** Messages per second on average while the day's are sent; Infinity: it is not warmed up. */
  perSecond(source: string): number {
    return this.sources.get(source)?.perSecond ?? Infinity;
  }

  /** The same for one destination: half of a day's messages at most go there. */
  waitFor(source: string, destination: string, now: number): number {
    return this.sources.get(source)?.waitFor(destination, now) ?? 0;
  }

  /** Counts a message that is about to be handed over; call it when nothing has to be waited for. */
  take(source: string, destination: string): void {
    this.sources.get(source)?.take(destination, 1);
  }

  /** Nothing was handed over after all. */
  cancel(source: string, destination: string): void {
    this.sources.get(source)?.take(destination, -1);
  }

  /** What became of a message. */
  report(source: string, verdict: Pick<Verdict, 'state' | 'reason'>): void {
    this.sources.get(source)?.report(verdict);
  }

  /** Writes what is not written yet, and gives back what was not used. */
  async stop(): Promise<void> {
    await Promise.all([...this.sources.values()].map((source) => source.stop()));
  }
}

const NO_COUNTS = { accepted: 0, deferred: 0, hard: 0, blocked: 0 };

/** One source in this process. */
class Source {
  /** Of what day the rest is. */
  private day = '';
  private quota = 0;
  private reserved = 0;
  private nextAt = 0;
  private asking: Promise<void> | null = null;
  private syncedAt = 0;
  private counts = { ...NO_COUNTS };
  /** Messages by destination: of all processes as it was read last, and of this one since. */
  private known = new Map<string, number>();
  private fresh = new Map<string, number>();

  constructor(
    private readonly ctx: Pick<Context, 'knex' | 'log'>,
    private readonly name: string,
    private readonly config: WarmUpConfig,
  ) {}

  wait(now: number): number {
    if (this.quota >= WARM_QUOTA && this.day === dayOf(now)) return 0;
    if (this.day === dayOf(now) && this.reserved > 0) {
      if (now - this.syncedAt > SYNC_MS) this.ask(now, 0);
      return 0;
    }
    if (now < this.nextAt) return this.nextAt - now;
    this.ask(now, 1);
    return ASKING_MS;
  }

  get perSecond(): number {
    return perSecondOf(this.quota);
  }

  waitFor(destination: string, now: number): number {
    if (this.quota >= WARM_QUOTA) return 0;
    const sent = (this.known.get(destination) ?? 0) + (this.fresh.get(destination) ?? 0);
    if (this.day !== dayOf(now) || sent < Math.max(1, this.quota * LARGEST_SHARE)) return 0;
    return startOfDay(this.day) + DAY_MS - now;
  }

  take(destination: string, count: 1 | -1): void {
    this.reserved -= count;
    this.fresh.set(destination, (this.fresh.get(destination) ?? 0) + count);
  }

  report({ state, reason }: Pick<Verdict, 'state' | 'reason'>): void {
    if (state === 'accepted') this.counts.accepted += 1;
    else if (reason === 'reputation') this.counts.blocked += 1;
    else if (state === 'deferred') this.counts.deferred += 1;
    else if (reason === 'invalid') this.counts.hard += 1;
  }

  async stop(): Promise<void> {
    await this.asking;
    try {
      await this.write(Math.max(0, this.reserved));
      this.reserved = 0;
    } catch (error) {
      this.failed(error as Error);
    }
  }

  private ask(now: number, fewest: 0 | 1): void {
    this.asking ??= this.askTable(now, fewest)
      .catch((error: Error) => this.failed(error))
      .finally(() => {
        this.asking = null;
      });
  }

  /** Without its table nobody knows what other processes send: nothing is sent over the source meanwhile. */
  private failed(error: Error): void {
    this.nextAt = Date.now() + FAILED_MS;
    this.ctx.log.warn(
      `newsletter: the warm-up of the transport "${this.name}" is not known: ${databaseMessage(error)}`,
    );
  }

  private async askTable(now: number, fewest: 0 | 1): Promise<void> {
    const today = dayOf(now);
    const isNewDay = this.day !== today;
    // What was reserved yesterday is no use today.
    if (this.day !== '') await this.write(isNewDay ? Math.max(0, this.reserved) : 0);
    if (isNewDay) {
      this.reserved = 0;
      this.known.clear();
    }
    const row = await this.readDay(today);
    this.day = today;
    this.quota = row.quota;
    this.syncedAt = now;
    if (row.quota >= WARM_QUOTA) return;
    this.known = await warmUpDestinations(this.ctx.knex, this.name, today, this.quota / 10);
    if (fewest === 0) return;
    await this.reserve(row, now);
  }

  private async reserve(row: WarmUpRow, now: number): Promise<void> {
    const atOnce = Math.max(1, Math.ceil((row.quota / SPREAD_MS) * SET_MS)) - Math.min(0, this.reserved);
    const count = Math.min(atOnce, allowedBy(now, row.quota, row.startedAt) - row.reserved);
    if (count <= 0) {
      this.nextAt =
        row.quota === 0
          ? startOfDay(row.day) + DAY_MS
          : nextAt(row.day, row.quota, row.startedAt, row.reserved);
      return;
    }
    // Otherwise another process was faster; asked again at once.
    if (await reserveWarmUp(this.ctx.knex, this.name, row, count, now)) this.reserved += count;
  }

  private async readDay(today: string): Promise<WarmUpRow> {
    const { knex } = this.ctx;
    const last = await lastWarmUpDay(knex, this.name);
    if (last?.day === today) return last;
    const step = stepOf(today, last && (await this.withComplaints(last)), this.config);
    const quota = step === 0 ? 0 : quotaOf(step, this.config.plan);
    await beginWarmUpDay(knex, this.name, { day: today, step, quota });
    await tidyWarmUps(knex, today, dayOf(startOfDay(today) - 365 * DAY_MS));
    return (await lastWarmUpDay(knex, this.name))!;
  }

  private async withComplaints(last: WarmUpRow): Promise<WarmUpDay> {
    const from = startOfDay(last.day);
    return { ...last, complaints: await complaintsOfDay(this.ctx.knex, this.name, from, from + DAY_MS) };
  }

  private async write(unused: number): Promise<void> {
    const { counts, fresh } = this;
    const isEmpty = fresh.size === 0 && unused === 0 && Object.values(counts).every((count) => count === 0);
    if (isEmpty) return;
    this.counts = { ...NO_COUNTS };
    this.fresh = new Map();
    try {
      await addWarmUpCounts(this.ctx.knex, this.name, this.day, { ...counts, unused, destinations: fresh });
      add(this.known, fresh);
    } catch (error) {
      add(this.fresh, fresh);
      for (const kind of ['accepted', 'deferred', 'hard', 'blocked'] as const)
        this.counts[kind] += counts[kind];
      throw error;
    }
  }
}

function add(to: Map<string, number>, from: ReadonlyMap<string, number>): void {
  for (const [key, count] of from) to.set(key, (to.get(key) ?? 0) + count);
}

/** What a warm-up lets a source send. */
export interface WarmUpLimit {
  source: string;
  /** Messages a day; 0: it has not begun. */
  quota: number;
  /** Messages per second on average while the day's are sent. */
  perSecond: number;
  /** When the source may send again, milliseconds since 1970; null: the day is not used up. */
  nextAt: number | null;
}

/** The limits of sources that are not warm yet. */
export async function warmUpLimits(
  ctx: Pick<Context, 'config' | 'knex'>,
  now: number,
): Promise<WarmUpLimit[]> {
  const tomorrow = startOfDay(dayOf(now)) + DAY_MS;
  const states = await warmUpStates(ctx, now);
  return [...states].flatMap(([source, { step, quota, used }]) => {
    const perSecond = perSecondOf(quota);
    if (perSecond === Infinity) return [];
    const begins = step === 0 ? startOfDay(ctx.config.transports[source]!.warmUp!.startedOn) : 0;
    return [{ source, quota, perSecond, nextAt: used < quota ? null : Math.max(tomorrow, begins) }];
  });
}

/** Where each source stands that is being warmed up, by the table alone. */
export async function warmUpStates(
  { config, knex }: Pick<Context, 'config' | 'knex'>,
  now: number,
): Promise<Map<string, WarmUpState>> {
  const states = new Map<string, WarmUpState>();
  for (const [name, { warmUp }] of Object.entries(config.transports)) {
    if (!warmUp) continue;
    const last = await lastWarmUpDay(knex, name);
    const today = dayOf(now);
    if (last?.day === today) {
      states.set(name, { step: last.step, quota: last.quota, used: last.reserved });
      continue;
    }
    const step = stepOf(today, last && { ...last, complaints: 0 }, warmUp);
    states.set(name, { step, quota: step === 0 ? 0 : quotaOf(step, warmUp.plan), used: 0 });
  }
  return states;
}
