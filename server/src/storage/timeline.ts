import type { Knex } from 'knex';
import type { LeavingWords, TimelineEntry } from '../../../shared/contracts';
import { campaignNames, listNames } from './admin-subscribers';
import { TABLE } from './tables';
import { isoTime } from './values';

const LIMIT = 200;

interface Moment {
  at: number;
  type: string;
  campaignId: string | null;
  listId: string | null;
  detail: string | null;
  leaving: LeavingWords | null;
  machine: boolean;
}

/**
 * What happened between us and a person, newest first, at most 200: the consent log, the mails of campaigns with what
 * the mail server said, and what the person did with them. Each source is read by its own index, 200 rows at most.
 */
export async function timelineOf(db: Knex, subscriberId: string): Promise<TimelineEntry[]> {
  const moments = [
    ...(await consents(db, subscriberId)),
    ...(await deliveries(db, subscriberId)),
    ...(await events(db, subscriberId)),
  ]
    .sort((a, b) => b.at - a.at)
    .slice(0, LIMIT);
  const campaigns = await campaignNames(
    db,
    moments.map((moment) => moment.campaignId),
  );
  const lists = await listNames(
    db,
    moments.map((moment) => moment.listId),
  );
  return moments.map((moment) => ({
    at: isoTime(moment.at) ?? '',
    type: moment.type,
    campaign: campaigns.get(moment.campaignId ?? '') ?? null,
    list: lists.get(moment.listId ?? '') ?? null,
    detail: moment.detail,
    leaving: moment.leaving,
    machine: moment.machine,
  }));
}

async function consents(db: Knex, subscriberId: string): Promise<Moment[]> {
  const rows = await db(TABLE.consentLog)
    .where({ subscriber_id: subscriberId })
    .orderBy('at', 'desc')
    .limit(LIMIT);
  return rows.map((row) => ({
    at: Number(row.at),
    type: String(row.action),
    campaignId: row.campaign_id ?? null,
    listId: row.list_id ?? null,
    detail: row.source ?? null,
    leaving: row.reason || row.note ? { reason: row.reason ?? null, note: row.note ?? null } : null,
    machine: false,
  }));
}

async function deliveries(db: Knex, subscriberId: string): Promise<Moment[]> {
  const rows = await db(TABLE.deliveries)
    .where({ subscriber_id: subscriberId })
    .orderBy('id', 'desc')
    .limit(LIMIT);
  return rows.map((row) => ({
    at: Number(row.settled_at ?? row.created_at),
    type: String(row.state),
    campaignId: String(row.campaign_id),
    listId: null,
    detail: replyOf(row),
    leaving: null,
    machine: false,
  }));
}

/** "550 5.1.1 user unknown", or why the mail was not sent. */
function replyOf(row: Record<string, unknown>): string | null {
  const reply = [row.reply_code, row.reply_status, row.reply_text].filter(Boolean).join(' ');
  return reply || (row.reason as string | null) || null;
}

async function events(db: Knex, subscriberId: string): Promise<Moment[]> {
  const rows = await db(TABLE.events)
    .leftJoin(TABLE.links, `${TABLE.links}.id`, `${TABLE.events}.link_id`)
    .where(`${TABLE.events}.subscriber_id`, subscriberId)
    // The consent log tells an unsubscribe already, with its way and campaign.
    .whereNot(`${TABLE.events}.type`, 'unsubscribe')
    .orderBy(`${TABLE.events}.at`, 'desc')
    .limit(LIMIT)
    .select(`${TABLE.events}.*`, `${TABLE.links}.url`);
  return rows.map((row) => ({
    at: Number(row.at),
    type: String(row.type),
    campaignId: row.campaign_id ?? null,
    listId: null,
    detail: row.url ?? row.detail ?? null,
    leaving: null,
    machine: Boolean(row.machine),
  }));
}
