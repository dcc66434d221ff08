import type { Context } from '../../context';
import { openEmbedded } from './embedded';
import { openRedis } from './redis';
import { Tickets } from './tickets';
import type { QueueKind } from './types';

export { Tickets, type TicketHandlers } from './tickets';
export type { QueueKind } from './types';

/** What `queue.backend` means here: `auto` is redis when one is configured, else embedded. */
export function queueKind({ config }: Pick<Context, 'config'>): QueueKind {
  const { backend, redis } = config.queue;
  if (backend !== 'auto') return backend;
  return redis === undefined ? 'embedded' : 'redis';
}

/**
 * Opens the queue.
 * @returns null when the signal fires before the embedded queue's folder is free
 * @throws Error when the embedded queue can neither be opened nor made anew
 */
export async function openTickets(ctx: Context, signal: AbortSignal): Promise<Tickets | null> {
  const backend =
    queueKind(ctx) === 'redis' ? openRedis(ctx.config.queue.redis!) : await openEmbedded(ctx, signal);
  return backend && new Tickets(ctx, backend);
}
