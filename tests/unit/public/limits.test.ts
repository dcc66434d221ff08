import type { Context as KoaContext } from 'koa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Context } from '../../../server/src/context';
import { clientOf, exceeded } from '../../../server/src/http/public/limits';
import { maskAddress } from '../../../server/src/http/public/respond';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, type TestDatabase } from '../../helpers/database';

describe('limits', () => {
  let db: TestDatabase;
  let ctx: Context;
  const from = (ip: string, headers: Record<string, string> = {}) =>
    ({ ip, set: (name: string, value: string) => (headers[name] = value) }) as unknown as KoaContext;

  beforeAll(async () => {
    db = await createTestDatabase();
    ctx = await createTestContext(db.knex, { limits: { subscribePerHour: 2, publicPerMinute: 3 } });
  });
  afterAll(() => db.destroy());

  it('count per client and route, and say when to come back', async () => {
    const headers: Record<string, string> = {};
    for (let i = 0; i < 2; i++) expect(await exceeded(ctx, from('192.0.2.1'), 'subscribe', 's')).toBeNull();
    const seconds = await exceeded(ctx, from('192.0.2.1', headers), 'subscribe', 's');
    expect(seconds).toBeGreaterThan(3500);
    expect(headers['Retry-After']).toBe(String(seconds));
    expect(await exceeded(ctx, from('192.0.2.2'), 'subscribe', 's')).toBeNull();
    expect(await exceeded(ctx, from('192.0.2.1'), 'page', 'confirm')).toBeNull();
  });

  it('take a /64 of IPv6 for one client', () => {
    expect(clientOf('2001:db8:0:1::1')).toBe(clientOf('2001:0db8:0000:0001:ffff:ffff:ffff:ffff'));
    expect(clientOf('2001:db8:0:1::1')).not.toBe(clientOf('2001:db8:0:2::1'));
    expect(clientOf('::1')).toBe('0:0:0:0');
    expect(clientOf('fe80::1%eth0')).toBe('fe80:0:0:0');
    expect(clientOf('::ffff:192.0.2.1')).toBe('192.0.2.1');
    expect(clientOf('192.0.2.1')).toBe('192.0.2.1');
  });
});

describe('maskAddress', () => {
  it.each([
    ['ann@example.com', 'a•••@example.com'],
    ['"a@b"@example.com', '"•••@example.com'],
    ['𠮟る@example.com', '𠮟•••@example.com'],
  ])('shows of %s only %s', (email, masked) => expect(maskAddress(email)).toBe(masked));
});
