import type { Knex } from 'knex';
import type { LeavingReason } from '../../../shared/contracts';
import { TABLE } from './tables';

export type EventType = 'open' | 'click' | 'unsubscribe' | 'bounce' | 'complaint';

/** Something that came back. `at` in milliseconds since 1970. */
export interface NewsletterEvent {
  type: EventType;
  campaignId: string | null;
  deliveryId: number | null;
  subscriberId: string | null;
  linkId?: number | null;
  machine?: boolean;
  detail?: string | null;
  /** Of an unsubscribe, if the person said why. */
  reason?: LeavingReason | null;
  at: number;
}

export async function addEvent(db: Knex, event: NewsletterEvent): Promise<void> {
  await db(TABLE.events).insert({
    type: event.type,
    campaign_id: event.campaignId,
    delivery_id: event.deliveryId,
    subscriber_id: event.subscriberId,
    link_id: event.linkId ?? null,
    machine: event.machine ?? false,
    detail: event.detail?.slice(0, 500) ?? null,
    reason: event.reason ?? null,
    at: event.at,
  });
}

/** How many events of a type a delivery has. */
export async function countEventsOf(db: Knex, deliveryId: number, type: EventType): Promise<number> {
  const row: { n?: number | string } | undefined = await db(TABLE.events)
    .where({ delivery_id: deliveryId, type })
    .count({ n: '*' })
    .first();
  return Number(row?.n ?? 0);
}

/** Links of a delivery that were clicked since a time, other than one. */
export async function otherClicksSince(
  db: Knex,
  deliveryId: number,
  linkId: number,
  since: number,
): Promise<number> {
  const row: { n?: number | string } | undefined = await db(TABLE.events)
    .where({ delivery_id: deliveryId, type: 'click' })
    .whereNot({ link_id: linkId })
    .andWhere('at', '>=', since)
    .count({ n: '*' })
    .first();
  return Number(row?.n ?? 0);
}

/** Marks the clicks of a delivery since a time as made by a machine. */
export async function markClicksAsMachine(db: Knex, deliveryId: number, since: number): Promise<void> {
  await db(TABLE.events)
    .where({ delivery_id: deliveryId, type: 'click', machine: false })
    .andWhere('at', '>=', since)
    .update({ machine: true });
}

/** What an event needs to know of the delivery it belongs to. */
export interface EventDelivery {
  id: number;
  campaignId: string;
  subscriberId: string;
  state: string;
  /** When the outcome was recorded; null while there is none. */
  settledAt: number | null;
  /** The person was deleted or erased since: nothing more is recorded about them. */
  erased: boolean;
}

export async function findEventDelivery(db: Knex, deliveryId: number): Promise<EventDelivery | null> {
  const row: Record<string, unknown> | undefined = await db(TABLE.deliveries)
    .where({ id: deliveryId })
    .first('id', 'campaign_id', 'subscriber_id', 'state', 'settled_at', 'email');
  if (!row) return null;
  return {
    id: Number(row.id),
    campaignId: String(row.campaign_id),
    subscriberId: String(row.subscriber_id),
    state: String(row.state),
    settledAt: row.settled_at === null ? null : Number(row.settled_at),
    erased: row.email === '',
  };
}

/** An open or a click proves that the mail arrived: nobody has to wonder about this delivery any more. */
export async function resolveInDoubt(db: Knex, deliveryId: number): Promise<void> {
  await db(TABLE.deliveries)
    .where({ id: deliveryId, state: 'in_doubt' })
    .update({ state: 'accepted', reason: null, settled_at: Date.now() });
}

/** Address of a tracked link, if it belongs to this campaign. */
export async function findLinkOfCampaign(
  db: Knex,
  linkId: number,
  campaignId: string,
): Promise<string | null> {
  const row: { url: string } | undefined = await db(TABLE.links)
    .where({ id: linkId, campaign_id: campaignId })
    .first('url');
  return row?.url ?? null;
}
