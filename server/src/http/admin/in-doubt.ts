import { inDoubtQuerySchema } from '../../../../shared/contracts';
import { getContext, getDelivery } from '../../app';
import { inDoubtPage, leaveAllInDoubt, sendInDoubtAgain } from '../../campaign';
import { requires, type Handler, type HttpModule } from '../module';
import { nameOf } from './admin-name';
import { guarded } from './errors';
import { readId, readQuery } from './validate';

const controller = {
  async find(ctx) {
    ctx.body = await inDoubtPage(getContext(), readId(ctx), readQuery(ctx, inDoubtQuerySchema));
  },

  async leave(ctx) {
    ctx.body = await leaveAllInDoubt(getContext(), readId(ctx), nameOf(ctx));
  },

  async sendAgain(ctx) {
    const id = readId(ctx);
    const result = await sendInDoubtAgain(getContext(), id, nameOf(ctx));
    if (result.recipients > 0) await getDelivery()?.nudge(id);
    ctx.body = result;
  },
} satisfies Record<string, Handler>;

const path = '/campaigns/:id/in-doubt';
const decide = (name: keyof typeof controller, tail: string) => ({
  method: 'POST' as const,
  path: `${path}/${tail}`,
  handler: `in-doubt.${name}`,
  config: requires('campaignsSend'),
});

/** What nobody knows about, and what a person decides about it. */
export const inDoubt: HttpModule = {
  name: 'in-doubt',
  controller: guarded(controller),
  admin: [
    { method: 'GET', path, handler: 'in-doubt.find', config: requires('campaignsRead') },
    decide('leave', 'leave'),
    decide('sendAgain', 'send-again'),
  ],
};
