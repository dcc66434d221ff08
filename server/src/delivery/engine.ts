import { startDue } from '../campaign';
import { checkDomains } from '../config';
import type { HealthDto, ProcessRole } from '../../../shared/contracts';
import type { Context } from '../context';
import { liveEpochs } from '../storage';
import type { Answering } from './answering';
import { TransportChecks, type TransportCheck } from './checks';
import type { Breaker } from './engine-pace';
import type { FaultHook } from './engine-send';
import { Heartbeat } from './heartbeat';
import { processDueMails } from './mails';
import { UNOBSERVED, type DeliveryObserver } from './observer';
import { createPumpEnv, pump, type PumpEnv, type PumpResult } from './pump';
import { openTickets, queueKind, type Tickets } from './queue';
import { Reconciler } from './reconciler';
import { databaseMessage } from './ticker';

export interface DeliveryOptions {
  /** False: this process only adds tickets for the processes that send. */
  work: boolean;
  /** What other processes are told of this one; by default it serves HTTP, and sends too if it works. */
  role?: ProcessRole;
  /** The HTTP requests that this process answers, and that sending steps back for; absent: it answers none. */
  answering?: Answering;
  /** Hears each committed outcome; for metrics. */
  observer?: DeliveryObserver;
  /** For tests: called at the moments at which a crash must not do harm. */
  fault?: FaultHook;
  /** For tests: how many mails the event loop makes before threads do. */
  threadsAfter?: number;
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
  /** What this process knows by itself. Answers at once; a check of the transports may begin in the background. */
  health(): DeliveryHealth;
  /** Tickets in the queue; null when there is no queue yet. @throws Error when the queue does not answer */
  queueCounts(): Promise<Awaited<ReturnType<Tickets['counts']>> | null>;
}

export interface DeliveryHealth extends Pick<HealthDto, 'queue' | 'transports'> {
  role: ProcessRole;
  /** The queue is being opened, as after each start, and neither failed nor took long so far. */
  opening: boolean;
  /** Last complete look at what is unfinished, milliseconds since 1970. */
  reconciledAt: number | null;
  /** Messages with an intent and no outcome yet, of `slots`. */
  inFlight: number;
  slots: number;
}

const MAX_TICKETS = 32;
const MAILS_AT_ONCE = 50;
/** How often it is looked, while as many campaigns are sent as may be, whether others wait; milliseconds. */
const LOOK_MS = 250;
/** How long a stop waits for the commit of what the end of its connections has settled. */
const ABORTED_MS = 2_000;
/** The embedded queue makes its database anew in several seconds; a pooler in front of PostgreSQL is tried for three. */
const OPENING_MS = 30_000;

const isInDoubt = ({ state }: { state: string }) => state === 'in_doubt';

/** Nothing is opened or connected before `start`. */
export function createDelivery(ctx: Context, options: DeliveryOptions): Delivery {
  return new Engine(ctx, options);
}

class Engine implements Delivery {
  private readonly env: PumpEnv;
  private readonly reconciler: Reconciler;
  private readonly checks: TransportChecks;
  private readonly heartbeat: Heartbeat;
  private readonly role: ProcessRole;
  private settledAt: number | null = null;
  /** Since it is stopping. */
  private leftInDoubt = 0;
  /** Looks at the outbox that have not ended. */
  private mailing = 0;
  private readonly stopping = new AbortController();
  private readonly pumping = new Set<string>();
  private readonly nudged = new Set<string>();
  private tickets: Tickets | null = null;
  private looking: NodeJS.Timeout | null = null;
  private isLooking = false;
  private queueError: string | null = 'not started';
  private openingSince: number | null = null;
  private started: Promise<void> | null = null;
  private stopped: Promise<void> | null = null;

