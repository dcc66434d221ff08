import type { Sender } from '../../../shared/contracts';
import type { Context } from '../context';
import { routesOf } from './routes';
import { createSmtpTransport } from './smtp/pool';
import type { LimitsOf, Transport } from './types';

/** What a site gets when nobody says otherwise: few receivers mind 5 connections. */
const DEFAULT_LIMITS: LimitsOf = () => ({ connections: 5, messagesPerConnection: 100 });

/**
 * The transports of `newsletter.config.transports`, in the order of the configuration: the first one is the default.
 * Nothing is connected before the first message.
 * @param limits what the sites of transports of type `mx` may get
 */
export function createTransports(ctx: Context, limits: LimitsOf = DEFAULT_LIMITS): Map<string, Transport> {
  void limits;
  return new Map(
    Object.entries(ctx.config.transports).map(([name, config]) => [name, createSmtpTransport(name, config)]),
  );
}

/** The first transport of a sender; null when there is none (any more). */
export function transportFor(
  transports: ReadonlyMap<string, Transport>,
  sender: Pick<Sender, 'transports'>,
): Transport | null {
  return routesOf(transports, sender)[0]?.transport ?? null;
}
