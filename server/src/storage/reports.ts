import type { Knex } from 'knex';
import type { CampaignCounts, DeliveryState, LeavingReason } from '../../../shared/contracts';
import { TABLE } from './tables';
import { containsPattern } from './values';

export type ReportedEvent = 'open' | 'click' | 'unsubscribe';

const PART: Record<DeliveryState, keyof CampaignCounts> = {
  accepted: 'accepted',
  bounced: 'bounced',
  failed: 'failed',
  skipped: 'skipped',
  in_doubt: 'inDoubt',
  queued: 'unfinished',
  deferred: 'unfinished',
};

const noCounts = (): CampaignCounts => ({
  candidates: 0,
  accepted: 0,
  bounced: 0,
  failed: 0,
  skipped: 0,
  inDoubt: 0,
  unfinished: 0,
});

/** Recipients of each campaign by what became of them, in one pass over newsletter_deliveries_state_idx. */
export async function countDeliveries(
  db: Knex,
  ids: readonly string[],
): Promise<Map<string, CampaignCounts>> {
  const counts = new Map(ids.map((id) => [id, noCounts()]));
  if (ids.length === 0) return counts;
  const rows: { campaign_id: string; state: DeliveryState; total: number | string }[] = await db(
    TABLE.deliveries,
  )
    .whereIn('campaign_id', ids)
    .groupBy('campaign_id', 'state')
    .select('campaign_id', 'state')
    .count({ total: '*' });
  for (const row of rows) {
    const campaign = counts.get(row.campaign_id);
    if (!campaign) continue;
    campaign[PART[row.state]] += Number(row.total);
    campaign.candidates += Number(row.total);
  }
  return counts;
}

/** People (not machines) who opened and who clicked, per campaign. */
export async function countEngaged(
  db: Knex,
  ids: readonly string[],
): Promise<Map<string, { open: number; click: number }>> {
  const counts = new Map(ids.map((id) => [id, { open: 0, click: 0 }]));
  if (ids.length === 0) return counts;
  const rows: { campaign_id: string; type: 'open' | 'click'; people: number | string }[] = await db(
    TABLE.events,
  )
    .whereIn('campaign_id', ids)
    .whereIn('type', ['open', 'click'])
    .where({ machine: false })
    .groupBy('campaign_id', 'type')
    .select('campaign_id', 'type')
    .countDistinct({ people: 'delivery_id' });
  for (const row of rows) {
    const campaign = counts.get(row.campaign_id);
    if (campaign) campaign[row.type] = Number(row.people);
  }
  return counts;
}

/** Recipients per state and reason, the largest groups first. */
export async function countReasons(
  db: Knex,
  id: string,
): Promise<{ state: DeliveryState; reason: string; count: number }[]> {
  const rows: { state: DeliveryState; reason: string; total: number | string }[] = await db(TABLE.deliveries)
    .where({ campaign_id: id })
    .whereNotNull('reason')
    .groupBy('state', 'reason')
    .orderBy([{ column: 'total', order: 'desc' }, 'state', 'reason'])
    .select('state', 'reason')
    .count({ total: '*' });
  return rows.map((row) => ({ state: row.state, reason: row.reason, count: Number(row.total) }));
}

export interface ReplyCount {
  code: number | null;
  status: string | null;
  text: string;
  state: DeliveryState;
  count: number;
}

/**
 * The most frequent replies of servers that did not take the message at once. Replies to accepted ones are left out:
 * each carries a queue id of its own.
 */
export async function countReplies(db: Knex, id: string, limit: number): Promise<ReplyCount[]> {
  const rows: Record<string, unknown>[] = await db(TABLE.deliveries)
    .where({ campaign_id: id })
    .whereIn('state', ['bounced', 'failed', 'deferred', 'in_doubt'])
    .whereNotNull('reply_text')
    .groupBy('reply_code', 'reply_status', 'reply_text', 'state')
    .orderBy('total', 'desc')
    .limit(limit)
    .select('reply_code', 'reply_status', 'reply_text', 'state')
    .count({ total: '*' });
  return rows.map((row) => ({
    code: row.reply_code === null ? null : Number(row.reply_code),
    status: row.reply_status === null ? null : String(row.reply_status as string),
    text: String(row.reply_text),
    state: row.state as DeliveryState,
    count: Number(row.total),
  }));
}

/** Deliveries with at least one open (click) by a person, and those with machine-made ones only. */
export async function countByMachine(
  db: Knex,
  id: string,
): Promise<Record<'open' | 'click', { people: number; machineOnly: number }>> {
  const perDelivery = db(TABLE.events)
    .where({ campaign_id: id })
    .whereIn('type', ['open', 'click'])
    .groupBy('type', 'delivery_id')
    .select('type', 'delivery_id')
    .select(db.raw('min(case when machine then 1 else 0 end) as machine_only'));
  const rows: { type: 'open' | 'click'; machine_only: number | string; total: number | string }[] = await db
    .from(perDelivery.as('e'))
    .groupBy('type', 'machine_only')
    .select('type', 'machine_only')
    .count({ total: '*' });
  const counts = { open: { people: 0, machineOnly: 0 }, click: { people: 0, machineOnly: 0 } };
  for (const row of rows) {
    counts[row.type][Number(row.machine_only) === 1 ? 'machineOnly' : 'people'] = Number(row.total);
  }
  return counts;
}

