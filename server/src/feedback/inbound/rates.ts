import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { clientOf } from '../../client-address';
import type { ListenerConfig } from '../../config';

/** Limits per client address: a whole /64 of IPv6. In the memory of this process. */
export interface Rates {
  /** Counts a mail. @returns false: too many within a minute */
  mail(ip: string): Promise<boolean>;
  /** Counts a recipient that is not ours. @returns false: too many within a minute */
  stranger(ip: string): Promise<boolean>;
  /** Whether a client has already had too many of those. */
  isGuessing(ip: string): Promise<boolean>;
}

export function createRates(config: ListenerConfig): Rates {
  const mails = new RateLimiterMemory({ points: config.mailsPerMinutePerIp, duration: 60 });
  const strangers = new RateLimiterMemory({ points: config.strangersPerMinutePerIp, duration: 60 });
  return {
    mail: (ip) => allowed(mails, ip),
    stranger: (ip) => allowed(strangers, ip),
    isGuessing: async (ip) => ((await strangers.get(clientOf(ip)))?.remainingPoints ?? 1) <= 0,
  };
}

async function allowed(limiter: RateLimiterMemory, ip: string): Promise<boolean> {
  try {
    await limiter.consume(clientOf(ip));
    return true;
  } catch (error) {
    if (error instanceof RateLimiterRes) return false;
    throw error;
  }
}
