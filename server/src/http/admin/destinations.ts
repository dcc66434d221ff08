import type { Context as KoaContext } from 'koa';
import { resumeDestinationSchema, type ResumeDestinationResult } from '../../../../shared/contracts';
import { getContext, getDelivery } from '../../app';
import { campaignNotFound } from '../../campaign';
import { destinations as readDestinations, forgetWaiting } from '../../insight';
import { campaignStates, forgetDestination, releaseHeld } from '../../storage';
import { requires, type HttpModule } from '../module';
import { guarded } from './errors';
import { readBody, readId } from './validate';

/** Who did it, for the log. */
const whoOf = (ctx: KoaContext): string =>
  String((ctx.state as { user?: { id?: unknown } }).user?.id ?? 'unknown');

export const destinations: HttpModule = {
  name: 'destinations',
  controller: guarded({
    async find(ctx) {
      ctx.body = await readDestinations(getContext(), null);
    },

    async ofCampaign(ctx) {
      const id = readId(ctx);
      const { knex } = getContext();
      if ((await campaignStates(knex, id)).length === 0) throw campaignNotFound(id);
      ctx.body = await readDestinations(getContext(), id);
    },

    async resume(ctx) {
      const { knex, log } = getContext();
      const { source, destination } = readBody(ctx, resumeDestinationSchema);
      const resumed = await forgetDestination(knex, source, destination);
      let released = 0;
      for (const { id, state } of await campaignStates(knex, null)) {
        released += await releaseHeld(knex, id, { source, destination }, Date.now());
        if (state === 'sending') await getDelivery()?.nudge(id);
      }
      forgetWaiting(knex);
      log.info(
        `newsletter: admin ${whoOf(ctx)} resumed the destination ${JSON.stringify(destination)} of the transport ${JSON.stringify(source)}; ${released} recipients are due now`,
      );
      ctx.body = { resumed, released } satisfies ResumeDestinationResult;
    },
  }),
  admin: [
    {
      method: 'GET',
      path: '/destinations',
      handler: 'destinations.find',
      config: requires('campaignsRead'),
    },
    {
      method: 'GET',
      path: '/campaigns/:id/destinations',
      handler: 'destinations.ofCampaign',
      config: requires('campaignsRead'),
    },
    {
      method: 'POST',
      path: '/destinations/resume',
      handler: 'destinations.resume',
      config: requires('campaignsSend'),
    },
  ],
};
