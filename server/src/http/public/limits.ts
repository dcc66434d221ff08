import type { Context as KoaContext } from 'koa';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { clientOf } from '../../client-address';
import type { Context } from '../../context';

export { clientOf };

type Limiters = { subscribe: RateLimiterMemory; page: RateLimiterMemory };

const limiters = new WeakMap<Context, Limiters>();

/**
 * Counts a call against the limit of its client and route: `config.limits`, in the memory of this process. The client
 * is the address that Koa sees, a whole /64 for IPv6; behind a proxy Strapi needs `server.proxy.koa`.
 * @returns seconds to wait, after Retry-After was set; null when the call may go on
 */
export async function exceeded(
  ctx: Context,
  koa: KoaContext,
  kind: keyof Limiters,
  route: string,
): Promise<number | null> {
  try {
    await limitersOf(ctx)[kind].consume(`${route}:${clientOf(koa.ip)}`);
    return null;
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error;
    const seconds = Math.max(1, Math.ceil(error.msBeforeNext / 1000));
    koa.set('Retry-After', String(seconds));
    return seconds;
  }
}

function limitersOf(ctx: Context): Limiters {
  const known = limiters.get(ctx);
  if (known) return known;
  const { subscribePerHour, publicPerMinute } = ctx.config.limits;
  const made = {
    subscribe: new RateLimiterMemory({ points: subscribePerHour, duration: 3600 }),
    page: new RateLimiterMemory({ points: publicPerMinute, duration: 60 }),
  };
  limiters.set(ctx, made);
  return made;
}
