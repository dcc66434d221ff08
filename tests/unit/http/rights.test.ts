import { describe, expect, it } from 'vitest';
import { actionId, type ActionName } from '../../../shared/contracts';
import { composing } from '../../../server/src/http/admin/campaigns-compose';

type Ctx = Parameters<typeof composing.preview>[0];

/** A request of an admin who holds these actions; it gets past the check when it fails for want of a running plugin. */
const request = (held: ActionName[], data: Record<string, unknown>): Ctx =>
  ({
    params: { id: 'campaign0000000000000001' },
    query: data,
    request: { body: { to: ['a@example.org'], ...data } },
    state: { userAbility: { can: (action: string) => held.map(actionId).includes(action) } },
  }) as unknown as Ctx;

const subscriber = 'person00000000000000000001';
const denied = { name: 'ForbiddenError' };

describe.each(['preview', 'test'] as const)('%s of a campaign', (name) => {
  it('shows a person’s data only to those who may read subscribers', async () => {
    const call = (held: ActionName[], data = {}) => composing[name](request(held, data));
    await expect(call(['campaignsRead', 'campaignsEdit'], { subscriber })).rejects.toMatchObject(denied);
    await expect(call(['campaignsRead', 'campaignsEdit'])).rejects.not.toMatchObject(denied);
    await expect(call(['subscribersRead'], { subscriber })).rejects.not.toMatchObject(denied);
  });
});
