import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { ProcessRole } from '../../../shared/contracts';
import { VERSION } from '../constants';
import type { Context } from '../context';
import { beat, endProcess, type ProcessProgress } from '../storage';
import { queueKind } from './queue';
import { databaseMessage } from './ticker';

/** A process that missed so many beats counts as gone. */
const MISSED = 3;

/**
 * Tells the other processes that this one lives, every `worker.heartbeatSeconds`, whether or not it has anything to send.
 * Without a database it is silent, and so counts as gone: nothing could be sent anyway.
 */
export class Heartbeat {
  private readonly id = randomBytes(12).toString('hex');
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> = Promise.resolve();
  private failed = false;
  private stopped = false;

  constructor(
    private readonly ctx: Context,
    private readonly role: ProcessRole,
    private readonly progress: () => ProcessProgress,
  ) {}

  start(): void {
    if (!this.timer && !this.stopped) this.next();
  }

  /** Says that this process ends. */
  async stop(): Promise<void> {
    this.stopped = true;
    if (this.timer) clearTimeout(this.timer);
    await this.running;
    await this.quietly(() => endProcess(this.ctx.knex, this.id));
  }

  private next(): void {
    const everyMs = this.ctx.config.worker.heartbeatSeconds * 1000;
    this.running = this.quietly(() => this.beat(everyMs * MISSED)).then(() => {
      if (!this.stopped) this.timer = setTimeout(() => this.next(), everyMs);
    });
  }

  private beat(aliveMs: number): Promise<void> {
    const { ctx, id, role } = this;
    const identity = {
      id,
      host: hostname(),
      pid: process.pid,
      role,
      version: VERSION,
      queue: queueKind(ctx),
    };
    return beat(ctx.knex, identity, this.progress(), aliveMs);
  }

  /** Says once, not at each beat, that the database is away. */
  private async quietly(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.failed = false;
    } catch (error) {
      if (!this.failed) {
        this.ctx.log.warn(
          `newsletter: the heartbeat could not be written: ${databaseMessage(error as Error)}`,
        );
      }
      this.failed = true;
    }
  }
}
