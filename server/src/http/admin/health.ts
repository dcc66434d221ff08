import type { HealthDto } from '../../../../shared/contracts';
import { getDelivery } from '../../app';
import { requires, type HttpModule } from '../module';
import { guarded } from './errors';
import { RequestError } from './request-error';

export const health: HttpModule = {
  name: 'health',
  controller: guarded({
    async find(ctx) {
      const delivery = getDelivery();
      if (!delivery) {
        throw new RequestError(
          409,
          'not-started',
          'Delivery has not started in this process yet. Try again in a few seconds.',
        );
      }
      const parts = await delivery.health();
      const dto: HealthDto = { ok: isWell(parts), ...parts };
      ctx.body = dto;
    },
  }),
  admin: [{ method: 'GET', path: '/health', handler: 'health.find', config: requires('overview') }],
};

/** A transport that was not tried yet (`ok: null`) is no fault. */
const isWell = (parts: Omit<HealthDto, 'ok'>) =>
  parts.queue.ok && parts.keys.length === 0 && parts.transports.every((transport) => transport.ok !== false);
