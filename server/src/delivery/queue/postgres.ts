import { setTimeout as sleep } from 'node:timers/promises';
import {
  PostgresConnection,
  PostgresQueueBackend,
  type BackendFactory,
  type PgPool,
  type QueueBaseOptions,
} from 'bullmq';
import type { Context } from '../../context';
import { PostgresPool } from './postgres-pool';
import { notificationsArrive, prepareSchema } from './postgres-schema';
import { postgresSettings } from './postgres-settings';
import type { QueueBackend } from './types';

const LONGEST_PAUSE_MS = 30_000;
const CLOSE_MS = 5_000;

/**
 * BullMQ on PostgreSQL, in a schema of its own. Tries until the server answers: it may start later than we.
 * @param onProblem told, in a sentence, what it waits for
 * @returns null when the signal fires before
 * @throws Error when there is nothing to connect to
 */
export async function openPostgres(
  ctx: Context,
  signal: AbortSignal,
  onProblem: (message: string) => void,
): Promise<QueueBackend | null> {
  const { schema } = ctx.config.queue;
  const settings = await postgresSettings(ctx.knex, ctx.config.queue);
  for (let pause = 500; !signal.aborted; pause = Math.min(LONGEST_PAUSE_MS, pause * 2)) {
    let pool: PostgresPool | undefined;
    try {
      pool = new PostgresPool(settings, schema);
      await prepareSchema(pool, schema);
      if (!(await notificationsArrive(pool))) {
        ctx.log.warn(
          'newsletter: notifications of PostgreSQL do not arrive, as behind a pooler in transaction mode: tickets are ' +
            'found up to 5 s later. Let queue.postgres point to PostgreSQL itself.',
        );
      }
      return backendOver(pool);
    } catch (error) {
      await pool?.end();
      onProblem(sentenceOf(error as Error & { code?: string }, schema));
      await sleep(pause, undefined, { signal }).catch(() => {});
    }
  }
  return null;
}

function backendOver(pool: PostgresPool): QueueBackend {
  const connection = pool as unknown as QueueBaseOptions['connection'];
  const factory: BackendFactory = (name, options) =>
    new PostgresQueueBackend(
      new PreparedConnection(pool),
      name,
      options as unknown as ConstructorParameters<typeof PostgresQueueBackend>[2],
    );
  return {
    kind: 'postgres',
    producer: connection,
    consumer: connection,
    factory,
    problem: () => pool.problem,
    async close() {
      // A server that is away does not answer a farewell either.
      await Promise.race([pool.end(), sleep(CLOSE_MS, undefined, { ref: false })]);
    },
  };
}

/**
 * The schema has been made by whoever opened the pool. BullMQ's own check looks into the schema `bullmq` only when it
 * is given a pool, and would remember for ever that it failed once.
 */
class PreparedConnection extends PostgresConnection {
  constructor(pool: PgPool) {
    super(pool);
  }

  override waitUntilReady(): Promise<void> {
    return Promise.resolve();
  }
}

function sentenceOf({ code, message }: Error & { code?: string }, schema: string): string {
  if (code === '42501') {
    return (
      `The queue's user may not make the schema ${schema} in PostgreSQL (${message}). Let an administrator run ` +
      `CREATE SCHEMA ${schema} AUTHORIZATION that user; nothing is sent until then.`
    );
  }
  return `The queue's PostgreSQL cannot be used: ${message || code || 'no answer'}. It is tried again; nothing is sent until then.`;
}
