import { setTimeout as sleep } from 'node:timers/promises';
import type { CampaignPriority } from '../../../shared/contracts';
import { listsAsked } from '../audience';
import { campaignState, finishIfDone, freezeStep, pauseBySystem } from '../campaign';
import { isWarmedUp } from '../config';
import type { Context } from '../context';
import {
  claimBatch,
  dueDeliveries,
  hasDueBatch,
  holdBatches,
  holdDeliveries,
  nextBatchAt,
  releaseBatch,
  touchLastSent,
  type ClaimedBatch,
  type ClaimedDelivery,
} from '../storage';
import { CampaignCache, type ReadyCampaign } from './engine-campaign';
import { Breaker } from './engine-pace';
import { sendOne, skipReason, untried, type FaultHook, type SendJob } from './engine-send';
import { EpochHolder } from './epoch';
import { createMessageBuilder, type MessageBuilder } from './message';
import { UNOBSERVED, type DeliveryObserver } from './observer';
import type { Bucket } from './pacing/buckets';
import { Pacer } from './pacing/pacer';
import { isGivenUp, WaitingRows, type Sent } from './pump-lanes';
import { Ways, type Blocked, type Way } from './pump-ways';
import { SendWindows } from './pump-window';
import { Slots, type ReleaseSlot, type SlotUser } from './slots';
import { databaseMessage, type Ticker } from './ticker';
import { noRoute, routesOf, type Route } from './routes';
import { createTransports } from './transport';
import type { Transport } from './types';
import { WarmUps } from './warm-up-quota';

/** What pumps of one process share. */
export interface PumpEnv {
  ctx: Context;
  epochs: EpochHolder;
  slots: Slots;
  campaigns: CampaignCache;
  transports: ReadonlyMap<string, Transport>;
  builder: MessageBuilder;
  breakers: Map<string, Breaker>;
  pacer: Pacer;
  warmUps: WarmUps;
  fault: FaultHook;
  /** Batches by campaign that this process has claimed and not given back yet. */
  batches: Map<string, Set<Promise<void>>>;
  /** Other campaigns wait for a ticket of this process to end; the engine looks. */
  othersWait: boolean;
}

/** Nothing is connected and no epoch is opened before the first pump. */
export function createPumpEnv(
  ctx: Context,
  fault: FaultHook = () => {},
  observer: DeliveryObserver = UNOBSERVED,
): PumpEnv {
  const pacer = new Pacer(ctx);
  return {
    ctx,
    epochs: new EpochHolder(ctx, observer),
    slots: new Slots(ctx.config.worker.slots),
    campaigns: new CampaignCache(ctx),
    transports: createTransports(ctx, pacer.limitsOf),
    builder: createMessageBuilder(ctx),
    breakers: new Map(),
    pacer,
    warmUps: new WarmUps(ctx),
    fault,
    batches: new Map(),
    othersWait: false,
  };
}

export interface PumpResult {
  /** There is more to do: another ticket is wanted. */
  again: boolean;
  /** Milliseconds to wait before it. */
  delayMs: number;
  /** When the next wave, zone or window of the campaign is due, milliseconds since 1970; null: nobody has to be woken. */
  wakeAt: number | null;
}

/** Slots of campaigns that are sent at once are in these proportions. */
const WEIGHTS: Record<CampaignPriority, number> = { low: 1, normal: 3, high: 9 };
/** A ticket's length while other campaigns wait for one to end, milliseconds. */
const TURN_MS = 1_000;
const TAIL_LOOK_MS = 100;
const CLAIM_SECONDS = 10;
const STATE_CHECK_MS = 500;
const BUSY_LOOK_MS = 20;
/** A ticket that waits keeps its id, and a nudge meanwhile would be lost: it looks again soon. */
const LONGEST_DELAY_MS = 15_000;
const IDLE: PumpResult = { again: false, delayMs: 0, wakeAt: null };

/**
 * Sends a campaign for at most the length of a ticket: freezes what is not frozen, claims batches, sends what is due in
 * them. Stops within a second when the campaign is paused or cancelled, when the signal fires, or when the lease is lost.
 */
export async function pump(env: PumpEnv, campaignId: string, signal: AbortSignal): Promise<PumpResult> {
  const { ctx } = env;
  if ((await campaignState(ctx.knex, campaignId)) !== 'sending') return IDLE;
  const campaign = await env.campaigns.load(campaignId);
  if (!campaign) return IDLE;
  const { sender } = campaign.run.snapshot;
  const routes = routesOf(env.transports, sender);
  if (routes.length === 0) {
    await pauseBySystem(ctx, campaignId, noRoute(sender));
    return IDLE;
  }
  const ticker = await env.epochs.current();
  await env.pacer.ready();
  return new Ticket(env, campaign, routes, ticker, signal).run();
}

