import { createHmac, timingSafeEqual } from 'node:crypto';
import { WebhookRefusal } from './types';

/** HMAC-SHA256. */
export const hmac = (key: string | Buffer, ...parts: (string | Buffer)[]): Buffer => {
  const sum = createHmac('sha256', key);
  for (const part of parts) sum.update(part);
  return sum.digest();
};

/** Compares in a time that tells nothing of where they differ. */
export const same = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b);

/** Compares two secrets of whatever length. */
export const sameText = (given: string, expected: string): boolean =>
  same(hmac('compare', given), hmac('compare', expected));

export const FIVE_MINUTES = 5 * 60_000;

/**
 * @param seconds since 1970, as the provider wrote it
 * @throws WebhookRefusal 401 when it is older than the tolerance, since somebody may have kept the request, or more than
 *   five minutes in the future, which no clock should be wrong by
 */
export function refuseOld(seconds: string, now: number, toleranceMs: number): void {
  refuseFarFrom(now, /^\d{1,12}$/.test(seconds) ? Number(seconds) * 1000 : NaN, toleranceMs);
}

/** The same for a time in milliseconds since 1970, or NaN. */
export function refuseFarFrom(now: number, at: number, toleranceMs: number): void {
  if (!(now - at <= toleranceMs && at - now <= FIVE_MINUTES))
    throw new WebhookRefusal(401, 'The timestamp of the signature is missing or too far from now.');
}

export const BAD_SIGNATURE = 'The signature is missing or not the expected one.';
