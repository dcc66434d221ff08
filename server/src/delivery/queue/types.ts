import type { BackendFactory, QueueBaseOptions } from 'bullmq';
import type { QueueKind } from '../../../../shared/contracts';

export type { QueueKind };

/** What BullMQ runs on. One per process; closed after the queues and workers over it. */
export interface QueueBackend {
  kind: QueueKind;
  /** Connection options of queues: a call fails instead of waiting while the backend is away. */
  producer: QueueBaseOptions['connection'];
  /** Connection options of workers: they wait until it is back. */
  consumer: QueueBaseOptions['connection'];
  /** Undefined: BullMQ's own for Redis. */
  factory: BackendFactory | undefined;
  /** Null when the last contact worked; what BullMQ itself reports comes on top. */
  problem(): Error | null;
  close(): Promise<void>;
}
