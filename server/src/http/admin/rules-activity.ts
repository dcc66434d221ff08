import type { Context as KoaContext } from 'koa';
import { activityQuerySchema } from '../../../../shared/contracts';
import { getContext } from '../../app';
import { dismiss, dispatch, firingDto, firingDtos, release } from '../../campaign';
import { dispatchEnv, getEntries } from '../../publish-hook';
import { findFiring, findRule, pageFirings } from '../../storage';
import { requires, type Handler, type Route } from '../module';
import { paged } from './paged';
import { RequestError } from './request-error';
import { readableType, refuseWithoutSending } from './rules-rights';
import { readQuery } from './validate';

/** What rules have done and what waits for a person. */
export const activity = {
  async activity(ctx) {
    const query = readQuery(ctx, activityQuerySchema);
    const { rows, total } = await pageFirings(getContext().knex, query);
    ctx.body = paged(await firingDtos(getContext(), rows), total, query);
  },

  async release(ctx) {
    const id = readNumber(ctx);
    await refuseForbidden(ctx, id);
    await release(getContext(), id);
    await dispatch(getContext(), dispatchEnv(getEntries()), id);
    ctx.body = await firingDto(getContext(), id);
  },

  async dismiss(ctx) {
    const id = readNumber(ctx);
    await dismiss(getContext(), id);
    ctx.body = await firingDto(getContext(), id);
  },
} satisfies Record<string, Handler>;

/** To release is to have the rule act: with a rule that sends, it takes the right to send. */
async function refuseForbidden(ctx: KoaContext, id: number): Promise<void> {
  const firing = await findFiring(getContext().knex, id);
  if (!firing) return;
  await readableType(ctx, firing.contentType);
  const rule = await findRule(getContext().knex, firing.ruleId);
  if (rule) refuseWithoutSending(ctx, rule.action);
}

function readNumber(ctx: KoaContext): number {
  const id = Number((ctx as unknown as { params: { id: string } }).params.id);
  if (Number.isSafeInteger(id) && id > 0) return id;
  throw new RequestError(404, 'not-found', 'There is no activity with this number.');
}

const one = '/rules/activity/:id';

export const activityRoutes: Route[] = [
  { method: 'GET', path: '/rules/activity', handler: 'rules.activity', config: requires('rulesRead') },
  { method: 'POST', path: `${one}/release`, handler: 'rules.release', config: requires('rulesEdit') },
  { method: 'POST', path: `${one}/dismiss`, handler: 'rules.dismiss', config: requires('rulesEdit') },
];
