import type { Context } from '../context';
import { loadSettings } from '../settings';
import {
  addEvent,
  countEventsOf,
  findEventDelivery,
  findLinkOfCampaign,
  markClicksAsMachine,
  otherClicksSince,
  resolveInDoubt,
  touchSubscriber,
  type EventDelivery,
} from '../storage';
import { isMachine, SAME_MOMENT } from './machine';

export interface Visitor {
  userAgent: string | null;
  ip: string | null;
}

/** Events of one type that are kept per mail: a link in a loop cannot fill the database. */
const KEPT = 50;

/**
 * Somebody, or some program, fetched the pixel of a mail. Nothing is recorded when opens are switched off in Settings
 * or the delivery is unknown.
 */
export async function recordOpen(
  ctx: Pick<Context, 'knex'>,
  deliveryId: number,
  visitor: Visitor,
): Promise<void> {
  const delivery = await findEventDelivery(ctx.knex, deliveryId);
  if (!delivery || delivery.erased || !(await loadSettings(ctx.knex)).tracking.opens) return;
  await resolveDoubt(ctx, delivery);
  if ((await countEventsOf(ctx.knex, delivery.id, 'open')) >= KEPT) return;
  const at = Date.now();
  const machine = isMachine({
    kind: 'open',
    userAgent: visitor.userAgent,
    at,
    acceptedAt: acceptedAt(delivery, at),
    otherClicks: 0,
  });
  await addEvent(ctx.knex, { type: 'open', ...whose(delivery), machine, at });
  if (!machine) await touchSubscriber(ctx.knex, delivery.subscriberId, 'lastOpenedAt', at);
}

/**
 * Somebody, or some program, followed a link of a mail. The answer does not wait for Settings: with clicks switched
 * off the link still leads to its target, and nothing is recorded.
 * @param visitor null: only look up the target, record nothing (HEAD)
 * @returns the stored target; null when delivery or link are unknown or belong to different campaigns
 */
export async function recordClick(
  ctx: Pick<Context, 'knex' | 'log'>,
  click: { deliveryId: number; linkId: number },
  visitor: Visitor | null,
): Promise<string | null> {
  const delivery = await findEventDelivery(ctx.knex, click.deliveryId);
  if (!delivery) return null;
  const url = await findLinkOfCampaign(ctx.knex, click.linkId, delivery.campaignId);
  if (url === null || visitor === null) return url;
  try {
    await keepClick(ctx, delivery, click.linkId, visitor);
  } catch (error) {
    // The person wants to get to the page, whether or not we can count it.
    ctx.log.error(`newsletter: a click of delivery ${delivery.id} could not be recorded: ${String(error)}`);
  }
  return url;
}

async function keepClick(
  ctx: Pick<Context, 'knex'>,
  delivery: EventDelivery,
  linkId: number,
  visitor: Visitor,
): Promise<void> {
  if (delivery.erased || !(await loadSettings(ctx.knex)).tracking.clicks) return;
  await resolveDoubt(ctx, delivery);
  if ((await countEventsOf(ctx.knex, delivery.id, 'click')) >= KEPT) return;
  const at = Date.now();
  const otherClicks = await otherClicksSince(ctx.knex, delivery.id, linkId, at - SAME_MOMENT);
  const machine = isMachine({
    kind: 'click',
    userAgent: visitor.userAgent,
    at,
    acceptedAt: acceptedAt(delivery, at),
    otherClicks,
  });
  // The first link of a burst looked like a person's click when it came.
  if (otherClicks > 0) await markClicksAsMachine(ctx.knex, delivery.id, at - SAME_MOMENT);
  await addEvent(ctx.knex, { type: 'click', ...whose(delivery), linkId, machine, at });
  if (!machine) await touchSubscriber(ctx.knex, delivery.subscriberId, 'lastClickedAt', at);
}

async function resolveDoubt(ctx: Pick<Context, 'knex'>, delivery: EventDelivery): Promise<void> {
  if (delivery.state === 'in_doubt') await resolveInDoubt(ctx.knex, delivery.id);
}

/** While the reply is not recorded yet, the mail has at best just been accepted. */
const acceptedAt = (delivery: EventDelivery, now: number) =>
  delivery.state === 'queued' ? now : delivery.settledAt;

const whose = (delivery: EventDelivery) => ({
  campaignId: delivery.campaignId,
  deliveryId: delivery.id,
  subscriberId: delivery.subscriberId,
});
