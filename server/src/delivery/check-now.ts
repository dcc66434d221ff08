import type { Context } from '../context';
import { checkTransport, type TransportCheck } from './checks';
import { openTickets, queueKind } from './queue';

/** Connects to each transport and logs in, now. */
export async function checkTransports(ctx: Context): Promise<Map<string, TransportCheck>> {
  const names = Object.entries(ctx.config.transports);
  return new Map(
    await Promise.all(
      names.map(async ([name, config]) => [name, await checkTransport(ctx, name, config)] as const),
    ),
  );
}

const WAIT_MS = 10_000;

/**
 * Opens the queue beside the processes that use it, and asks it something.
 * @returns what is wrong, or null: it answers, or it is the embedded queue, which belongs to another process
 */
export async function checkQueue(ctx: Context): Promise<string | null> {
  if (queueKind(ctx) === 'embedded') return null;
  let problem = `no answer within ${WAIT_MS / 1000} s`;
  const quiet = { ...ctx, log: { ...ctx.log, debug() {}, info() {}, warn() {}, error() {} } };
  try {
    const tickets = await openTickets(quiet, AbortSignal.timeout(WAIT_MS), (message) => (problem = message));
    if (!tickets) return problem;
    try {
      await tickets.counts();
      return null;
    } finally {
      await tickets.close();
    }
  } catch (error) {
    return (error as Error).message;
  }
}
