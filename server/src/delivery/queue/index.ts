import type { Context } from '../../context';
import { dialectOf } from '../../storage';
import { openEmbedded } from './embedded';
import { openPostgres } from './postgres';
import { openRedis } from './redis';
import { Tickets } from './tickets';
import type { QueueBackend, QueueKind } from './types';

export { Tickets, type TicketHandlers } from './tickets';
export type { QueueKind } from './types';

/** What `queue.backend` means here: `auto` is redis when one is configured, else Strapi's PostgreSQL, else embedded. */
export function queueKind({ config, knex }: Pick<Context, 'config' | 'knex'>): QueueKind {
  const { backend, redis, postgres } = config.queue;
  if (backend !== 'auto') return backend;
  if (redis !== undefined) return 'redis';
  return postgres !== undefined || dialectOf(knex) === 'postgres' ? 'postgres' : 'embedded';
}

/**
 * Opens the queue.
 * @param onProblem told, in a sentence, what a queue that is not there yet waits for; it is tried again
 * @returns null when the signal fires before the queue is open
 * @throws Error when the embedded queue can neither be opened nor made anew, or no PostgreSQL is configured
 */
export async function openTickets(
  ctx: Context,
  signal: AbortSignal,
  onProblem: (message: string) => void,
): Promise<Tickets | null> {
  const backend = await open(ctx, signal, onProblem);
  return backend && new Tickets(ctx, backend);
}

async function open(
  ctx: Context,
  signal: AbortSignal,
  onWait: (message: string) => void,
): Promise<QueueBackend | null> {
  switch (queueKind(ctx)) {
    case 'redis':
      return openRedis(ctx.config.queue.redis!);
    case 'postgres':
      return openPostgres(ctx, signal, (message) => {
        ctx.log.error(`newsletter: ${message}`);
        onWait(message);
      });
    case 'embedded':
      return openEmbedded(ctx, signal, onWait);
  }
}
