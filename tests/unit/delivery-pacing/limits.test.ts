import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig, type NewsletterConfigInput } from '../../../server/src/config';
import type { DestinationConfig } from '../../../server/src/config/pacing';
import { judge } from '../../../server/src/delivery/pacing/controller';
import { configuredRules } from '../../../server/src/delivery/pacing/limits';
import { Pacer } from '../../../server/src/delivery/pacing/pacer';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, type TestDatabase } from '../../helpers/database';

const GOOGLE = { name: 'aspmx.l.google.com', hosts: ['aspmx.l.google.com'] };
const SHARED = { name: 'mx.host.example', hosts: ['mx.host.example'] };

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase('sqlite');
});
afterAll(() => db.destroy());

/** What a transport of type mx may give to domains, by the configuration of destinations. */
async function limitsOf(destinations: Record<string, DestinationConfig> = {}) {
  const config = { transports: { direct: { type: 'mx' as const } }, pacing: { destinations } };
  const pacer = new Pacer(await createTestContext(db.knex, config));
  return (site: typeof GOOGLE, domain?: string) => pacer.limitsOf('direct', site, domain);
}

describe('encryption is required', () => {
  it('of Google, by the table, and of others as the transport says', async () => {
    const limits = await limitsOf();
    expect(limits(GOOGLE, 'firm.example').requireTLS).toBe(true);
    expect(limits(GOOGLE, 'gmail.com')).toEqual({
      destination: 'google',
      connections: 2,
      messagesPerConnection: 50,
      requireTLS: true,
    });
    expect(limits(SHARED, 'firm.example').requireTLS).toBeUndefined();
  });

  it('as the configuration says, of one domain of several with the same mail servers, too', async () => {
    const limits = await limitsOf({
      google: { requireTLS: false },
      'firm.example': { requireTLS: true },
      host: { mx: ['host.example'], requireTLS: false },
    });
    expect(limits(GOOGLE, 'gmail.com').requireTLS).toBe(false);
    expect(limits(SHARED, 'firm.example').requireTLS).toBe(true);
    expect(limits(SHARED, 'other.example').requireTLS).toBe(false);
    expect(limits(SHARED).requireTLS).toBe(false);
  });
});

describe('what a refusal does to all mail for a destination', () => {
  const MINUTE = 60_000;
  type Destinations = NonNullable<NonNullable<NewsletterConfigInput['pacing']>['destinations']>;
  const judged = (destinations: Destinations, destination: string, text: string, times = 1) =>
    judge(
      { code: 421, status: '4.7.28', text },
      'other',
      configuredRules(parseConfig({ pacing: { destinations } }).pacing, destination),
      () => times,
    );
  const unusual = 'Gmail has detected an Unusual Rate of mail';
  const own: Destinations = {
    google: {
      rules: [
        { when: '4\\.7\\.28.*unusual rate', then: 'slow', perMinute: 60, minutes: 5, times: 3 },
        { when: 'go away', then: 'suspend', minutes: 240 },
        { when: 'one by one', then: 'single' },
      ],
    },
    'example.org': { rules: [{ when: 'busy', then: 'suspend', minutes: 2 }] },
  };

  it('stands in the table', () => {
    expect(judged({}, 'google', unusual, 2)).toEqual({
      kind: 'slow',
      perSecond: 10 / 60,
      ms: 30 * MINUTE,
      reason: 'rate',
    });
    expect(judged({}, 'example.org', 'busy')).toEqual({ kind: 'narrow', to: null, reason: 'rate' });
  });

  it('is what the configuration says instead', () => {
    const general = { kind: 'narrow', to: null, reason: 'rate' };
    expect(judged(own, 'google', unusual, 2)).toEqual(general);
    expect(judged(own, 'google', unusual, 3)).toEqual({
      kind: 'slow',
      perSecond: 1,
      ms: 5 * MINUTE,
      reason: 'rate',
    });
    expect(judged(own, 'google', 'Go away')).toEqual({
      kind: 'suspend',
      ms: 240 * MINUTE,
      reason: 'reputation',
    });
    expect(judged(own, 'google', 'one by one')).toEqual({ kind: 'narrow', to: 1, reason: 'connections' });
    expect(judged(own, 'example.org', 'busy')).toMatchObject({ kind: 'suspend', ms: 2 * MINUTE });
    expect(judged({ google: { rules: [] } }, 'google', unusual, 2)).toEqual(general);
    expect(judged(own, 'yahoo', '[TSS05] no', 2)).toMatchObject({ kind: 'suspend', ms: 240 * MINUTE });
  });
});
