import type { Knex } from 'knex';
import {
  NO_TIMING,
  type Audience,
  type CampaignContent,
  type CampaignPriority,
  type CampaignState,
  type StateCause,
  type Timing,
} from '../../../shared/contracts';
import { TABLE } from './tables';
import { containsPattern, jsonValue } from './values';

/** A campaign as the rooms see it; times in milliseconds since 1970. */
export interface CampaignRecord {
  documentId: string;
  name: string;
  state: CampaignState;
  stateReason: string | null;
  stateCause: StateCause | null;
  sender: string | null;
  template: string | null;
  audience: Audience;
  defaultLanguage: string;
  trackOpens: boolean;
  trackClicks: boolean;
  pacePerHour: number | null;
  priority: CampaignPriority;
  timing: Timing;
  scheduledAt: number | null;
  timezone: string | null;
  startedAt: number | null;
  finishedAt: number | null;
  createdAt: number;
  updatedAt: number;
}

export interface CampaignListQuery {
  search?: string | undefined;
  state?: CampaignState | undefined;
  sort: 'createdAt:desc' | 'updatedAt:desc' | 'name:asc' | 'scheduledAt:desc';
  page: number;
  pageSize: number;
}

type Row = Record<string, unknown>;

export async function findCampaign(db: Knex, id: string): Promise<CampaignRecord | null> {
  const row: Row | undefined = await db(TABLE.campaigns).where({ document_id: id }).first();
  return row ? toRecord(row) : null;
}

/** The state alone: workers ask for it every few seconds. */
export async function readState(db: Knex, id: string): Promise<CampaignState | null> {
  const row: { state: CampaignState } | undefined = await db(TABLE.campaigns)
    .where({ document_id: id })
    .first('state');
  return row?.state ?? null;
}

/** The campaign, holding its row until the transaction ends, so that state and content stay what was read. */
export async function lockCampaign(trx: Knex.Transaction, id: string): Promise<CampaignRecord | null> {
  const row: Row | undefined = await trx(TABLE.campaigns).where({ document_id: id }).forUpdate().first();
  return row ? toRecord(row) : null;
}

/** One page and the number of all that match. `search` looks into the names. */
export async function listCampaigns(
  db: Knex,
  query: CampaignListQuery,
): Promise<{ rows: CampaignRecord[]; total: number }> {
  const matching = db(TABLE.campaigns).where((where) => {
    if (query.state) where.where({ state: query.state });
    if (query.search)
      where.whereRaw("lower(name) like ? escape '!'", [containsPattern(query.search.trim().toLowerCase())]);
  });
  const counting = matching.clone().count({ total: '*' });
  const [column, direction] = SORTS[query.sort];
  // Never scheduled ones come last, whatever the database thinks of nulls.
  if (column === 'scheduled_at') matching.orderByRaw('case when scheduled_at is null then 1 else 0 end');
  const [[{ total }], rows] = (await Promise.all([
    counting,
    matching
      .orderBy(column, direction)
      .orderBy('id', 'desc')
      .limit(query.pageSize)
      .offset((query.page - 1) * query.pageSize),
  ])) as [[{ total: number | string }], Row[]];
  return { rows: rows.map(toRecord), total: Number(total) };
}

const SORTS = {
  'createdAt:desc': ['created_at', 'desc'],
  'updatedAt:desc': ['updated_at', 'desc'],
  'name:asc': ['name', 'asc'],
  'scheduledAt:desc': ['scheduled_at', 'desc'],
} as const;

/** The sender that the last saved campaign with one used. */
export async function lastUsedSender(db: Knex): Promise<string | null> {
  const row: { sender: string } | undefined = await db(TABLE.campaigns)
    .whereNotNull('sender')
    .orderBy('updated_at', 'desc')
    .first('sender');
  return row?.sender ?? null;
}

/** Why a state is what it is: in English, and for translation. */
export interface StateReason {
  sentence: string;
  cause: StateCause | null;
}

/** What a change of state may write besides the state; undefined leaves a column alone. */
export interface CampaignStamp {
  /** A sentence for the editor, with its id where the panel can say it in another language. */
  reason?: StateReason | null;
  scheduledAt?: number | null;
  timezone?: string;
  startedAt?: number;
  finishedAt?: number | null;
}

/**
 * The one way in which a state changes: a compare-and-swap.
 * @returns false when the campaign is in none of the states `from`
 */
