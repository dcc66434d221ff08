import { startDue, activeCampaigns } from '../campaign';
import { checkDomains } from '../config';
import type { HealthDto } from '../../../shared/contracts';
import type { Context } from '../context';
import { liveEpochs, oldestDue } from '../storage';
import type { FaultHook } from './engine-send';
import { processDueMails } from './mails';
import { createPumpEnv, pump, type PumpEnv, type PumpResult } from './pump';
import { openTickets, queueKind, type Tickets } from './queue';
import { Reconciler } from './reconciler';
import { databaseMessage } from './ticker';

export interface DeliveryOptions {
  /** False: this process only adds tickets for the processes that send. */
  work: boolean;
  /** For tests: called at the moments at which a crash must not do harm. */
  fault?: FaultHook;
}

/** The delivery of one process. */
export interface Delivery {
  /** Opens the queue and begins to work. With the embedded queue this can wait for another process to end. */
  start(): Promise<void>;
  /**
   * Admits nothing more, waits up to `worker.drainSeconds` for outstanding replies, records the rest as in doubt, frees
   * batches and ends the epoch.
   */
  stop(): Promise<void>;
  /** Asks for a campaign that has something to send. Never fails: the reconciler repairs what the queue did not take. */
  nudge(campaignId: string): Promise<void>;
  /** Asks for queued transactional mails. */
  nudgeMails(): Promise<void>;
  /** Asks for a look at what is due at this instant (milliseconds since 1970). */
  scheduleStart(campaignId: string, version: number, atMs: number): Promise<void>;
  health(): Promise<Omit<HealthDto, 'ok'>>;
}

const MAX_TICKETS = 32;
const MAILS_AT_ONCE = 50;

/** Nothing is opened or connected before `start`. */
export function createDelivery(ctx: Context, options: DeliveryOptions): Delivery {
  return new Engine(ctx, options);
}

class Engine implements Delivery {
  private readonly env: PumpEnv;
  private readonly reconciler: Reconciler;
  private readonly stopping = new AbortController();
  private readonly pumping = new Set<string>();
  private readonly nudged = new Set<string>();
  private tickets: Tickets | null = null;
  private queueError: string | null = 'not started';
  private started: Promise<void> | null = null;
  private stopped: Promise<void> | null = null;

  constructor(
    private readonly ctx: Context,
    private readonly options: DeliveryOptions,
  ) {
    this.env = createPumpEnv(ctx, options.fault);
    this.reconciler = new Reconciler(ctx, {
      pump: (id) => this.nudge(id),
      mails: () => this.nudgeMails(),
      tidy: async () => {
        await this.env.epochs.tidy();
        await this.env.epochs.current();
      },
    });
  }

  start(): Promise<void> {
    this.started ??= this.open();
    return this.started;
  }

  private async open(): Promise<void> {
    for (const { path, message } of checkDomains(this.ctx)) {
      this.ctx.log.error(`newsletter: ${path}: ${message}. Nothing can be sent from this domain.`);
    }
    // The embedded queue belongs to one process, the one that works; it finds everything in the tables.
    if (!this.options.work && queueKind(this.ctx) === 'embedded') {
      this.queueError =
        'This process sends nothing, since worker.enabled is false, and the embedded queue cannot be shared with a worker. Set worker.enabled to true, or configure a Redis queue and start a worker.';
      return;
    }
    try {
      this.queueError = 'opening';
      this.tickets = await openTickets(this.ctx, this.stopping.signal, (message) => {
        this.queueError = message;
      });
      if (!this.tickets) return;
      this.queueError = null;
    } catch (error) {
      this.queueError = (error as Error).message;
      throw error;
    }
    if (!this.options.work) return;
    await this.env.epochs.current();
    this.tickets.work({
      pump: (id) => this.pump(id),
      start: async () => {
        for (const id of await startDue(this.ctx)) await this.nudge(id);
      },
      wake: (id) => this.nudge(id),
      mails: () => this.mails(),
    });
    this.reconciler.start();
  }

  stop(): Promise<void> {
    this.stopped ??= this.shutDown();
    return this.stopped;
  }

  private async shutDown(): Promise<void> {
    const { ctx, env } = this;
    this.stopping.abort();
    await this.started?.catch(() => {}); // its caller was told
    await this.reconciler.stop();
    await this.drain();
    const inDoubt = await env.epochs.stop().catch((error: Error) => {
      ctx.log.error(
        `newsletter: the ledger could not be closed; it is recovered after the lease: ${databaseMessage(error)}`,
      );
      return 0;
    });
    if (inDoubt > 0) ctx.log.warn(`newsletter: stopped with ${inDoubt} deliveries in doubt`);
    for (const transport of env.transports.values()) void transport.close();
    await this.tickets?.close();
  }

  private async drain(): Promise<void> {
    const deadline = Date.now() + this.ctx.config.worker.drainSeconds * 1000;
    while (this.env.slots.inUse > 0 && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async nudge(campaignId: string): Promise<void> {
    if (this.pumping.has(campaignId)) this.nudged.add(campaignId);
    if (!this.tickets || this.stopping.signal.aborted) return;
    const processes = (await liveEpochs(this.ctx.knex)).length;
    for (let nth = 0; nth < Math.min(MAX_TICKETS, Math.max(1, processes)); nth++) {
      await this.tickets.addPump(campaignId, nth);
    }
  }

  async nudgeMails(): Promise<void> {
    if (!this.stopping.signal.aborted) await this.tickets?.addMails();
  }

  async scheduleStart(campaignId: string, version: number, atMs: number): Promise<void> {
    if (!this.stopping.signal.aborted) await this.tickets?.addStart(campaignId, version, atMs);
  }

  private async pump(campaignId: string): Promise<PumpResult | null> {
    if (this.pumping.has(campaignId)) return null;
    this.pumping.add(campaignId);
    this.nudged.delete(campaignId);
    try {
      const result = await pump(this.env, campaignId, this.stopping.signal);
      if (result.wakeAt !== null) await this.tickets?.addWake(campaignId, result.wakeAt);
      // Resumed while this ticket was ending: the nudge found the ticket's id still in use.
      return this.nudged.has(campaignId) ? { ...result, again: !this.stopping.signal.aborted } : result;
    } finally {
      this.pumping.delete(campaignId);
    }
  }

  private async mails(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const { ctx, env } = this;
      if ((await processDueMails(ctx, env.transports, env.builder, { limit: MAILS_AT_ONCE })) === 0) return;
    }
  }

  async health(): Promise<Omit<HealthDto, 'ok'>> {
    const { ctx, env } = this;
    const message = this.queueError ?? this.tickets?.problem() ?? null;
    const due = await oldestDue(ctx.knex, await activeCampaigns(ctx));
    return {
      queue: { backend: queueKind(ctx), ok: message === null, message },
      workers: (await liveEpochs(ctx.knex)).map((row) => ({
        epoch: row.epoch,
        host: row.host,
        pid: row.pid,
        leaseUntil: new Date(row.leaseUntil).toISOString(),
        open: row.open,
      })),
      oldestDue: due === null ? null : new Date(due).toISOString(),
      lastReconciliation:
        this.reconciler.lastAt === null ? null : new Date(this.reconciler.lastAt).toISOString(),
      transports: [...env.transports.keys()].map((name) => {
        const breaker = env.breakers.get(name);
        const error = breaker?.lastError ?? null;
        return { name, ok: breaker?.used ? error === null : null, message: error };
      }),
      keys: checkDomains(ctx).map(({ domain, path, message }) => ({
        domain,
        message: `${path}: ${message}`,
      })),
    };
  }
}
