import {
  subscriberBulkSchema,
  subscriberInputSchema,
  subscriberQuerySchema,
  type SubscriberDto,
} from '../../../../shared/contracts';
import { getContext } from '../../app';
import {
  addPerson,
  bulk,
  deletePeople,
  invite,
  segmentFilter,
  updatePerson,
  type Origin,
} from '../../audience';
import { countByStatus, findSubscriber, pageSubscribers, timelineOf } from '../../storage';
import { nudgeMails } from '../public/nudge';
import { requires, type HttpModule } from '../module';
import { guarded } from './errors';
import { paged } from './paged';
import { notFound } from './request-error';
import { refuseWithout } from './rights';
import { readBody, readId, readQuery } from './validate';

/** The editor's own address is no proof of anybody's consent, so that none is recorded. */
const BY_ADMIN: Origin = { source: 'admin' };

/** Editing an existing person states no consent of theirs. */
export const changeSchema = subscriberInputSchema.omit({ consent: true }).partial();

export const subscribers: HttpModule = {
  name: 'subscribers',
  controller: guarded({
    async find(ctx) {
      const query = readQuery(ctx, subscriberQuerySchema);
      const { knex } = getContext();
      const segment = query.segment === undefined ? undefined : await segmentFilter(knex, query.segment);
      const { rows, total } = await pageSubscribers(knex, { ...query, segment });
      ctx.body = paged(rows, total, query);
    },

    async counts(ctx) {
      ctx.body = await countByStatus(getContext().knex);
    },

    async findOne(ctx) {
      ctx.body = await dto(readId(ctx));
    },

    async timeline(ctx) {
      const { documentId } = await dto(readId(ctx));
      ctx.body = await timelineOf(getContext().knex, documentId);
    },

    async create(ctx) {
      const documentId = await addPerson(getContext(), readBody(ctx, subscriberInputSchema), BY_ADMIN);
      nudgeMails(getContext());
      ctx.status = 201;
      ctx.body = await dto(documentId);
    },

    async update(ctx) {
      const id = readId(ctx);
      await updatePerson(getContext(), id, readBody(ctx, changeSchema), BY_ADMIN);
      ctx.body = await dto(id);
    },

    async delete(ctx) {
      const id = readId(ctx);
      if ((await deletePeople(getContext(), [id], BY_ADMIN)) === 0) throw notFound('subscriber', id);
      ctx.status = 204;
    },

    async bulk(ctx) {
      const input = readBody(ctx, subscriberBulkSchema);
      // One route, two permissions: what deletes needs the right to delete, whatever the route let through.
      refuseWithout(ctx, input.action === 'delete' ? 'subscribersDelete' : 'subscribersEdit');
      ctx.body = await bulk(getContext(), input, BY_ADMIN);
    },

    async invite(ctx) {
      await invite(getContext(), readId(ctx), BY_ADMIN);
      nudgeMails(getContext());
      ctx.status = 204;
    },
  }),
  admin: [
    { method: 'GET', path: '/subscribers', handler: 'subscribers.find', config: requires('subscribersRead') },
    {
      method: 'GET',
      path: '/subscribers/counts',
      handler: 'subscribers.counts',
      config: requires('subscribersRead'),
    },
    {
      method: 'POST',
      path: '/subscribers/bulk',
      handler: 'subscribers.bulk',
      config: requires('subscribersRead'),
    },
    {
      method: 'POST',
      path: '/subscribers',
      handler: 'subscribers.create',
      config: requires('subscribersEdit'),
    },
    {
      method: 'GET',
      path: '/subscribers/:id',
      handler: 'subscribers.findOne',
      config: requires('subscribersRead'),
    },
    {
      method: 'PUT',
      path: '/subscribers/:id',
      handler: 'subscribers.update',
      config: requires('subscribersEdit'),
    },
    {
      method: 'DELETE',
      path: '/subscribers/:id',
      handler: 'subscribers.delete',
      config: requires('subscribersDelete'),
    },
    {
      method: 'GET',
      path: '/subscribers/:id/timeline',
      handler: 'subscribers.timeline',
      config: requires('subscribersRead'),
    },
    {
      method: 'POST',
      path: '/subscribers/:id/invite',
      handler: 'subscribers.invite',
      config: requires('subscribersEdit'),
    },
  ],
};

async function dto(id: string): Promise<SubscriberDto> {
  const found = await findSubscriber(getContext().knex, id);
  if (!found) throw notFound('subscriber', id);
  return found;
}
