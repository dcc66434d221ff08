import type { Context } from '../context';
import { createSmtpTransport } from './smtp/pool';
import type { Transport } from './types';

/**
 * One connection pool per entry of `newsletter.config.transports`, in the order of the configuration: the first one is
 * the default. Nothing is connected before the first message.
 */
export function createTransports(ctx: Context): Map<string, Transport> {
  return new Map(
    Object.entries(ctx.config.transports).map(([name, config]) => [name, createSmtpTransport(name, config)]),
  );
}

/** The transport of a sender: the one it names, else the first; null when there is none (any more). */
export function transportFor(
  transports: ReadonlyMap<string, Transport>,
  sender: { transport?: string | null },
): Transport | null {
  if (sender.transport) return transports.get(sender.transport) ?? null;
  return transports.values().next().value ?? null;
}
