import type { TransportConfig } from '../config';
import type { Context } from '../context';
import { createMissingDomains } from './mx/missing';
import { createSeenPolicies } from './mx/seen-policies';
import { createMxTransport } from './mx/transport';
import { createSmtpTransport } from './smtp/transport';
import type { LimitsOf, Transport } from './types';

/** What a site gets when nobody says otherwise. */
const DEFAULT_LIMITS: LimitsOf = () => ({ connections: 5, messagesPerConnection: 100 });

/**
 * The transports of `newsletter.config.transports`, in the order of the configuration: the first one is the default.
 * Nothing is connected before the first message.
 * @param limits what the sites of transports of type `mx` may get
 */
export function createTransports(ctx: Context, limits?: LimitsOf): Map<string, Transport> {
  return new Map(
    Object.entries(ctx.config.transports).map(([name, config]) => [
      name,
      createTransport(ctx, name, config, limits),
    ]),
  );
}

/** One transport, of whichever type. */
export function createTransport(
  { knex, log }: Pick<Context, 'knex' | 'log'>,
  name: string,
  config: TransportConfig,
  limits = DEFAULT_LIMITS,
): Transport {
  if (config.type === 'smtp') return createSmtpTransport(name, config);
  return createMxTransport(name, config, {
    limits,
    log,
    missing: createMissingDomains(knex, log),
    policies: createSeenPolicies(knex, log),
  });
}
