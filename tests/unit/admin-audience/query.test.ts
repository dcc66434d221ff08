import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toRequest } from '../../../admin/src/pages/Subscribers/useSubscriberQuery';
import { STATUSES } from '../../../admin/src/pages/Subscribers/words';
import { SUBSCRIBER_STATUSES, subscriberQuerySchema } from '../../../shared/contracts';

const url = (patch: Partial<Parameters<typeof toRequest>[0]>) =>
  toRequest({ search: '', status: '', list: '', sort: '', ...patch });

describe('the address of the subscriber list', () => {
  it('becomes a request that the server takes, whatever somebody typed', () => {
    const part = fc.oneof(
      fc.string(),
      fc.constantFrom('email:ASC', 'createdAt:DESC', 'bounced', 'abcdefgh1'),
    );
    fc.assert(
      fc.property(part, part, part, part, (search, status, list, sort) => {
        expect(subscriberQuerySchema.safeParse(toRequest({ search, status, list, sort })).success).toBe(true);
      }),
    );
  });

  it('knows the sort orders that the table headers write', () => {
    expect(url({ sort: 'email:ASC' }).sort).toBe('email:asc');
    expect(url({ sort: 'createdAt:ASC' }).sort).toBe('createdAt:asc');
    expect(url({ sort: 'password:ASC' }).sort).toBe('createdAt:desc');
  });

  it('shows who left last first', () => {
    for (const status of ['unsubscribed', 'bounced', 'complained'])
      expect(url({ status }).sort).toBe('statusChangedAt:desc');
    expect(url({ status: 'subscribed' }).sort).toBe('createdAt:desc');
  });

  it('has a tab for each status of the contract', () => {
    expect(STATUSES).toEqual(SUBSCRIBER_STATUSES);
  });
});
