import { z } from 'zod';
import { bounceProblems } from './bounce';
import { pacingProblems } from './pacing';
import { configSchema, type NewsletterConfig } from './schema';

export { bounceDomainOf, bounceDomains, takesMail } from './bounce';
export type { BounceConfig, ListenerConfig, MailboxConfig } from './bounce';
export { checkDomains, readSigningDomain, type DomainProblem, type SigningDomain } from './dkim';
export {
  PROVIDERS,
  type PacingConfig,
  type DestinationConfig,
  type ProviderName,
  type ReplyRuleConfig,
} from './pacing';
export { publicUrlProblem } from './public-url';
export { configSchema } from './schema';
export type { NewsletterConfig, NewsletterConfigInput, DomainConfig } from './schema';
export { ehloName, isHostName } from './host-name';
export { isWarmedUp, transportNames } from './transports';
export type { MxTransportConfig, SmtpTransportConfig, TransportConfig, WarmUpConfig } from './transports';

/**
 * Reads a configuration and fills in the defaults.
 * @throws Error that names each wrong key by its path and says what was expected.
 */
export function parseConfig(input: unknown): NewsletterConfig {
  const result = configSchema.safeParse(input ?? {});
  if (result.success) {
    const { backend, redis } = result.data.queue;
    if (backend === 'redis' && !redis) {
      throw new Error('newsletter.config.queue.redis: required when queue.backend is "redis"');
    }
    const { pacing, domains } = result.data;
    const problems = [...bounceProblems(result.data), ...pacingProblems(pacing, domains)];
    if (problems.length > 0) throw new Error(problems.join('\n'));
    return result.data;
  }
  throw new Error(result.error.issues.map(describeIssue).join('\n'));
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const path = ['newsletter', 'config', ...issue.path.map(String)].join('.');
  return `${path}: ${issue.message}`;
}

/** Strapi's side of the room: defaults are the schema's own, the validator stops the boot with a readable error. */
export const strapiConfig = {
  default: {},
  validator(config: unknown): void {
    parseConfig(config);
  },
};
