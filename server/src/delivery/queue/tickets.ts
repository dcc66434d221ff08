import { DelayedError, Queue, Worker, type Job, type JobsOptions } from 'bullmq';
import type { Context } from '../../context';
import type { PumpResult } from '../pump';
import { databaseMessage } from '../ticker';
import type { QueueBackend } from './types';

/** What a ticket asks for. Nothing here decides anything: the tables do. */
export interface TicketHandlers {
  /** Null: this process sends the campaign already under another ticket. */
  pump(campaignId: string): Promise<Pick<PumpResult, 'again' | 'delayMs'> | null>;
  start(): Promise<void>;
  /** A part of a campaign that is being sent is due. */
  wake(campaignId: string): Promise<void>;
  mails(): Promise<void>;
}

const EVENTS_KEPT = 100;
/** How long an error counts as the present state, and is not logged again. */
const PROBLEM_MS = 60_000;
const MESSAGES_KEPT = 20;
const WAITING_LOOKED_AT = 31;

interface PumpData {
  campaignId: string;
}

/**
 * Two queues, so that a confirmation mail never waits behind a campaign: `sends` carries pump tickets, `mails` the short
 * ones (transactional mails, starts).
 */
export class Tickets {
  private readonly sends: Queue;
  private readonly mails: Queue;
  private workers: Worker[] = [];
  private readonly loggedAt = new Map<string, number>();
  private lastError: { message: string; at: number } | null = null;

  constructor(
    private readonly ctx: Context,
    private readonly backend: QueueBackend,
  ) {
    this.sends = this.queue('sends');
    this.mails = this.queue('mails');
  }

  /** @param nth number of the ticket: as many as processes may send a campaign at the same time */
  addPump(campaignId: string, nth: number, delayMs = 0): Promise<void> {
    const data: PumpData = { campaignId };
    return this.add(this.sends, 'pump', data, {
      jobId: `pump-${campaignId}-n${nth}`,
      delay: Math.ceil(delayMs),
    });
  }

  addStart(campaignId: string, version: number, atMs: number): Promise<void> {
    // A little late rather than early: what is not due yet would wait for the reconciler.
    const delay = Math.max(0, atMs - Date.now()) + 100;
    return this.add(
      this.mails,
      'start',
      {},
      { jobId: `start-${campaignId}-v${version}`, delay, priority: 2 },
    );
  }

  /** Asks for a pump at an instant. Not a delayed pump: that would keep its id, and a nudge meanwhile would be lost. */
  addWake(campaignId: string, atMs: number): Promise<void> {
    const data: PumpData = { campaignId };
    return this.add(this.mails, 'wake', data, {
      jobId: `wake-${campaignId}-t${Math.ceil(atMs / 1000).toString(36)}`,
      delay: Math.max(0, atMs - Date.now()) + 50,
      priority: 2,
    });
  }

  addMails(): Promise<void> {
    // Another id each quarter second: a ticket that runs already may have looked before the mail was written.
    const slice = Math.floor(Date.now() / 250).toString(36);
    return this.add(this.mails, 'mails', {}, { jobId: `mails-t${slice}`, priority: 1 });
  }

  work(handlers: TicketHandlers): void {
    const { campaigns } = this.ctx.config.worker;
    this.workers = [
      this.worker('sends', campaigns, (job, token) => this.runPump(handlers, job, token)),
      this.worker('mails', 2, async (job) => {
        if (job.name === 'wake') await handlers.wake((job.data as PumpData).campaignId);
        else await (job.name === 'start' ? handlers.start() : handlers.mails());
      }),
    ];
  }

  /** Tickets by queue. @throws Error when the backend does not answer within 5 s */
  async counts(): Promise<Record<'sends' | 'mails', { waiting: number; active: number; delayed: number }>> {
    const read = async (queue: Queue) => {
      const jobs = await withTimeout(
        queue.getJobCounts('waiting', 'prioritized', 'active', 'delayed'),
        5_000,
      );
      const { waiting = 0, prioritized = 0, active = 0, delayed = 0 } = jobs;
      return { waiting: waiting + prioritized, active, delayed };
    };
    const [sends, mails] = await Promise.all([read(this.sends), read(this.mails)]);
    return { sends, mails };
  }

