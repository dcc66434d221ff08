import type { Context as KoaContext } from 'koa';
import {
  deliverabilityQuerySchema,
  feedbackDecisionSchema,
  feedbackQuerySchema,
  type FeedbackCounts,
  type FeedbackDto,
  type Keyed,
} from '../../../../shared/contracts';
import { getContext } from '../../app';
import { discardFeedback, MAX_UNMATCHED, releaseFeedback } from '../../feedback';
import { deliverability as rates, feedbackSources } from '../../insight';
import { countFeedback, findFeedback, pageFeedback } from '../../storage';
import { requires, type HttpModule } from '../module';
import { nameOf } from './admin-name';
import { guarded } from './errors';
import { feedbackDtos } from './feedback-dto';
import { notFound, RequestError } from './request-error';
import { readBody, readQuery } from './validate';

export const deliverability: HttpModule = {
  name: 'deliverability',
  controller: guarded({
    async rates(ctx) {
      ctx.body = await rates(getContext(), readQuery(ctx, deliverabilityQuerySchema));
    },

    async sources(ctx) {
      ctx.body = await feedbackSources(getContext());
    },

    async feedback(ctx) {
      const { after, limit, campaign, ...filter } = readQuery(ctx, feedbackQuerySchema);
      const { knex } = getContext();
      const rows = await pageFeedback(knex, { ...filter, campaignId: campaign }, cursorOf(after), limit + 1);
      const results = rows.slice(0, limit);
      const answer: Keyed<FeedbackDto> = {
        results: await feedbackDtos(knex, results),
        next: rows.length > limit ? String(results.at(-1)!.id) : null,
      };
      ctx.body = answer;
    },

    async counts(ctx) {
      const counts: FeedbackCounts = {
        ...(await countFeedback(getContext().knex)),
        unmatchedLimit: MAX_UNMATCHED,
      };
      ctx.body = counts;
    },

    async findOne(ctx) {
      const { id = '' } = (ctx as KoaContext & { params: { id?: string } }).params;
      const { knex } = getContext();
      const record = /^\d{1,15}$/.test(id) ? await findFeedback(knex, Number(id)) : null;
      if (!record) throw notFound('feedback', id.slice(0, 64));
      ctx.body = (await feedbackDtos(knex, [record]))[0];
    },

    async release(ctx) {
      const decision = readBody(ctx, feedbackDecisionSchema);
      ctx.body = await releaseFeedback(getContext(), decision, nameOf(ctx));
    },

    async discard(ctx) {
      const decision = readBody(ctx, feedbackDecisionSchema);
      ctx.body = await discardFeedback(getContext(), decision, nameOf(ctx));
    },
  }),
  admin: [
    {
      method: 'GET',
      path: '/deliverability',
      handler: 'deliverability.rates',
      config: requires('deliverabilityRead'),
    },
    {
      method: 'GET',
      path: '/feedback/sources',
      handler: 'deliverability.sources',
      config: requires('deliverabilityRead'),
    },
    {
      method: 'GET',
      path: '/feedback/counts',
      handler: 'deliverability.counts',
      config: requires('deliverabilityRead'),
    },
    {
      method: 'GET',
      path: '/feedback',
      handler: 'deliverability.feedback',
      config: requires('deliverabilityRead', 'subscribersRead'),
    },
    {
      method: 'POST',
      path: '/feedback/release',
      handler: 'deliverability.release',
      config: requires('feedbackDecide'),
    },
    {
      method: 'POST',
      path: '/feedback/discard',
      handler: 'deliverability.discard',
      config: requires('feedbackDecide'),
    },
    {
      method: 'GET',
      path: '/feedback/:id',
      handler: 'deliverability.findOne',
      config: requires('deliverabilityRead', 'subscribersRead'),
    },
  ],
};

function cursorOf(after: string | undefined): number | null {
  if (after === undefined) return null;
  if (/^\d{1,15}$/.test(after)) return Number(after);
  throw new RequestError(400, 'wrong-cursor', '"after" must be the "next" of the answer before.');
}