/** People who did this because of the campaign. */
export async function countPeopleWith(
  db: Knex,
  id: string,
  type: 'unsubscribe' | 'complaint',
): Promise<number> {
  const [row] = (await db(TABLE.events)
    .where({ campaign_id: id, type })
    .countDistinct({ people: 'subscriber_id' })) as [{ people: number | string }];
  return Number(row.people);
}

/** Why people left because of the campaign, the most frequent reason first; those who said nothing are not counted. */
export async function countLeavingReasons(
  db: Knex,
  id: string,
): Promise<{ reason: LeavingReason; count: number }[]> {
  const rows: { reason: LeavingReason; people: number | string }[] = await db(TABLE.events)
    .where({ campaign_id: id, type: 'unsubscribe' })
    .whereNotNull('reason')
    .groupBy('reason')
    .orderBy([{ column: 'people', order: 'desc' }, 'reason'])
    .select('reason')
    .countDistinct({ people: 'subscriber_id' });
  return rows.flatMap(({ reason, people }) =>
    Number(people) > 0 ? [{ reason, count: Number(people) }] : [],
  );
}

/** Every registered link with its clicks by people, the most clicked first. */
export async function countLinks(
  db: Knex,
  id: string,
): Promise<{ id: number; url: string; people: number; clicks: number }[]> {
  const clicks: { link_id: number | string; clicks: number | string; people: number | string }[] = await db(
    TABLE.events,
  )
    .where({ campaign_id: id, type: 'click', machine: false })
    .groupBy('link_id')
    .select('link_id')
    .count({ clicks: '*' })
    .countDistinct({ people: 'delivery_id' });
  const byLink = new Map(clicks.map((row) => [Number(row.link_id), row]));
  const links: { id: number | string; url: string }[] = await db(TABLE.links)
    .where({ campaign_id: id })
    .orderBy('id')
    .select('id', 'url');
  return links
    .map((link) => {
      const found = byLink.get(Number(link.id));
      return {
        id: Number(link.id),
        url: link.url,
        people: Number(found?.people ?? 0),
        clicks: Number(found?.clicks ?? 0),
      };
    })
    .sort((a, b) => b.people - a.people || b.clicks - a.clicks);
}

export interface DeliveryFilter {
  state?: DeliveryState | undefined;
  reason?: string | undefined;
  /** Part of an address. */
  search?: string | undefined;
  event?: ReportedEvent | undefined;
  page: number;
  pageSize: number;
}

/** One recipient of a campaign; times in milliseconds since 1970. */
export interface DeliveryRecord {
  id: number;
  subscriberId: string;
  email: string;
  state: DeliveryState;
  reason: string | null;
  attempt: number;
  replyCode: number | null;
  replyStatus: string | null;
  replyText: string | null;
  nextAt: number;
  settledAt: number | null;
  events: ReadonlySet<string>;
}

/** Recipients in the order of the freeze, and how many match. Opens and clicks of machines do not count. */
export async function pageDeliveries(
  db: Knex,
  campaignId: string,
  filter: DeliveryFilter,
): Promise<{ rows: DeliveryRecord[]; total: number }> {
  const matching = db({ d: TABLE.deliveries }).where('d.campaign_id', campaignId);
  if (filter.state) matching.where('d.state', filter.state);
  if (filter.reason) matching.where('d.reason', filter.reason);
  if (filter.search) {
    matching.whereRaw("d.email_key like ? escape '!'", [containsPattern(filter.search.trim().toLowerCase())]);
  }
  if (filter.event) {
    matching.whereExists(
      db({ e: TABLE.events })
        .select(db.raw('1'))
        .whereRaw('e.delivery_id = d.id')
        .where({ 'e.type': filter.event, 'e.machine': false }),
    );
  }
  const [{ total }] = (await matching.clone().count({ total: '*' })) as [{ total: number | string }];
  const rows: Record<string, unknown>[] = await matching
    .orderBy('d.id')
    .limit(filter.pageSize)
    .offset((filter.page - 1) * filter.pageSize)
    .select('d.*');
  const events = await eventsOf(
    db,
    rows.map((row) => Number(row.id)),
  );
  return {
    rows: rows.map((row) => toDelivery(row, events.get(Number(row.id)) ?? new Set())),
    total: Number(total),
  };
}

async function eventsOf(db: Knex, ids: number[]): Promise<Map<number, Set<string>>> {
  const rows: { delivery_id: number | string; type: string }[] = await db(TABLE.events)
    .whereIn('delivery_id', ids)
    .where({ machine: false })
    .distinct('delivery_id', 'type');
  const events = new Map<number, Set<string>>();
  for (const row of rows) {
    const id = Number(row.delivery_id);
    events.set(id, (events.get(id) ?? new Set()).add(row.type));
  }
  return events;
}

function toDelivery(row: Record<string, unknown>, events: ReadonlySet<string>): DeliveryRecord {
  const number = (value: unknown) => (value === null || value === undefined ? null : Number(value));
  const text = (value: unknown) => (value === null || value === undefined ? null : String(value));
  return {
    id: Number(row.id),
    subscriberId: String(row.subscriber_id),
    email: String(row.email),
    state: row.state as DeliveryState,
    reason: text(row.reason),
    attempt: Number(row.attempt),
    replyCode: number(row.reply_code),
    replyStatus: text(row.reply_status),
    replyText: text(row.reply_text),
    nextAt: Number(row.next_at),
    settledAt: number(row.settled_at),
    events,
  };
}
