import { getContext, getDelivery } from '../../app';
import { overview as readOverview } from '../../insight';
import { requires, type HttpModule } from '../module';
import { guarded } from './errors';

export const overview: HttpModule = {
  name: 'overview',
  controller: guarded({
    async find(ctx) {
      ctx.body = await readOverview(getContext(), getDelivery()?.health().transports);
    },
  }),
  admin: [{ method: 'GET', path: '/overview', handler: 'overview.find', config: requires('overview') }],
};
