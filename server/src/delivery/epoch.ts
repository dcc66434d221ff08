import { hostname } from 'node:os';
import { announceBounced } from '../audience';
import type { Context } from '../context';
import { closeEpoch, openEpoch } from '../storage';
import { Evidence } from './evidence';
import type { Answering } from './answering';
import type { DeliveryObserver } from './observer';
import { Ticker } from './ticker';

/**
 * The epoch of this process: its lease and its ledger. When the lease was lost (a frozen process, a database away for
 * longer than the lease) the old epoch reads its outstanding replies to the end and a new one takes over.
 */
export class EpochHolder {
  private ticker: Promise<Ticker> | null = null;
  private live: Ticker | null = null;
  private readonly fencedTickers = new Set<Ticker>();
  private stopping = false;

  constructor(
    private readonly ctx: Context,
    private readonly observer: DeliveryObserver,
    private readonly answering: Answering | null,
  ) {}

  /** The ledger to send under; opens an epoch when there is none. */
  current(): Promise<Ticker> {
    if (this.stopping) return Promise.reject(new Error('newsletter: delivery is stopping'));
    this.ticker ??= this.open().catch((error: unknown) => {
      this.ticker = null;
      throw error;
    });
    return this.ticker;
  }

  private async open(): Promise<Ticker> {
    const { knex, config, log } = this.ctx;
    const leaseMs = config.worker.leaseSeconds * 1000;
    const evidence = await Evidence.begin(this.ctx);
    const row = { host: hostname(), pid: process.pid, leaseMs, evidence: evidence?.token ?? null };
    const epoch = await openEpoch(knex, row).catch(async (error: unknown) => {
      await evidence?.end();
      throw error;
    });
    const ticker = new Ticker({
      knex,
      log,
      epoch,
      leaseMs,
      tickMs: config.worker.tickMs,
      slots: config.worker.slots,
      openBefore: () => this.openBefore,
      observer: this.observer,
      answering: this.answering,
      evidence,
      onDead: (recipients) => void announceBounced(this.ctx, recipients),
      onFenced: () => {
        log.warn(`newsletter: the lease of epoch ${epoch} ran out; this process goes on under a new one`);
        this.ticker = null;
        this.live = null;
        this.fencedTickers.add(ticker);
      },
    });
    this.live = ticker;
    return ticker;
  }

  /** Deliveries in flight under any epoch of this process. */
  get inFlight(): number {
    return this.openBefore + (this.live?.openCount ?? 0);
  }

  private get openBefore(): number {
    let open = 0;
    for (const ticker of this.fencedTickers) open += ticker.openCount;
    return open;
  }

  /** Removes epochs that were fenced and have read their last reply. Called by the reconciler. */
  async tidy(): Promise<void> {
    for (const ticker of this.fencedTickers) {
      if (ticker.openCount > 0) continue;
      await this.close(ticker);
      this.fencedTickers.delete(ticker);
    }
  }

  /**
   * Ends all epochs: what has no reply is in doubt, batches are free for others at once.
   * @returns how many deliveries were left in doubt
   */
  async stop(): Promise<number> {
    this.stopping = true;
    const current = await this.ticker?.catch(() => null);
    let inDoubt = 0;
    for (const ticker of [...this.fencedTickers, ...(current ? [current] : [])]) {
      inDoubt += await ticker.stop();
      await this.close(ticker);
    }
    return inDoubt;
  }

  /** Only when the tables know everything the evidence goes. */
  private async close(ticker: Ticker): Promise<void> {
    await closeEpoch(this.ctx.knex, ticker.epoch);
    await ticker.evidence?.end();
  }
}