export async function swapState(
  db: Knex,
  id: string,
  from: readonly CampaignState[],
  to: CampaignState,
  stamp: CampaignStamp = {},
): Promise<boolean> {
  const date = (ms: number | null | undefined) => (ms === undefined || ms === null ? ms : new Date(ms));
  const set = {
    state: to,
    state_reason: stamp.reason === null ? null : stamp.reason?.sentence,
    state_cause: stamp.reason === undefined ? undefined : causeColumn(stamp.reason),
    scheduled_at: date(stamp.scheduledAt),
    timezone: stamp.timezone,
    started_at: date(stamp.startedAt),
    finished_at: date(stamp.finishedAt),
    updated_at: new Date(),
  };
  const changed = Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined));
  const count = await db(TABLE.campaigns).where({ document_id: id }).whereIn('state', from).update(changed);
  return count > 0;
}

const causeColumn = (reason: StateReason | null) => (reason?.cause ? JSON.stringify(reason.cause) : null);

/** Content rows, the default language's first. */
export async function findContents(
  db: Knex,
  id: string,
  defaultLanguage?: string,
): Promise<CampaignContent[]> {
  const rows: Row[] = await db(TABLE.campaignContents)
    .where({ campaign: id })
    .orderBy(['variant', 'language']);
  const contents = rows.map((row) => ({
    variant: String(row.variant),
    language: String(row.language),
    subject: text(row.subject),
    preheader: text(row.preheader),
    body: text(row.body),
  }));
  const rank = (content: CampaignContent) => (content.language === defaultLanguage ? 0 : 1);
  return contents.sort((a, b) => rank(a) - rank(b));
}

/** Subject of each campaign: variant a in its default language. */
export async function findSubjects(
  db: Knex,
  campaigns: readonly CampaignRecord[],
): Promise<Map<string, string>> {
  const rows: Row[] = await db(TABLE.campaignContents)
    .whereIn(
      'campaign',
      campaigns.map((campaign) => campaign.documentId),
    )
    .where({ variant: 'a' })
    .select('campaign', 'language', 'subject');
  const language = new Map(campaigns.map((campaign) => [campaign.documentId, campaign.defaultLanguage]));
  const subjects = new Map<string, string>();
  for (const row of rows) {
    const id = String(row.campaign);
    if (!subjects.has(id) || language.get(id) === row.language) subjects.set(id, text(row.subject));
  }
  return subjects;
}

function toRecord(row: Row): CampaignRecord {
  return {
    documentId: String(row.document_id),
    name: String(row.name),
    state: row.state as CampaignState,
    stateReason: nullable(row.state_reason),
    stateCause: jsonValue<StateCause | null>(row.state_cause, null),
    sender: nullable(row.sender),
    template: nullable(row.template),
    audience: toAudience(row.audience),
    defaultLanguage: nullable(row.default_language) ?? 'en',
    trackOpens: toBoolean(row.track_opens),
    trackClicks: toBoolean(row.track_clicks),
    pacePerHour: row.pace_per_hour === null ? null : Number(row.pace_per_hour),
    priority: (row.priority as CampaignPriority | null | undefined) ?? 'normal',
    timing: { ...NO_TIMING, ...jsonValue<Partial<Timing>>(row.timing, {}) },
    scheduledAt: toMs(row.scheduled_at),
    timezone: nullable(row.timezone),
    startedAt: toMs(row.started_at),
    finishedAt: toMs(row.finished_at),
    createdAt: toMs(row.created_at) ?? 0,
    updatedAt: toMs(row.updated_at) ?? 0,
  };
}

/** Drivers give JSON columns as text or parsed, and a row made elsewhere may lack keys. */
function toAudience(value: unknown): Audience {
  const parsed = (typeof value === 'string' ? JSON.parse(value) : value) as Partial<Audience> | null;
  return {
    include: toSide(parsed?.include),
    exclude: toSide(parsed?.exclude),
  };
}

const toSide = (side: Partial<Audience['include']> | undefined): Audience['include'] => ({
  lists: side?.lists ?? [],
  segments: side?.segments ?? [],
});

/** A datetime column in milliseconds: SQLite keeps numbers, the other drivers give Dates. */
export function toMs(value: unknown): number | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value.getTime();
  const number = Number(value);
  return Number.isFinite(number) ? number : new Date(value as string).getTime();
}

const nullable = (value: unknown) => (value === null || value === undefined ? null : String(value));
const text = (value: unknown) => nullable(value) ?? '';
const toBoolean = (value: unknown) => value === true || value === 1 || value === '1';
