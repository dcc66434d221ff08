import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DestinationConfig } from '../../../server/src/config/pacing';
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
