import type { Knex } from 'knex';
import {
  SUBSCRIBER_STATUSES,
  type RuleGroup,
  type SubscriberCounts,
  type SubscriberDto,
  type SubscriberStatus,
  type SubscriptionDto,
} from '../../../shared/contracts';
import { leavingWordsOf } from './consent';
import { segmentCondition } from './segments';
import { TABLE } from './tables';
import { containsPattern, isoTime, jsonValue } from './values';

export interface SubscriberFilter {
  search?: string | undefined;
  status?: SubscriberStatus | undefined;
  /** documentId of a list. Together with the status `unsubscribed`: who left this list, whatever else they get. */
  list?: string | undefined;
  /** Why the status is what it is, as `statusReason`; with a list and `unsubscribed`, how they left that list. */
  way?: string | undefined;
  /** Rules of a segment, and the instant that its relative dates count from. */
  segment?: { rules: RuleGroup; now: number } | undefined;
}

export type SubscriberSort =
  | 'email:asc'
  | 'email:desc'
  | 'createdAt:asc'
  | 'createdAt:desc'
  | 'statusChangedAt:desc';

/** Row ids grow with time: they sort like `created_at`, which has no index. */
const ORDER: Record<SubscriberSort, { column: string; order: 'asc' | 'desc' }> = {
  'email:asc': { column: 'email_key', order: 'asc' },
  'email:desc': { column: 'email_key', order: 'desc' },
  'createdAt:asc': { column: 'id', order: 'asc' },
  'createdAt:desc': { column: 'id', order: 'desc' },
  'statusChangedAt:desc': { column: 'status_changed_at', order: 'desc' },
};

/** More matches of a search than this are not counted: nobody pages through them. */
const COUNTED_MATCHES = 10_000;

/**
 * One page of people, as the panel shows them. A search finds each of its words inside the address or the names; its
 * total stops at 10,000.
 */
export async function pageSubscribers(
  db: Knex,
  query: SubscriberFilter & { sort: SubscriberSort; page: number; pageSize: number },
): Promise<{ rows: SubscriberDto[]; total: number }> {
  const order = ORDER[query.sort];
  const people = matchingSubscribers(db, query);
  // Never changed ones come last, whatever the database thinks of nulls.
  if (order.column === 'status_changed_at' && query.list && query.status === 'unsubscribed')
    void people.orderByRaw('? desc', [
      onList(db, query.list).clearSelect().select(`${TABLE.subscriptions}.ended_at`),
    ]);
  else if (order.column === 'status_changed_at')
    void people.orderByRaw('case when status_changed_at is null then 1 else 0 end');
  const rows = await people
    .orderBy([order, { column: 'id', order: order.order }])
    .limit(query.pageSize)
    .offset((query.page - 1) * query.pageSize)
    .select('*');
  return { rows: await toDtos(db, rows), total: await countMatching(db, query) };
}

async function countMatching(db: Knex, filter: SubscriberFilter): Promise<number> {
  const people = matchingSubscribers(db, filter);
  const counted = filter.search ? people.select('id').limit(COUNTED_MATCHES) : people.select('id');
  const rows: { total: number | string }[] = await db.count({ total: '*' }).from(counted.as('matches'));
  return Number(rows[0]?.total ?? 0);
}

export function matchingSubscribers(
  db: Knex,
  { search, status, list, segment, way }: SubscriberFilter,
): Knex.QueryBuilder {
  const query = db(TABLE.subscribers);
  // Who left a list may be on others: their status does not tell.
  const leftList = list !== undefined && status === 'unsubscribed' ? list : null;
  if (leftList !== null) {
    const left = onList(db, leftList).where(`${TABLE.subscriptions}.status`, 'unsubscribed');
    void query.whereExists(way ? left.where(`${TABLE.subscriptions}.ended_via`, way) : left);
  } else {
    if (status) void query.where({ status });
    if (way) void query.where({ status_reason: way });
    if (list) void query.whereExists(hasLeft(status) ? onList(db, list) : present(onList(db, list)));
  }
  if (segment) {
    const look = { reach: 'page', now: segment.now, table: TABLE.subscribers } as const;
    void query.where(segmentCondition(db, segment.rules, look));
  }
  for (const word of (search ?? '').trim().toLowerCase().split(/\s+/).filter(Boolean).slice(0, 5)) {
    const pattern = containsPattern(word);
    void query.where((any) => {
      for (const column of ['email_key', 'lower(email)', 'lower(first_name)', 'lower(last_name)']) {
        void any.orWhereRaw(`${column} like ? escape '!'`, [pattern]);
      }
    });
  }
  return query;
}

const hasLeft = (status: SubscriberStatus | undefined): boolean =>
  status !== undefined && status !== 'subscribed' && status !== 'pending';

const present = (query: Knex.QueryBuilder): Knex.QueryBuilder =>
  query.whereIn(`${TABLE.subscriptions}.status`, ['subscribed', 'pending']);

/** Whoever is or was on a list. */
const onList = (db: Knex, list: string): Knex.QueryBuilder =>
  db(TABLE.subscriptions)
    .select(db.raw('1'))
    .whereRaw('?? = ??', [`${TABLE.subscriptions}.subscriber_id`, `${TABLE.subscribers}.document_id`])
    .where(`${TABLE.subscriptions}.list_id`, list);

/** People by status, from newsletter_subscribers_status_idx. */
export async function countByStatus(db: Knex): Promise<SubscriberCounts> {
  const counts = Object.fromEntries(
    ['all', ...SUBSCRIBER_STATUSES].map((name) => [name, 0]),
  ) as SubscriberCounts;
  const rows: { status: SubscriberStatus; people: number | string }[] = await db(TABLE.subscribers)
    .groupBy('status')
    .select('status')
    .count({ people: '*' });
  for (const row of rows) {
    counts[row.status] = Number(row.people);
    counts.all += Number(row.people);
  }
  return counts;
}

