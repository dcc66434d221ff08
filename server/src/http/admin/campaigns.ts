import {
  campaignInputSchema,
  campaignQuerySchema,
  deliveryQuerySchema,
  scheduleSchema,
  timingQuerySchema,
  type CampaignDto,
} from '../../../../shared/contracts';
import { getContext, getDelivery } from '../../app';
import { countAudience, resolveAudience } from '../../audience';
import {
  campaignNotFound,
  cancel,
  changeDraft,
  createDraft,
  duplicate,
  pause,
  remove,
  resume,
  schedule,
  timingPlan,
  unschedule,
} from '../../campaign';
import { campaignReport, campaignSummaries, campaignSummary, listDeliveries } from '../../insight';
import { findCampaign, findContents, listCampaigns } from '../../storage';
import { requires, type Handler, type HttpModule, type Route } from '../module';
import { composing } from './campaigns-compose';
import { guarded } from './errors';
import { paged } from './paged';
import { readBody, readId, readQuery } from './validate';

async function dto(id: string): Promise<CampaignDto> {
  const { knex } = getContext();
  const campaign = await findCampaign(knex, id);
  if (!campaign) throw campaignNotFound(id);
  const {
    sender,
    template,
    audience,
    defaultLanguage,
    trackOpens,
    trackClicks,
    pacePerHour,
    priority,
    timing,
  } = campaign;
  return {
    ...(await campaignSummary(knex, campaign)),
    sender,
    template,
    audience,
    defaultLanguage,
    contents: await findContents(knex, id, defaultLanguage),
    trackOpens,
    trackClicks,
    pacePerHour,
    priority,
    timing,
  };
}

const resource = {
  async find(ctx) {
    const { knex } = getContext();
    const query = readQuery(ctx, campaignQuerySchema);
    const { rows, total } = await listCampaigns(knex, query);
    ctx.body = paged(await campaignSummaries(knex, rows), total, query);
  },

  async findOne(ctx) {
    ctx.body = await dto(readId(ctx));
  },

  async create(ctx) {
    const id = await createDraft(getContext(), readBody(ctx, campaignInputSchema));
    ctx.status = 201;
    ctx.body = await dto(id);
  },

  async update(ctx) {
    const id = readId(ctx);
    await changeDraft(getContext(), id, readBody(ctx, campaignInputSchema));
    ctx.body = await dto(id);
  },

  async delete(ctx) {
    await remove(getContext(), readId(ctx));
    ctx.status = 204;
  },

  async duplicate(ctx) {
    const id = await duplicate(getContext(), readId(ctx));
    ctx.status = 201;
    ctx.body = await dto(id);
  },

  async audience(ctx) {
    const id = readId(ctx);
    const campaign = await findCampaign(getContext().knex, id);
    if (!campaign) throw campaignNotFound(id);
    const { audience } = await resolveAudience(getContext().knex, campaign.audience);
    ctx.body = await countAudience(getContext(), audience);
  },

  async timing(ctx) {
    ctx.body = await timingPlan(getContext(), readId(ctx), readQuery(ctx, timingQuerySchema));
  },

  async report(ctx) {
    ctx.body = await campaignReport(getContext(), readId(ctx));
  },

  async deliveries(ctx) {
    ctx.body = await listDeliveries(getContext(), readId(ctx), readQuery(ctx, deliveryQuerySchema));
  },
} satisfies Record<string, Handler>;

const moves = {
  async schedule(ctx) {
    const id = readId(ctx);
    const { at, version } = await schedule(getContext(), id, readBody(ctx, scheduleSchema));
    // The row is written: without a queue, or should this fail, the reconciler starts the campaign.
    await getDelivery()?.scheduleStart(id, version, at);
    ctx.body = await dto(id);
  },

  async unschedule(ctx) {
    const id = readId(ctx);
    await unschedule(getContext(), id);
    ctx.body = await dto(id);
  },

  async pause(ctx) {
    const id = readId(ctx);
    await pause(getContext(), id);
    ctx.body = await dto(id);
  },

  async resume(ctx) {
    const id = readId(ctx);
    await resume(getContext(), id);
    await getDelivery()?.nudge(id);
    ctx.body = await dto(id);
  },

  async cancel(ctx) {
    const id = readId(ctx);
    await cancel(getContext(), id);
    ctx.body = await dto(id);
  },
} satisfies Record<string, Handler>;

const one = '/campaigns/:id';
const read = (name: string, path: string): Route => ({
  method: 'GET',
  path,
  handler: `campaigns.${name}`,
  config: requires('campaignsRead'),
});
const edit = (method: Route['method'], name: string, path: string): Route => ({
  method,
  path,
  handler: `campaigns.${name}`,
  config: requires('campaignsEdit'),
});
const send = (name: keyof typeof moves): Route => ({
  method: 'POST',
  path: `${one}/${name}`,
  handler: `campaigns.${name}`,
  config: requires('campaignsSend'),
});

export const campaigns: HttpModule = {
  name: 'campaigns',
  controller: guarded({ ...resource, ...moves, ...composing }),
  admin: [
    read('find', '/campaigns'),
    edit('POST', 'create', '/campaigns'),
    read('findOne', one),
    edit('PUT', 'update', one),
    edit('DELETE', 'delete', one),
    edit('POST', 'duplicate', `${one}/duplicate`),
    read('audience', `${one}/audience`),
    read('timing', `${one}/timing`),
    read('preflight', `${one}/preflight`),
    read('preview', `${one}/preview`),
    edit('POST', 'test', `${one}/test`),
    read('report', `${one}/report`),
    read('deliveries', `${one}/deliveries`),
    send('schedule'),
    send('unschedule'),
    send('pause'),
    send('resume'),
    send('cancel'),
  ],
};