  constructor(
    private readonly ctx: Context,
    private readonly options: DeliveryOptions,
  ) {
    const observer = options.observer ?? UNOBSERVED;
    this.role = options.role ?? (options.work ? 'both' : 'web');
    this.env = createPumpEnv(ctx, {
      fault: options.fault,
      observer: {
        ticked: (seconds) => observer.ticked(seconds),
        settled: (outcomes) => {
          this.settledAt = Date.now();
          if (this.stopping.signal.aborted) this.leftInDoubt += outcomes.filter(isInDoubt).length;
          observer.settled(outcomes);
        },
      },
      answering: options.answering,
      threadsAfter: options.threadsAfter,
    });
    this.checks = new TransportChecks(ctx);
    this.heartbeat = new Heartbeat(ctx, this.role, () => ({
      reconciledAt: this.reconciler.lastAt,
      settledAt: this.settledAt,
    }));
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
    this.heartbeat.start();
    for (const { path, message } of checkDomains(this.ctx)) {
      this.ctx.log.error(`newsletter: ${path}: ${message}. Nothing can be sent from this domain.`);
    }
    // The embedded queue belongs to one process, the one that works; it finds everything in the tables.
    if (!this.options.work && queueKind(this.ctx) === 'embedded') {
      this.queueError =
        'This process sends nothing, since worker.enabled is false, and the embedded queue cannot be shared with a worker. Set worker.enabled to true, or set newsletter.config.queue to Redis or PostgreSQL and start a worker.';
      return;
    }
    try {
      this.queueError = 'it is being opened';
      this.openingSince = Date.now();
      this.tickets = await openTickets(this.ctx, this.stopping.signal, (message) => {
        this.queueError = message;
        this.openingSince = null;
      });
      if (!this.tickets) return;
      this.queueError = null;
    } catch (error) {
      this.queueError = (error as Error).message;
      throw error;
    } finally {
      this.openingSince = null;
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
    this.looking = setInterval(() => void this.lookForOthers(), LOOK_MS);
  }

  /** Whether campaigns wait for a ticket that this process sends none of yet. */
  private async lookForOthers(): Promise<void> {
    const { env, pumping } = this;
    if (pumping.size < this.ctx.config.worker.campaigns || !this.tickets) {
      env.othersWait = false;
      return;
    }
    if (this.isLooking) return;
    this.isLooking = true;
    const waiting = await this.tickets.waitingCampaigns();
    this.isLooking = false;
    env.othersWait = waiting.some((id) => !pumping.has(id));
  }

  stop(): Promise<void> {
    this.stopped ??= this.shutDown();
    return this.stopped;
  }

  private async shutDown(): Promise<void> {
    const { ctx, env } = this;
    this.stopping.abort();
    env.maker.hurry();
    if (this.looking) clearInterval(this.looking);
    await this.started?.catch(() => {}); // its caller was told
    await this.reconciler.stop();
    await this.drain(ctx.config.worker.drainSeconds * 1000);
    // Connections know what they never handed over: that is not in doubt, and the ledger still takes it.
    for (const transport of env.transports.values()) transport.abort();
    await this.drain(ABORTED_MS);
    await env.epochs.stop().catch((error: Error) => {
      ctx.log.error(
        `newsletter: the ledger could not be closed; it is recovered after the lease: ${databaseMessage(error)}`,
      );
    });
    if (this.leftInDoubt > 0)
      ctx.log.warn(`newsletter: stopped with ${this.leftInDoubt} deliveries in doubt`);
    await env.maker.close();
    await env.pacer.stop();
    await env.warmUps.stop();
    await this.tickets?.close();
    await this.heartbeat.stop();
  }

  /** Waits for outstanding outcomes to be committed. */
  private async drain(ms: number): Promise<void> {
    const deadline = Date.now() + ms;
    while ((this.env.places.inUse > 0 || this.mailing > 0) && Date.now() < deadline) {
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
    const { ctx, env } = this;
    this.mailing += 1;
    try {
      while (!this.stopping.signal.aborted) {
        if ((await processDueMails(ctx, env.transports, env.builder, { limit: MAILS_AT_ONCE })) === 0) return;
      }
    } finally {
      this.mailing -= 1;
    }
  }

  health(): DeliveryHealth {
    const { ctx, env } = this;
    const message = this.queueError ?? this.tickets?.problem() ?? null;
    const checks = this.checks.look();
    return {
      role: this.role,
      opening: this.openingSince !== null && Date.now() - this.openingSince < OPENING_MS,
      queue: { backend: queueKind(ctx), ok: message === null, message },
      reconciledAt: this.reconciler.lastAt,
      inFlight: env.epochs.inFlight,
      slots: ctx.config.worker.slots,
      transports: [...env.transports.keys()].map((name) =>
        transportHealth(name, checks.get(name), env.breakers.get(name)),
      ),
    };
  }

  async queueCounts() {
    return (await this.tickets?.counts()) ?? null;
  }
}

/** Whatever is newer: the last check, or what the last message met. */
function transportHealth(
  name: string,
  check: TransportCheck | undefined,
  breaker: Breaker | undefined,
): DeliveryHealth['transports'][number] {
  const used = breaker?.used ? { message: breaker.lastError, at: breaker.usedAt } : undefined;
  const last = check && (!used || check.at > used.at) ? check : used;
  if (!last) return { name, ok: null, message: null, checkedAt: null };
  const { message, at } = last;
  return { name, ok: message === null, message, checkedAt: new Date(at).toISOString() };
}
