import type { NewsletterConfig, PacingConfig, ReplyRuleConfig } from '../../config';
import type { Transport } from '../types';
import { isProvider, WHOLE_SOURCE } from './destination';
import { DEFAULT_LIMITS, PROVIDER_ROWS, type ReplyRule } from './providers';
import type { Limits } from './types';

const NONE: Limits = { connections: Infinity, messagesPerConnection: Infinity, messagesPerSecond: Infinity };

/**
 * What a destination may get over a transport before anything is learned: the configuration, else, over transports that
 * look for mail servers themselves, the table of providers. A relay paces by itself.
 */
export function configuredLimits(
  { transports, pacing }: Pick<NewsletterConfig, 'transports' | 'pacing'>,
  { name, type }: Pick<Transport, 'name' | 'type'>,
  destination: string,
): Limits {
  if (destination === WHOLE_SOURCE) {
    return { ...NONE, messagesPerSecond: transports[name]?.rate.messagesPerSecond ?? Infinity };
  }
  const table = isProvider(destination) ? PROVIDER_ROWS[destination] : {};
  const defaults = type === 'mx' ? { ...NONE, ...DEFAULT_LIMITS, ...given(table) } : NONE;
  return { ...defaults, ...given(pacing.destinations[destination] ?? {}) };
}

function given(limits: Partial<Limits>): Partial<Limits> {
  const { connections, messagesPerConnection, messagesPerSecond, requireTLS } = limits;
  return {
    ...(connections !== undefined && { connections }),
    ...(messagesPerConnection !== undefined && { messagesPerConnection }),
    ...(messagesPerSecond !== undefined && { messagesPerSecond }),
    ...(requireTLS !== undefined && { requireTLS }),
  };
}

/** What refusals of a destination do to all mail for it: the configuration's rules, else the table's. */
export function configuredRules(pacing: PacingConfig, destination: string): readonly ReplyRule[] {
  const own = pacing.destinations[destination]?.rules;
  if (own) return own.map(ruleOf);
  return isProvider(destination) ? (PROVIDER_ROWS[destination].rules ?? []) : [];
}

function ruleOf(rule: ReplyRuleConfig): ReplyRule {
  const { times } = rule;
  const when = new RegExp(rule.when, 'i');
  switch (rule.then) {
    case 'suspend':
      return { when, times, reason: 'reputation', then: { suspend: true }, minutes: rule.minutes };
    case 'slow':
      return { when, times, reason: 'rate', then: { rate: rule.perMinute }, minutes: rule.minutes };
    case 'single':
      return { when, times, reason: 'connections', then: { single: true }, minutes: 0 };
  }
}
