import { setTimeout as sleep } from 'node:timers/promises';
import { listsAsked } from '../audience';
import { campaignState, finishIfDone, freezeStep, pauseBySystem } from '../campaign';
import type { Context } from '../context';
import {
  claimBatch,
  dueDeliveries,
  holdBatches,
  liveEpochs,
  nextBatchAt,
  releaseBatch,
  touchLastSent,
  type ClaimedBatch,
  type ClaimedDelivery,
} from '../storage';
import { CampaignCache, type ReadyCampaign } from './engine-campaign';
import { Breaker, Pace } from './engine-pace';
import { sendOne, skipReason, untried, type FaultHook, type SendJob } from './engine-send';
import { EpochHolder } from './epoch';
import { createMessageBuilder, type MessageBuilder } from './message';
import { UNOBSERVED, type DeliveryObserver } from './observer';
import { SendWindows } from './pump-window';
import { Slots } from './slots';
import { databaseMessage, type Ticker } from './ticker';
import { noRoute } from './routes';
import { createTransports, transportFor } from './transport';
import type { Transport } from './types';

/** What pumps of one process share. */
export interface PumpEnv {
  ctx: Context;
  epochs: EpochHolder;
  slots: Slots;
  campaigns: CampaignCache;
  transports: ReadonlyMap<string, Transport>;
  builder: MessageBuilder;
  breakers: Map<string, Breaker>;
  transportPaces: Map<string, Pace>;
  campaignPaces: Map<string, Pace>;
  fault: FaultHook;
}

