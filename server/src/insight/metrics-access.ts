import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context } from '../context';

/**
 * Whether somebody may read the metrics.
 * @param authorization the header of the request
 * @returns null: yes; else the status and the sentence to answer with
 */
export function refuseMetrics(
  { config: { metrics }, production }: Pick<Context, 'config' | 'production'>,
  authorization: string | undefined,
): { status: 401 | 403 | 404; message: string } | null {
  if (!metrics.enabled) return { status: 404, message: 'Not Found' };
  if (metrics.token === undefined) {
    if (!production) return null;
    return {
      status: 403,
      message: 'In production, metrics need a token: set newsletter.config.metrics.token.',
    };
  }
  const given = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1] ?? '';
  return isSame(given, metrics.token) ? null : { status: 401, message: 'The bearer token is wrong.' };
}

const digest = (text: string) => createHash('sha256').update(text).digest();
const isSame = (a: string, b: string) => timingSafeEqual(digest(a), digest(b));