export async function findSubscriber(db: Knex, documentId: string): Promise<SubscriberDto | null> {
  const rows = await db(TABLE.subscribers).where({ document_id: documentId }).limit(1);
  return (await toDtos(db, rows))[0] ?? null;
}

/** Some further queries for the whole page: subscriptions, suppressions, names of campaigns, what leavers said. */
async function toDtos(db: Knex, rows: Record<string, unknown>[]): Promise<SubscriberDto[]> {
  const lists = await subscriptionsOf(
    db,
    rows.map((row) => String(row.document_id)),
  );
  const suppressions = await suppressionsOf(
    db,
    rows.map((row) => String(row.address_hash)),
  );
  const campaigns = await campaignNames(
    db,
    rows.map((row) => row.status_campaign as string | null),
  );
  const leaving = await leavingWordsOf(
    db,
    rows.filter(({ status }) => status === 'unsubscribed').map((row) => String(row.document_id)),
  );
  return rows.map((row) => ({
    documentId: String(row.document_id),
    email: String(row.email),
    firstName: text(row.first_name),
    lastName: text(row.last_name),
    status: row.status as SubscriberStatus,
    statusReason: text(row.status_reason),
    statusCampaign: campaigns.get(String(row.status_campaign)) ?? null,
    statusChangedAt: isoTime(row.status_changed_at),
    leaving: leaving.get(String(row.document_id)) ?? null,
    language: text(row.language),
    timezone: text(row.timezone),
    attributes: jsonValue(row.attributes, {}),
    source: text(row.source),
    createdAt: isoTime(row.created_at) ?? '',
    confirmedAt: isoTime(row.confirmed_at),
    lastSentAt: isoTime(row.last_sent_at),
    lastOpenedAt: isoTime(row.last_opened_at),
    lastClickedAt: isoTime(row.last_clicked_at),
    lists: lists.get(String(row.document_id)) ?? [],
    suppression: suppressions.get(String(row.address_hash)) ?? null,
  }));
}

async function subscriptionsOf(db: Knex, people: string[]): Promise<Map<string, SubscriptionDto[]>> {
  const rows = await db(TABLE.subscriptions)
    .join(TABLE.lists, `${TABLE.lists}.document_id`, `${TABLE.subscriptions}.list_id`)
    .whereIn('subscriber_id', people)
    .orderBy(`${TABLE.lists}.name`)
    .select(
      'subscriber_id',
      'list_id',
      `${TABLE.lists}.name as list_name`,
      `${TABLE.lists}.slug as list_slug`,
      `${TABLE.subscriptions}.status`,
      `${TABLE.subscriptions}.source`,
      'consented_at',
      'consent_ip',
      'wording_version',
      'ended_at',
      'ended_via',
      'ended_campaign',
    );
  const campaigns = await campaignNames(
    db,
    rows.map((row: { ended_campaign: string | null }) => row.ended_campaign),
  );
  return groupBy(rows, 'subscriber_id', (row) => ({
    list: { documentId: String(row.list_id), name: String(row.list_name), slug: String(row.list_slug) },
    status: row.status as SubscriptionDto['status'],
    source: text(row.source),
    consentedAt: isoTime(row.consented_at),
    consentIp: text(row.consent_ip),
    wordingVersion: text(row.wording_version),
    ended:
      row.ended_at === null
        ? null
        : {
            at: isoTime(row.ended_at) ?? '',
            via: text(row.ended_via) ?? '',
            campaign: campaigns.get(String(row.ended_campaign)) ?? null,
          },
  }));
}

async function suppressionsOf(
  db: Knex,
  hashes: string[],
): Promise<Map<string, { reason: string; since: string }>> {
  const rows: { address_hash: string; reason: string; since: unknown }[] = await db(TABLE.suppressions)
    .whereIn('address_hash', hashes)
    .where({ scope: 'all' })
    .select('address_hash', 'reason', 'since');
  return new Map(
    rows.map((row) => [row.address_hash, { reason: row.reason, since: isoTime(row.since) ?? '' }]),
  );
}

/** Names of campaigns by documentId; a deleted campaign is missing. */
export async function campaignNames(
  db: Knex,
  ids: (string | null)[],
): Promise<Map<string, { documentId: string; name: string }>> {
  return namesOf(db, TABLE.campaigns, ids);
}

/** Names of lists by documentId; a deleted list is missing. */
export async function listNames(
  db: Knex,
  ids: (string | null)[],
): Promise<Map<string, { documentId: string; name: string }>> {
  return namesOf(db, TABLE.lists, ids);
}

async function namesOf(
  db: Knex,
  table: string,
  ids: (string | null)[],
): Promise<Map<string, { documentId: string; name: string }>> {
  const wanted = [...new Set(ids.filter((id): id is string => Boolean(id)))];
  if (wanted.length === 0) return new Map();
  const rows: { document_id: string; name: string }[] = await db(table)
    .whereIn('document_id', wanted)
    .select('document_id', 'name');
  return new Map(rows.map((row) => [row.document_id, { documentId: row.document_id, name: row.name }]));
}

const text = (value: unknown) =>
  value === null || value === undefined || value === '' ? null : String(value);

function groupBy<T>(
  rows: Record<string, unknown>[],
  key: string,
  map: (row: Record<string, unknown>) => T,
): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const group = groups.get(String(row[key]));
    if (group) group.push(map(row));
    else groups.set(String(row[key]), [map(row)]);
  }
  return groups;
}
