import { getContext, getDelivery } from '../../app';
import { health as readHealth } from '../../insight';
import { requires, type HttpModule } from '../module';
import { guarded } from './errors';

export const health: HttpModule = {
  name: 'health',
  controller: guarded({
    async find(ctx) {
      ctx.body = await readHealth(getContext(), getDelivery()?.health() ?? null);
    },
  }),
  admin: [{ method: 'GET', path: '/health', handler: 'health.find', config: requires('overview') }],
};