class Ticket {
  private readonly stop = new AbortController();
  private readonly startedAt = Date.now();
  private readonly user: SlotUser;
  private readonly ways: Ways;
  /** Rates that all messages of the campaign share. */
  private readonly buckets: Bucket[] = [];
  private readonly waiting: WaitingRows;
  private readonly job: Omit<SendJob, 'transport' | 'breaker' | 'lane'>;
  private puttingOff: Promise<void> = Promise.resolve();
  private hasPutOff = false;
  private stateCheckedAt = Date.now();
  private again = false;
  private delayMs = 0;
  private freezing: Promise<void> | null = null;
  private freezeError: Error | null = null;
  /** Claimed, and not given back yet; by an earlier ticket too. */
  private readonly batches: Set<Promise<void>>;
  private readonly windows: SendWindows;
  /** Lists that the audience's segments ask for. */
  private readonly asked: string[];

  constructor(
    private readonly env: PumpEnv,
    private readonly campaign: ReadyCampaign,
    routes: readonly Route[],
    private readonly ticker: Ticker,
    private readonly signal: AbortSignal,
  ) {
    const { snapshot } = campaign.run;
    this.windows = new SendWindows(snapshot.timing);
    this.asked = listsAsked(snapshot.audience.include.segments);
    this.batches = obtain(env.batches, campaign.id, () => new Set());
    this.user = { id: campaign.id, weight: WEIGHTS[snapshot.priority ?? 'normal'] };
    this.ways = new Ways(routes, env.pacer, env.warmUps, ({ name }) =>
      obtain(env.breakers, name, () => new Breaker()),
    );
    this.job = { ...env, ticker, campaign, ways: this.ways };
    this.waiting = new WaitingRows(() => this.mayGoOn(), this.stop.signal);
    const { pacePerHour, sender } = snapshot;
    if (pacePerHour) this.buckets.push(env.pacer.bucket(`campaign ${campaign.id}`, pacePerHour / 3600));
    const ofDomain = env.pacer.sender(sender.email);
    if (ofDomain) this.buckets.push(ofDomain);
  }

  async run(): Promise<PumpResult> {
    const abort = () => this.stop.abort();
    this.signal.addEventListener('abort', abort, { once: true });
    if (this.signal.aborted) abort();
    try {
      if (this.campaign.run.frozenAt === null) this.freezing = this.freeze();
      await this.sendBatches();
      await this.settleTail();
    } finally {
      this.signal.removeEventListener('abort', abort);
      abort();
      await this.freezing;
      if (this.batches.size === 0) this.env.batches.delete(this.campaign.id);
    }
    if (this.freezeError) throw this.freezeError;
    const again = this.again && !this.signal.aborted;
    return { again, delayMs: this.delayMs, wakeAt: again ? null : await this.wakeAt() };
  }

  /** Of a campaign with timing or paced destinations: other ones wait for retries only, which may be some seconds late. */
  private async wakeAt(): Promise<number | null> {
    return this.isExact ? nextBatchAt(this.env.ctx.knex, this.campaign.id) : null;
  }

  private get isExact(): boolean {
    return Boolean(this.campaign.run.snapshot.timing) || this.hasPutOff;
  }

  /** Page after page while others send, with gaps: SQLite works in this process's event loop. */
  private async freeze(): Promise<void> {
    try {
      for (;;) {
        const step = await freezeStep(this.env.ctx, this.campaign.id);
        await this.env.fault('frozen-page');
        if (step === 'done') break;
        if (this.stop.signal.aborted || !(await this.stillSending())) {
          this.again = true;
          break;
        }
        await sleep(5);
      }
    } catch (error) {
      this.freezeError = error as Error;
    }
    this.freezing = null;
  }

  private async sendBatches(): Promise<void> {
    const { knex } = this.env.ctx;
    const { snapshot } = this.campaign.run;
    // The most engaged go first, who may be the last ones to be frozen.
    const isRanked = isWarmedUp(this.env.ctx.config.transports, snapshot.sender);
    while (await this.mayGoOn()) {
      if (isRanked && this.freezing) {
        await Promise.race([this.freezing, sleep(50)]);
        continue;
      }
      if (this.waiting.size >= this.env.ctx.config.worker.batchSize) {
        await sleep(50);
        continue;
      }
      const batch = await claimBatch(knex, this.campaign.id, this.ticker.epoch);
      if (batch) {
        await this.env.fault('claimed');
        const until = this.windows.closedUntil(batch);
        const own = { batchId: batch.id, epoch: this.ticker.epoch };
        if (until === null) await this.sendBatch(batch);
        else await holdBatches(knex, this.campaign.id, batch.zone, until, own);
      } else if (this.freezing) {
        await Promise.race([this.freezing, sleep(50)]);
      } else {
        return;
      }
    }
  }

