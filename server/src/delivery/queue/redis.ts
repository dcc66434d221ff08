import type { QueueBackend } from './types';

/** Redis as configured: a URL or ioredis options. BullMQ opens the connections. */
export function openRedis(redis: string | Record<string, unknown>): QueueBackend {
  const target = redisOptions(redis);
  const retryStrategy = (times: number) => Math.min(times * 200, 5_000);
  return {
    kind: 'redis',
    // The row is written before the ticket: a ticket that cannot be added now is added by the reconciler.
    producer: { ...target, maxRetriesPerRequest: 1, enableOfflineQueue: false, retryStrategy },
    consumer: { ...target, maxRetriesPerRequest: null, retryStrategy },
    factory: undefined,
    problem: () => null,
    close: () => Promise.resolve(),
  };
}

/** Options of ioredis for what the configuration says. */
export const redisOptions = (redis: string | Record<string, unknown>): Record<string, unknown> =>
  typeof redis === 'string' ? fromUrl(redis) : redis;

function fromUrl(text: string): Record<string, unknown> {
  const url = new URL(text);
  const db = Number(url.pathname.slice(1));
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || 6379),
    ...(url.username && { username: decodeURIComponent(url.username) }),
    ...(url.password && { password: decodeURIComponent(url.password) }),
    ...(db > 0 && { db }),
    ...(url.protocol === 'rediss:' && { tls: {} }),
  };
}