/** Nothing is connected and no epoch is opened before the first pump. */
export function createPumpEnv(
  ctx: Context,
  fault: FaultHook = () => {},
  observer: DeliveryObserver = UNOBSERVED,
): PumpEnv {
  return {
    ctx,
    epochs: new EpochHolder(ctx, observer),
    slots: new Slots(ctx.config.worker.slots),
    campaigns: new CampaignCache(ctx),
    transports: createTransports(ctx),
    builder: createMessageBuilder(ctx),
    breakers: new Map(),
    transportPaces: new Map(),
    campaignPaces: new Map(),
    fault,
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

const CLAIM_SECONDS = 10;
const STATE_CHECK_MS = 500;
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
  const transport = transportFor(env.transports, sender);
  if (!transport) {
    const sentence = noRoute(sender);
    await pauseBySystem(ctx, campaignId, sentence);
    return IDLE;
  }
  const ticket = new Ticket(env, campaign, transport, await env.epochs.current(), signal);
  return ticket.run();
}

class Ticket {
  private readonly stop = new AbortController();
  private readonly deadline: number;
  private readonly breaker: Breaker;
  private readonly paces: Pace[];
  private stateCheckedAt = Date.now();
  private again = false;
  private delayMs = 0;
  private freezing: Promise<void> | null = null;
  private freezeError: Error | null = null;
  private readonly batches = new Set<Promise<void>>();
  private readonly windows: SendWindows;
  /** Lists that the audience's segments ask for. */
  private readonly asked: string[];

  constructor(
    private readonly env: PumpEnv,
    private readonly campaign: ReadyCampaign,
    private readonly transport: Transport,
    private readonly ticker: Ticker,
    private readonly signal: AbortSignal,
  ) {
    this.windows = new SendWindows(campaign.run.snapshot.timing);
    this.asked = listsAsked(campaign.run.snapshot.audience.include.segments);
    this.deadline = Date.now() + env.ctx.config.worker.ticketSeconds * 1000;
    this.breaker = obtain(env.breakers, transport.name, () => new Breaker());
    const perSecond = env.ctx.config.transports[transport.name]?.rate.messagesPerSecond ?? Infinity;
    this.paces = [obtain(env.transportPaces, transport.name, () => new Pace(perSecond))];
  }

  async run(): Promise<PumpResult> {
    const abort = () => this.stop.abort();
    this.signal.addEventListener('abort', abort, { once: true });
    if (this.signal.aborted) abort();
    try {
      await this.setPace();
      if (this.campaign.run.frozenAt === null) this.freezing = this.freeze();
      await this.sendBatches();
      await this.settleTail();
    } finally {
      this.signal.removeEventListener('abort', abort);
      abort();
      await this.freezing;
    }
    if (this.freezeError) throw this.freezeError;
    const again = this.again && !this.signal.aborted;
    return { again, delayMs: this.delayMs, wakeAt: again ? null : await this.wakeAt() };
  }

  /** Of a campaign with timing: other ones wait for retries only, and those may be some seconds late. */
  private async wakeAt(): Promise<number | null> {
    return this.campaign.run.snapshot.timing ? nextBatchAt(this.env.ctx.knex, this.campaign.id) : null;
  }

  /** Processes do not talk to each other about the pace of a campaign: each takes its share. */
  private async setPace(): Promise<void> {
    const { pacePerHour } = this.campaign.run.snapshot;
    if (!pacePerHour) return;
    const processes = Math.max(1, (await liveEpochs(this.env.ctx.knex)).length);
    const pace = obtain(this.env.campaignPaces, this.campaign.id, () => new Pace(Infinity));
    pace.perSecond = pacePerHour / 3600 / processes;
    this.paces.push(pace);
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
    while (await this.mayGoOn()) {
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
    const job: SendJob = {
      ...this.env,
      ticker: this.ticker,
      transport: this.transport,
      breaker: this.breaker,
      campaign: this.campaign,
    };
    try {
      let afterId = 0;
      for (;;) {
        const rows = await this.claimRows(batch.id, afterId);
        if (rows.length === 0) break;
        afterId = rows.at(-1)!.id;
        for (const row of await this.skipSome(rows)) {
          if (!(await this.mayGoOn())) return;
          const release = await this.env.slots.acquire(this.stop.signal);
          if (!release) return;
          // A slot can take minutes when a server hangs: by then it may be paused, or the claim out of date.
          if (!(await this.mayGoOn()) || this.windows.closedUntil(batch) !== null) return release();
          for (const pace of this.paces) pace.take();
          this.breaker.begin();
          const sending = sendOne(job, row)
            .catch((error: Error) =>
              this.env.ctx.log.error(`newsletter: delivery ${row.id}: ${databaseMessage(error)}`),
            )
            .finally(release);
          inFlight.add(sending);
          void sending.then(() => inFlight.delete(sending));
        }
      }
    } finally {
      const done: Promise<void> = this.finishBatch(batch, inFlight, since).then(
        () => void this.batches.delete(done),
      );
      this.batches.add(done);
    }
  }

  /** As many rows as ten seconds of the allowed rate: what waits longer should be checked again. */
  private claimRows(batchId: number, afterId: number): Promise<ClaimedDelivery[]> {
    const { ctx } = this.env;
    const perSecond = Math.min(...this.paces.map((pace) => pace.perSecond));
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
    await Promise.all(inFlight);
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
    await Promise.race([
      Promise.all(this.batches),
      sleep(Math.max(0, this.deadline - Date.now()), undefined, {
        signal: this.stop.signal,
        ref: false,
      }).catch(() => {}),
    ]);
    if (this.batches.size === 0) await finishIfDone(this.env.ctx, this.campaign.id);
    else this.again = true;
  }

  /** False when this ticket must admit nothing more; waits out pace and rest as long as the ticket lasts. */
  private async mayGoOn(): Promise<boolean> {
    for (;;) {
      if (this.stop.signal.aborted) return false;
      if (this.ticker.fenced || this.freezeError) return this.end(true);
      if (!(await this.stillSending())) return this.end(false);
      const wait = Math.max(this.breaker.wait(), ...this.paces.map((pace) => pace.wait()));
      const now = Date.now();
      if (now >= this.deadline || now + wait > this.deadline) return this.end(true, wait);
      if (wait === 0) return true;
      await sleep(Math.min(wait, STATE_CHECK_MS), undefined, { signal: this.stop.signal }).catch(() => {});
    }
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

function obtain<V>(map: Map<string, V>, key: string, make: () => V): V {
  const known = map.get(key);
  if (known) return known;
  const made = make();
  map.set(key, made);
  return made;
}
