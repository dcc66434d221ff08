import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context } from '../context';

/** Why nobody can read the metrics although they are on; null: they can be read. */
export function metricsProblem({
  config: { metrics },
  production,
}: Pick<Context, 'config' | 'production'>): string | null {
  if (!metrics.enabled || metrics.token !== undefined || !production) return null;
  return 'In production, metrics need a token: set newsletter.config.metrics.token.';
}

/**
 * Whether somebody may read the metrics.
 * @param authorization the header of the request
 * @returns null: yes; else the status and the sentence to answer with
 */
export function refuseMetrics(
  ctx: Pick<Context, 'config' | 'production'>,
  authorization: string | undefined,
): { status: 401 | 403 | 404; message: string } | null {
  const { enabled, token } = ctx.config.metrics;
  if (!enabled) return { status: 404, message: 'Not Found' };
  if (token === undefined) {
    const message = metricsProblem(ctx);
    return message === null ? null : { status: 403, message };
  }
  const given = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1] ?? '';
  return isSame(given, token) ? null : { status: 401, message: 'The bearer token is wrong.' };
}

const digest = (text: string) => createHash('sha256').update(text).digest();
const isSame = (a: string, b: string) => timingSafeEqual(digest(a), digest(b));
