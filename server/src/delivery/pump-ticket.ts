import { setTimeout as sleep } from 'node:timers/promises';
import type { CampaignPriority } from '../../../shared/contracts';
import { listsAsked } from '../audience';
import { finishIfDone, freezeStep } from '../campaign';
import { isWarmedUp } from '../config';
import {
  claimBatch,
  dueDeliveries,
  hasDueBatch,
  holdBatches,
  LostClaim,
  nextBatchAt,
  releaseBatch,
  touchLastSent,
  type ClaimedBatch,
  type ClaimedDelivery,
} from '../storage';
import type { ReadyCampaign } from './engine-campaign';
import { Breaker } from './engine-pace';
import { STEP_BACK_MS } from './answering';
import { skipReason, untried } from './engine-send';
import type { Bucket } from './pacing/buckets';
import type { PumpEnv, PumpResult } from './pump-env';
import { RowSender } from './pump-send';
import { CampaignWatch, STATE_HOLDS_MS } from './pump-watch';
import { Ways } from './pump-ways';
import { SendWindows } from './pump-window';
import type { Route } from './routes';
import { databaseMessage, type Ticker } from './ticker';

/** Places of campaigns that are sent at once are in these proportions. */
const WEIGHTS: Record<CampaignPriority, number> = { low: 1, normal: 3, high: 9 };
/** A ticket's length while other campaigns wait for one to end, milliseconds. */
const TURN_MS = 1_000;
const FREEZE_GAP_MS = 5;
/** In a process that answers HTTP so many rows are read at once, some milliseconds of the event loop. */
const ROWS_BESIDE_HTTP = 100;
const TAIL_LOOK_MS = 100;
const CLAIM_SECONDS = 10;
const BUSY_LOOK_MS = 20;
/** A ticket that waits keeps its id, and a nudge meanwhile would be lost: it looks again soon. */
const LONGEST_DELAY_MS = 15_000;

