import { getContext, getMetrics, setDelivery, setInbound } from '../app';
import { createDelivery, queueKind } from '../delivery';
import { startInbound } from '../feedback';
import { dialectOf } from '../storage';
import { openProbe } from './probe';

/** Why this project cannot have a worker apart; the message says what to change. */
export class WorkerRefusal extends Error {
  override name = 'WorkerRefusal';
}

export interface WorkerOptions {
  /** Overrides `worker.healthPort`; 0: a free one. */
  healthPort?: number;
}

export interface RunningWorker {
  /** Port of /health and /metrics; null: none was asked for. */
  healthPort: number | null;
  /** Admits nothing more and waits up to `worker.drainSeconds` for replies. */
  stop(): Promise<void>;
}

/** `strapi.plugin('newsletter').service('worker')`: for `strapi-newsletter worker`, in a Strapi that does not listen. */
export interface WorkerService {
  /**
   * Sends from this process, whatever `worker.enabled` says. Resolves when the queue is open.
   * @throws WorkerRefusal on SQLite and with the embedded queue, which belong to one process
   */
  start(options?: WorkerOptions): Promise<RunningWorker>;
}

export function createWorkerService(): WorkerService {
  return {
    async start({ healthPort } = {}) {
      const ctx = getContext();
      if (dialectOf(ctx.knex) === 'sqlite')
        throw new WorkerRefusal(
          'SQLite belongs to one process, so a worker cannot share it. Use PostgreSQL, MySQL or MariaDB, or leave sending to Strapi itself (worker.enabled: true).',
        );
      if (queueKind(ctx) === 'embedded')
        throw new WorkerRefusal(
          'The embedded queue belongs to one process, so a worker cannot share it. Set newsletter.config.queue to Redis (queue.redis) or PostgreSQL (queue.backend: "postgres") for the web process and the workers.',
        );
      const metrics = getMetrics();
      const delivery = createDelivery(ctx, { work: true, role: 'worker', observer: metrics?.observer });
      setDelivery(delivery);
      const port = healthPort ?? ctx.config.worker.healthPort;
      // Before the queue is open: an orchestrator hears what it waits for.
      const probe = port === undefined ? null : await openProbe(ctx, { delivery, metrics, port });
      // Bounces need no queue.
      const inbound = startInbound(ctx);
      setInbound(inbound);
      await delivery.start();
      return {
        healthPort: probe?.port ?? null,
        async stop() {
          await Promise.all([delivery.stop(), inbound.stop()]);
          await probe?.close();
        },
      };
    },
  };
}
