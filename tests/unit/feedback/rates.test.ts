import { expect, it } from 'vitest';
import type { ListenerConfig } from '../../../server/src/config';
import { createRates } from '../../../server/src/feedback/inbound/rates';

const limits = {
  connectionsPerMinutePerIp: 2,
  mailsPerMinutePerIp: 2,
  strangersPerMinutePerIp: 2,
} as ListenerConfig;

it('counts each client for a minute, and a /64 of IPv6 as one', () => {
  let now = 1_000_000;
  const rates = createRates(limits, () => now);
  expect([1, 2, 3].map(() => rates.stranger('192.0.2.1'))).toEqual([true, true, false]);
  expect(rates.stranger('192.0.2.2')).toBe(true);
  expect(['2001:db8::1', '2001:db8::2', '2001:db8::ffff:3'].map((ip) => rates.mail(ip))).toEqual([
    true,
    true,
    false,
  ]);
  expect(rates.mail('2001:db8:0:1::1')).toBe(true);
  now += 59_999;
  expect(rates.isGuessing('192.0.2.1')).toBe(true);
  now += 1;
  expect(rates.isGuessing('192.0.2.1')).toBe(false);
  expect(rates.stranger('192.0.2.1')).toBe(true);
});

it('keeps a bounded number of clients, the newest ones', () => {
  const rates = createRates(limits, () => 0);
  const ip = (n: number) => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`;
  for (let n = 0; n < 30_000; n++) for (const _ of [1, 2]) rates.stranger(ip(n));
  const kept = Array.from({ length: 30_000 }, (_, n) => rates.isGuessing(ip(n))).filter(Boolean).length;
  expect(kept).toBeGreaterThan(9_000);
  expect(kept).toBeLessThanOrEqual(10_000);
  expect(rates.isGuessing(ip(29_999))).toBe(true);
});