/** One ticket: a part of a campaign, sent within some seconds. */
export class Ticket {
  private readonly stop = new AbortController();
  private readonly startedAt = Date.now();
  private readonly ways: Ways;
  /** Rates that all messages of the campaign share. */
  private readonly buckets: Bucket[] = [];
  private readonly watch: CampaignWatch;
  private readonly sender: RowSender;
  private again = false;
  private delayMs = 0;
  private freezing: Promise<void> | null = null;
  /** What ended the ticket: the reconciler goes on. */
  private failure: Error | null = null;
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
    this.ways = new Ways(routes, env.pacer, env.warmUps, ({ name }) =>
      obtain(env.breakers, name, () => new Breaker()),
    );
    this.watch = new CampaignWatch(env.ctx.knex, campaign.id, signal);
    this.sender = new RowSender({
      places: env.places,
      user: { id: campaign.id, weight: WEIGHTS[snapshot.priority ?? 'normal'] },
      ways: this.ways,
      windows: this.windows,
      buckets: this.buckets,
      job: { ...env, ticker, campaign, ways: this.ways },
      watch: this.watch,
      signal: this.stop.signal,
      isClear: (now) => this.isClear(now),
      mayGoOn: () => this.mayGoOn(),
    });
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
    if (this.failure) throw this.failure;
    const again = this.again && !this.signal.aborted;
    return { again, delayMs: this.delayMs, wakeAt: again ? null : await this.wakeAt() };
  }

  /** Of a campaign with timing or paced destinations: other ones wait for retries only, which may be some seconds late. */
  private async wakeAt(): Promise<number | null> {
    return this.isExact ? nextBatchAt(this.env.ctx.knex, this.campaign.id) : null;
  }

  private get isExact(): boolean {
    return Boolean(this.campaign.run.snapshot.timing) || this.sender.hasPutOff;
  }

  /**
   * Page after page while others send, with gaps: SQLite works in this process's event loop. In a process that answers HTTP
   * pages are small and gaps as long as they, and longer while somebody asks: answers need the database as well.
   */
  private async freeze(): Promise<void> {
    const { ctx, answering } = this.env;
    try {
      for (;;) {
        const since = performance.now();
        const step = await freezeStep(ctx, this.campaign.id, { isGentle: answering !== null });
        await this.env.fault('frozen-page');
        if (step === 'done') break;
        if (this.stop.signal.aborted || !(await this.stillSending())) {
          this.again = true;
          break;
        }
        await sleep(answering ? Math.max(FREEZE_GAP_MS, performance.now() - since) : FREEZE_GAP_MS);
        if (answering?.isVisited) await sleep(STEP_BACK_MS);
        await answering?.idle(STEP_BACK_MS);
      }
    } catch (error) {
      this.failure = error as Error;
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
      if (this.sender.parked >= this.env.ctx.config.worker.batchSize) {
        await sleep(50);
        continue;
      }
      const batch = await claimBatch(knex, this.campaign.id, this.ticker.epoch, this.env.returning).catch(
        (error: unknown) => {
          if (error instanceof LostClaim) this.track(this.giveBack(error.batch, Date.now()));
          throw error;
        },
      );
      if (batch) {
        await this.env.fault('claimed');
        const until = this.windows.closedUntil(batch);
        const own = { batchId: batch.id, epoch: this.ticker.epoch };
        if (until === null) await this.sendBatch(batch);
        else {
          await holdBatches(knex, this.campaign.id, batch.zone, until, own).catch((error: unknown) => {
            this.track(this.giveBack(batch, Date.now()));
            throw error;
          });
        }
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
        const claimedAt = Date.now();
        if (rows.length === 0) break;
        const sendable = await this.skipSome(rows);
        afterId = rows.at(-1)!.id;
        for (const [nth, row] of sendable.entries()) {
          // Somebody may have left meanwhile: the rest is read anew.
          if (Date.now() - claimedAt > CLAIM_SECONDS * 1000 && nth > 0) {
            afterId = sendable[nth - 1]!.id;
            break;
          }
          if (!this.isClear(Date.now()) && !(await this.mayGoOn())) return;
          if ((await this.sender.send(row, batch, inFlight)) === 'ended') return;
        }
        await this.sender.putOff();
      }
    } finally {
      this.track(this.finishBatch(batch, inFlight, since));
    }
  }

  private track(ending: Promise<void>): void {
    const done: Promise<void> = ending.then(() => void this.batches.delete(done));
    this.batches.add(done);
  }

  /** As many rows as ten seconds of the allowed rate: what waits longer should be checked again. */
  private claimRows(batchId: number, afterId: number): Promise<ClaimedDelivery[]> {
    const { ctx, answering } = this.env;
    const { batchSize } = ctx.config.worker;
    const perSecond = Math.min(this.ways.perSecond, ...this.buckets.map((bucket) => bucket.perSecond));
    const most = answering ? Math.min(batchSize, ROWS_BESIDE_HTTP) : batchSize;
    const limit = Math.max(1, Math.min(most, Math.ceil(perSecond * CLAIM_SECONDS)));
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
    // Rows that waited for their destination join while others end.
    while (inFlight.size > 0) await Promise.all(inFlight);
    await this.sender.putOff();
    await this.giveBack(batch, since);
  }

  /** Tries until it is done: while the epoch lives nobody else frees the batch, and the campaign would never end. */
  private async giveBack(batch: ClaimedBatch, since: number): Promise<void> {
    const { returning } = this.env;
    returning.add(batch.id);
    try {
      await this.release(batch, since);
    } finally {
      returning.delete(batch.id);
    }
  }

  private async release(batch: ClaimedBatch, since: number): Promise<void> {
    const { ctx } = this.env;
    for (let tries = 1; ; tries++) {
      try {
        await touchLastSent(ctx.knex, batch.id, since);
        const end = await releaseBatch(ctx.knex, batch.id, this.ticker.epoch);
        if (end === 'done' && !this.freezing) await finishIfDone(ctx, batch.campaignId);
        return;
      } catch (error) {
        ctx.log.error(
          `newsletter: batch ${batch.id} could not be given back (will be tried again): ${databaseMessage(error as Error)}`,
        );
      }
      // The end of the epoch frees it.
      if (this.signal.aborted || this.ticker.fenced) return;
      const pause = sleep(Math.min(5_000, 50 * 2 ** tries), undefined, { signal: this.signal });
      await pause.catch(() => {});
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

  private isClear(now: number): boolean {
    const isOver = this.stop.signal.aborted || this.ticker.fenced || this.failure !== null;
    return !isOver && this.watch.isFresh(now) && now < this.deadline && this.wait(now) === 0;
  }

  /**
   * False when this ticket must admit nothing more; waits out pace and rest as long as the ticket lasts. Never throws:
   * those who ask hold places, and rows that wait.
   */
  private async mayGoOn(): Promise<boolean> {
    for (;;) {
      if (this.stop.signal.aborted) return false;
      if (this.ticker.fenced || this.failure) return this.end(true);
      if (!(await this.stillSending())) return this.end(false);
      const now = Date.now();
      const wait = this.wait(now);
      // Infinity: as soon as a message has its reply.
      const ms = wait === Infinity ? BUSY_LOOK_MS : wait;
      if (now >= this.deadline || now + ms > this.deadline)
        return this.end(true, Math.min(ms, LONGEST_DELAY_MS));
      if (ms === 0) return true;
      await sleep(Math.min(ms, STATE_HOLDS_MS), undefined, { signal: this.stop.signal }).catch(() => {});
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
    try {
      return await this.watch.isSending();
    } catch (error) {
      this.failure ??= error as Error;
      return false;
    }
  }
}

function obtain<V>(map: Map<string, V>, key: string, make: () => V): V {
  const known = map.get(key);
  if (known) return known;
  const made = make();
  map.set(key, made);
  return made;
}
