import { Readable } from 'node:stream';
import { subscriberQuerySchema } from '../../../../shared/contracts';
import { getContext } from '../../app';
import { exportCsv, segmentFilter } from '../../audience';
import { requires, type HttpModule } from '../module';
import { csvAttachment } from './csv-answer';
import { guarded } from './errors';
import { readQuery } from './validate';

/** Whom to export: the filter of the list of subscribers, without its page and order. */
export const exportQuerySchema = subscriberQuerySchema.omit({ page: true, pageSize: true, sort: true });

export const subscribersExport: HttpModule = {
  name: 'subscribers-export',
  controller: guarded({
    async csv(ctx) {
      const { segment: id, ...filter } = readQuery(ctx, exportQuerySchema);
      const segment = id === undefined ? undefined : await segmentFilter(getContext().knex, id);
      const lines = await exportCsv(getContext(), { ...filter, segment });
      csvAttachment(ctx, `subscribers-${new Date().toISOString().slice(0, 10)}.csv`);
      ctx.body = Readable.from(lines);
    },
  }),
  admin: [
    {
      method: 'GET',
      path: '/subscribers/export',
      handler: 'subscribers-export.csv',
      config: requires('subscribersRead', 'subscribersExport'),
    },
  ],
};