  /** Campaigns whose tickets wait for their turn, the first few; none when the backend does not answer. */
  async waitingCampaigns(): Promise<string[]> {
    try {
      const jobs: Job<PumpData>[] = await withTimeout(this.sends.getWaiting(0, WAITING_LOOKED_AT), 1_000);
      return jobs.flatMap((job) => job?.data.campaignId ?? []);
    } catch (error) {
      this.note(error as Error);
      return [];
    }
  }

  /** A sentence for the operator; null when the last contact with the backend worked. */
  problem(): string | null {
    const noted =
      this.lastError && Date.now() - this.lastError.at < PROBLEM_MS ? this.lastError.message : null;
    const message = this.backend.problem()?.message ?? noted;
    return message === null
      ? null
      : `The queue (${this.backend.kind}) does not answer as it should: ${message}. It is tried again, and sending goes on by itself.`;
  }

  /** Takes no further tickets; waits for those that run. */
  async close(): Promise<void> {
    // Workers before queues before the backend: PGlite must outlive what uses it.
    await Promise.all(this.workers.map((worker) => worker.close()));
    await Promise.all([this.sends.close(), this.mails.close()]);
    await this.backend.close();
  }

  private async runPump(
    handlers: TicketHandlers,
    job: Job<PumpData>,
    token: string | undefined,
  ): Promise<void> {
    const result = await handlers.pump(job.data.campaignId);
    if (result && !result.again) return;
    // The same ticket again, behind those of other campaigns; another process may take it.
    await job.moveToDelayed(Date.now() + Math.max(10, result ? result.delayMs : 1_000), token);
    throw new DelayedError();
  }

  private async add(queue: Queue, name: string, data: object, options: JobsOptions): Promise<void> {
    try {
      await withTimeout(queue.add(name, data, options), 5_000);
      this.lastError = null;
    } catch (error) {
      this.note(error as Error);
      this.ctx.log.warn(
        `newsletter: the queue took no ticket (the reconciler will add it): ${(error as Error).message}`,
      );
    }
  }

  private queue(name: string): Queue {
    const queue = new Queue(
      this.queueName(name),
      {
        connection: this.backend.producer,
        // Nobody reads them; PostgreSQL has no expiry of its own.
        streams: { events: { maxLen: EVENTS_KEPT } },
        // A finished job that is kept would make the next ticket of the same id disappear silently.
        defaultJobOptions: { removeOnComplete: true, removeOnFail: true, attempts: 1 },
        skipVersionCheck: true,
      },
      this.backend.factory as undefined,
    );
    queue.on('error', (error) => this.note(error));
    return queue;
  }

  private worker(
    name: string,
    concurrency: number,
    run: (job: Job, token?: string) => Promise<void>,
  ): Worker {
    const worker = new Worker(
      this.queueName(name),
      run,
      {
        connection: this.backend.consumer,
        concurrency,
        // A ticket whose process died is free again about when its batches are.
        lockDuration: this.lockMs(),
        stalledInterval: this.lockMs(),
        maxStalledCount: 1,
        removeOnComplete: { count: 0 },
        removeOnFail: { count: 0 },
        runRetryDelay: 1_000,
        skipVersionCheck: true,
      },
      this.backend.factory as undefined,
    );
    worker.on('error', (error) => this.note(error));
    worker.on('failed', (job, error) => {
      this.ctx.log.error(
        `newsletter: ticket ${job?.id ?? '?'} failed (the reconciler goes on): ${databaseMessage(error)}`,
      );
    });
    worker.on('active', () => (this.lastError = null));
    return worker;
  }

  /** Projects that share a Redis or a PostgreSQL must not take each other's tickets. */
  private queueName(name: string): string {
    const project = this.ctx.tokens.addressHash('newsletter queue').slice(0, 8);
    return `${this.ctx.config.queue.prefix}-${project}-${name}`;
  }

  private lockMs(): number {
    return Math.min(30_000, Math.max(2_000, this.ctx.config.worker.leaseSeconds * 1000));
  }

  private note(error: Error): void {
    const message = error.message || error.name;
    this.lastError = { message, at: Date.now() };
    if (Date.now() - (this.loggedAt.get(message) ?? 0) < PROBLEM_MS) return;
    if (this.loggedAt.size >= MESSAGES_KEPT) this.loggedAt.clear();
    this.loggedAt.set(message, Date.now());
    this.ctx.log.warn(`newsletter: queue (${this.backend.kind}): ${message}`);
  }
}

async function withTimeout<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms / 1000} s`)), ms);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