  /** Sends what is due in one batch; the batch goes back when the last outcome is committed. */
  private async sendBatch(batch: ClaimedBatch): Promise<void> {
    const since = Date.now();
    const inFlight = new Set<Promise<void>>();
    try {
      let afterId = 0;
      for (;;) {
        const rows = await this.claimRows(batch.id, afterId);
        if (rows.length === 0) break;
        afterId = rows.at(-1)!.id;
        for (const row of await this.skipSome(rows)) {
          if (!this.isClear(Date.now()) && !(await this.mayGoOn())) return;
          if ((await this.send(row, batch, inFlight)) === 'ended') return;
        }
        await this.putOff();
      }
    } finally {
      const done: Promise<void> = this.finishBatch(batch, inFlight, since).then(
        () => void this.batches.delete(done),
      );
      this.batches.add(done);
    }
  }

  /**
   * Begins to send one row as soon as there is a slot, or lets it wait for its destination without holding up others.
   * @returns `ended` when nothing more of the batch may be sent now
   */
  private async send(row: ClaimedDelivery, batch: ClaimedBatch, inFlight: Set<Promise<void>>): Promise<Sent> {
    const chosen = this.ways.choose(row, Date.now());
    const choice = chosen instanceof Promise ? await chosen : chosen;
    if ('waitMs' in choice) return this.letWait(row, choice, batch, inFlight);
    const { slots } = this.env;
    const atOnce = slots.take(this.user);
    const release = atOnce ?? (await slots.acquire(this.user, this.stop.signal));
    if (!release) return 'ended';
    // A slot can take minutes when a server hangs: by then it may be paused, or the claim out of date.
    const isLate = atOnce === null || !this.isClear(Date.now());
    if ((isLate && !(await this.mayGoOn())) || this.windows.closedUntil(batch) !== null) {
      release();
      return 'ended';
    }
    // Others may have been let in meanwhile.
    const waitMs = this.ways.laneWait(choice, Date.now());
    if (waitMs > 0) {
      release();
      return this.letWait(row, { way: choice, waitMs }, batch, inFlight);
    }
    this.begin(row, choice, inFlight, release);
    return 'begun';
  }

  private begin(row: ClaimedDelivery, way: Way, inFlight: Set<Promise<void>>, release: ReleaseSlot): void {
    const { transport, breaker, lane } = way;
    const now = Date.now();
    for (const bucket of this.buckets) bucket.take(now);
    this.ways.begin(way);
    const job: SendJob = { ...this.job, transport, breaker, lane };
    const sending = sendOne(job, row)
      .catch((error: Error) =>
        this.env.ctx.log.error(`newsletter: delivery ${row.id}: ${databaseMessage(error)}`),
      )
      .finally(release);
    track(inFlight, sending);
  }

  private letWait(
    row: ClaimedDelivery,
    blocked: Blocked,
    batch: ClaimedBatch,
    inFlight: Set<Promise<void>>,
  ): Sent {
    const { lane } = blocked.way;
    const giveUpMs = this.env.ctx.config.pacing.giveUpHours * 3_600_000;
    if (isGivenUp(row, lane, giveUpMs, Date.now())) {
      track(inFlight, this.ticker.settle(untried(row, 'failed', 'expired', lane.learned.reply)));
      return 'begun';
    }
    const gone = this.waiting.take(row, blocked, () => this.send(row, batch, inFlight));
    if (gone) track(inFlight, gone);
    return 'waits';
  }

  /** Puts off in sets what found no place; one set after the other, so that a batch goes back after its rows. */
  private putOff(): Promise<void> {
    this.puttingOff = this.puttingOff.then(async () => {
      try {
        const groups = await this.waiting.collect((lane) => this.env.pacer.confirm(lane));
        if (groups.length === 0) return;
        this.hasPutOff = true;
        await holdDeliveries(this.env.ctx.knex, groups, Date.now());
      } catch (error) {
        // They are due as before, and are claimed again.
        this.env.ctx.log.error(
          `newsletter: deliveries could not be put off: ${databaseMessage(error as Error)}`,
        );
      }
    });
    return this.puttingOff;
  }

  /** As many rows as ten seconds of the allowed rate: what waits longer should be checked again. */
  private claimRows(batchId: number, afterId: number): Promise<ClaimedDelivery[]> {
    const { ctx } = this.env;
    const perSecond = Math.min(this.ways.perSecond, ...this.buckets.map((bucket) => bucket.perSecond));
    const limit = Math.max(1, Math.min(ctx.config.worker.batchSize, Math.ceil(perSecond * CLAIM_SECONDS)));
    const { lists, segments } = this.campaign.run.snapshot.audience.include;
    const bound = { lists, segments: segments.length > 0, asked: this.asked };
    return dueDeliveries(ctx.knex, { batchId, afterId, limit, ...bound });
  }

