import { getContext, getDelivery, getMetrics } from '../../app';
import { refuseMetrics } from '../../insight';
import type { HttpModule } from '../module';

/** For Prometheus, with a bearer token of its own: it can neither log in nor hold a role. */
export const metricsModule: HttpModule = {
  name: 'public-metrics',
  controller: {
    async find(koa) {
      const refusal = refuseMetrics(getContext(), koa.get('authorization'));
      const metrics = getMetrics();
      koa.set('Cache-Control', 'no-store');
      if (refusal || !metrics) {
        koa.status = refusal?.status ?? 404;
        if (koa.status === 401) koa.set('WWW-Authenticate', 'Bearer');
        koa.body = refusal?.message ?? 'Not Found';
        return;
      }
      const { type, body } = await metrics.read(getDelivery());
      koa.status = 200;
      koa.set('Content-Type', type);
      koa.body = body;
    },
  },
  contentApi: [{ method: 'GET', path: '/metrics', handler: 'public-metrics.find', config: { auth: false } }],
};
