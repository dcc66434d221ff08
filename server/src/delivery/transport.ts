import type { NewsletterConfig, TransportConfig } from '../config';
import type { Context } from '../context';
import { createMissingDomains } from './mx/missing';
import { createSeenPolicies } from './mx/seen-policies';
import { createMxTransport } from './mx/transport';
import { DestinationFinder } from './pacing/destination';
import { configuredLimits } from './pacing/limits';
import { createSmtpTransport } from './smtp/transport';
import type { LimitsOf, Transport } from './types';

/** What sites may get before anything is learned. */
function limitsOf(config: NewsletterConfig): LimitsOf {
  const finder = new DestinationFinder(config.pacing.destinations);
  return (name, site, domain = site.name) => {
    const destination = finder.find(domain, site);
    return { destination, ...configuredLimits(config, { name, type: 'mx' }, destination) };
  };
}

/**
 * The transports of `newsletter.config.transports`, in the order of the configuration: the first one is the default.
 * Nothing is connected before the first message.
 * @param limits what the sites of transports of type `mx` may get; by default what the configuration says
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
  { knex, log, config: all }: Pick<Context, 'knex' | 'log' | 'config'>,
  name: string,
  config: TransportConfig,
  limits = limitsOf(all),
): Transport {
  if (config.type === 'smtp') return createSmtpTransport(name, config);
  return createMxTransport(name, config, {
    limits,
    log,
    missing: createMissingDomains(knex, log),
    policies: createSeenPolicies(knex, log),
  });
}