  /** Settles those who left since the freeze, in one set, and gives the others. */
  private async skipSome(rows: ClaimedDelivery[]): Promise<ClaimedDelivery[]> {
    const sendable: ClaimedDelivery[] = [];
    const skipped: Promise<void>[] = [];
    for (const row of rows) {
      const reason = skipReason(row);
      if (reason === null) sendable.push(row);
      else skipped.push(this.ticker.settle(untried(row, 'skipped', reason, null)));
    }
    await Promise.all(skipped);
    return sendable;
  }

  private async finishBatch(batch: ClaimedBatch, inFlight: Set<Promise<void>>, since: number): Promise<void> {
    const { ctx } = this.env;
    // Rows that waited for their destination join while others end.
    while (inFlight.size > 0) await Promise.all(inFlight);
    await this.putOff();
    try {
      await touchLastSent(ctx.knex, batch.id, since);
      const end = await releaseBatch(ctx.knex, batch.id, this.ticker.epoch);
      if (end === 'done' && !this.freezing) await finishIfDone(ctx, batch.campaignId);
    } catch (error) {
      // The batch stays with the epoch; recovery frees it at the latest when the epoch ends.
      ctx.log.error(
        `newsletter: batch ${batch.id} could not be given back: ${databaseMessage(error as Error)}`,
      );
    }
  }

  /** Waits for the outcomes of this ticket while it lasts, so that an ending campaign ends now and not at the next look. */
  private async settleTail(): Promise<void> {
    if (this.again || this.stop.signal.aborted) return;
    await this.freezing;
    let left = this.batches.size > 0;
    const ended = Promise.all(this.batches).then(() => (left = false));
    while (left && Date.now() < this.deadline && !this.stop.signal.aborted) {
      const look = sleep(TAIL_LOOK_MS, undefined, { signal: this.stop.signal, ref: false });
      await Promise.race([ended, look.catch(() => {})]);
    }
    if (left) this.again = true;
    else if (!(await finishIfDone(this.env.ctx, this.campaign.id)) && !this.isExact) {
      // What an earlier ticket began came back only now, with what it had not sent.
      this.again = await hasDueBatch(this.env.ctx.knex, this.campaign.id);
    }
  }

  /** What `mayGoOn` says when nothing stands in the way: without a promise, for most messages. */
  private isClear(now: number): boolean {
    const isOver = this.stop.signal.aborted || this.ticker.fenced || this.freezeError !== null;
    return (
      !isOver && now - this.stateCheckedAt < STATE_CHECK_MS && now < this.deadline && this.wait(now) === 0
    );
  }

  /** False when this ticket must admit nothing more; waits out pace and rest as long as the ticket lasts. */
  private async mayGoOn(): Promise<boolean> {
    for (;;) {
      if (this.stop.signal.aborted) return false;
      if (this.ticker.fenced || this.freezeError) return this.end(true);
      if (!(await this.stillSending())) return this.end(false);
      const now = Date.now();
      const wait = this.wait(now);
      // Infinity: as soon as a message has its reply.
      const ms = wait === Infinity ? BUSY_LOOK_MS : wait;
      if (now >= this.deadline || now + ms > this.deadline)
        return this.end(true, Math.min(ms, LONGEST_DELAY_MS));
      if (ms === 0) return true;
      await sleep(Math.min(ms, STATE_CHECK_MS), undefined, { signal: this.stop.signal }).catch(() => {});
    }
  }

  /** A small campaign does not wait for the tickets of large ones to run out. */
  private get deadline(): number {
    const { env } = this;
    const ms = env.ctx.config.worker.ticketSeconds * 1000;
    return this.startedAt + (env.othersWait ? Math.min(ms, TURN_MS) : ms);
  }

  private wait(now: number): number {
    let wait = this.ways.wait(now);
    for (const bucket of this.buckets) wait = Math.max(wait, bucket.wait(now));
    return wait;
  }

  private end(again: boolean, delayMs = 0): false {
    this.again = again;
    this.delayMs = delayMs;
    this.stop.abort();
    return false;
  }

  private async stillSending(): Promise<boolean> {
    if (Date.now() - this.stateCheckedAt < STATE_CHECK_MS) return true;
    this.stateCheckedAt = Date.now();
    return (await campaignState(this.env.ctx.knex, this.campaign.id)) === 'sending';
  }
}

function track(set: Set<Promise<void>>, promise: Promise<void>): void {
  set.add(promise);
  void promise.then(() => set.delete(promise));
}

function obtain<V>(map: Map<string, V>, key: string, make: () => V): V {
  const known = map.get(key);
  if (known) return known;
  const made = make();
  map.set(key, made);
  return made;
}
