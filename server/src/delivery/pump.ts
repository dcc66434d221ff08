import { campaignState, pauseBySystem } from '../campaign';
import { STEP_BACK_MS } from './answering';
import type { PumpEnv, PumpResult } from './pump-env';
import { Ticket } from './pump-ticket';
import { noRoute, routesOf } from './routes';

export { createPumpEnv, type PumpEnv, type PumpResult } from './pump-env';

const IDLE: PumpResult = { again: false, delayMs: 0, wakeAt: null };

/**
 * Sends a campaign for at most the length of a ticket: freezes what is not frozen, claims batches, sends what is due in
 * them. Stops within a second when the campaign is paused or cancelled, when the signal fires, or when the lease is lost.
 */
export async function pump(env: PumpEnv, campaignId: string, signal: AbortSignal): Promise<PumpResult> {
  const { ctx } = env;
  if ((await campaignState(ctx.knex, campaignId)) !== 'sending') return IDLE;
  await env.answering?.idle(STEP_BACK_MS); // it is compiled at the first time
  const campaign = await env.campaigns.load(campaignId);
  if (!campaign) return IDLE;
  const { sender } = campaign.run.snapshot;
  const routes = routesOf(env.transports, sender);
  if (routes.length === 0) {
    await pauseBySystem(ctx, campaignId, noRoute(sender));
    return IDLE;
  }
  const ticker = await env.epochs.current();
  await env.pacer.ready();
  return new Ticket(env, campaign, routes, ticker, signal).run();
}
