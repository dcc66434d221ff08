import type { Knex } from 'knex';
import type { DestinationDto, DestinationsDto, PacingReason, PacingWhy } from '../../../shared/contracts';
import type { Context } from '../context';
import { loadRun } from '../campaign';
import { transportNames } from '../config';
import { configuredLimits, domainOf, firstLimit, warmUpLimits } from '../delivery';
import {
  campaignStates,
  deferredByDestination,
  destinationCounts,
  isoTime,
  readDestinations,
  type DeferredCount,
  type DestinationCount,
  type DestinationRow,
} from '../storage';

const MOST = 200;
const CONFIGURED: PacingWhy = { reason: 'configured', reply: null, at: null };

/**
 * What each source sends to each destination, how fast, what holds it back and why.
 * @param campaignId null: over all campaigns that are being sent or paused
 */
export async function destinations(
  ctx: Pick<Context, 'knex' | 'config'>,
  campaignId: string | null,
): Promise<DestinationsDto> {
  const { knex } = ctx;
  const now = Date.now();
  const states = await campaignStates(knex, campaignId);
  const ids = states.map(({ id }) => id);
  const counts = await destinationCounts(knex, ids, now);
  const deferred = await waiting(knex, ids);
  const { rows } = await readDestinations(knex);
  const isSending = states.some(({ state }) => state === 'sending');
  const { ways, ...overall } = isSending ? await overallLimits(ctx, campaignId, now) : NOT_SENDING;

  const found = new Map<string, DestinationDto>();
  const entry = (source: string, destination: string): DestinationDto => {
    const key = `${source} ${destination}`;
    let dto = found.get(key);
    if (!dto) found.set(key, (dto = empty(source, destination)));
    return dto;
  };
  for (const { source, destination, accepted, perSecond } of counts) {
    Object.assign(entry(source, destination), { accepted, perSecond: toTenths(perSecond) });
  }
  for (const { source, destination, reason, count, nextAt } of deferred) {
    const dto = entry(source, destination);
    dto.deferred.push({ reason, count });
    const at = isoTime(nextAt);
    if (at !== null && (dto.nextAt === null || at < dto.nextAt)) dto.nextAt = at;
  }
  const sources = new Set([...ways, ...[...found.values()].map(({ source }) => source)]);
  for (const row of rows) {
    const isWanted = campaignId === null || (row.destination === '*' && sources.has(row.source));
    if (isWanted && isEffective(row, now)) entry(row.source, row.destination);
  }
  for (const source of ways)
    if (ctx.config.transports[source]!.rate.messagesPerSecond !== undefined) entry(source, '*');
  const known = new Map(rows.map((row) => [`${row.source} ${row.destination}`, row]));
  for (const [key, dto] of found) {
    limit(ctx, dto, known.get(key), now);
    if (dto.destination === '*') sumUp(dto, counts);
  }
  const all = [...found.values()].sort((a, b) => trouble(b) - trouble(a) || b.accepted - a.accepted);
  return {
    destinations: all.slice(0, MOST),
    ...overall,
    moving: isSending || all.some((dto) => dto.suspension !== null),
  };
}

interface Overall extends Pick<DestinationsDto, 'pacePerHour' | 'senderDomains' | 'warmUps'> {
  /** Names of transports: of the campaign's sender, or all. */
  ways: string[];
}
const NOT_SENDING: Overall = { ways: [], pacePerHour: null, senderDomains: [], warmUps: [] };

/** What holds back all that is being sent, whoever receives it. */
async function overallLimits(
  ctx: Pick<Context, 'knex' | 'config'>,
  campaignId: string | null,
  now: number,
): Promise<Overall> {
  const { transports, pacing } = ctx.config;
  const run = campaignId === null ? null : await loadRun(ctx, campaignId);
  const sender = run?.snapshot.sender;
  const ways = sender
    ? transportNames(transports, sender).filter((name) => Object.hasOwn(transports, name))
    : Object.keys(transports);
  const domain = sender && domainOf(sender.email);
  const warmUps = await warmUpLimits(ctx, now);
  return {
    ways,
    pacePerHour: run?.snapshot.pacePerHour ?? null,
    senderDomains: Object.entries(pacing.senderDomains)
      .filter(([name]) => domain === undefined || name === domain)
      .map(([name, { messagesPerSecond }]) => ({ domain: name, messagesPerSecond })),
    warmUps: warmUps
      .filter(({ source }) => ways.includes(source))
      .map((one) => ({ ...one, nextAt: isoTime(one.nextAt) })),
  };
}

const empty = (source: string, destination: string): DestinationDto => ({
  source,
  destination,
  accepted: 0,
  perSecond: 0,
  limit: null,
  suspension: null,
  deferred: [],
  nextAt: null,
});

const toTenths = (value: number): number => Math.round(value * 10) / 10;

/** Of everything over a source, nothing is counted by itself. */
function sumUp(dto: DestinationDto, counts: readonly DestinationCount[]): void {
  const all = counts.filter(({ source }) => source === dto.source);
  dto.accepted = all.reduce((sum, { accepted }) => sum + accepted, 0);
  dto.perSecond = toTenths(all.reduce((sum, { perSecond }) => sum + perSecond, 0));
}

const trouble = ({ suspension, limit: held, deferred }: DestinationDto): number =>
  (suspension ? 4 : 0) + (held && held.why.reason !== 'configured' ? 2 : 0) + (deferred.length > 0 ? 1 : 0);

const isEffective = (row: DestinationRow, now: number): boolean =>
  row.suspendedUntil > now || row.concurrency !== null || (row.rate !== null && row.rateUntil > now);

function limit(
  { config }: Pick<Context, 'config'>,
  dto: DestinationDto,
  row: DestinationRow | undefined,
  now: number,
): void {
  const type = config.transports[dto.source]?.type ?? 'smtp';
  const given = configuredLimits(config, { name: dto.source, type }, dto.destination);
  const learnedRate = row?.rate != null && row.rateUntil > now ? row.rate : Infinity;
  const rate = Math.min(given.messagesPerSecond, learnedRate);
  const connections = Math.min(given.connections, row?.concurrency ?? Infinity);
  const why: PacingWhy = row
    ? { reason: row.reason as PacingReason, reply: row.reply, at: isoTime(row.saidAt) }
    : CONFIGURED;
  const isLearned = learnedRate <= given.messagesPerSecond && learnedRate !== Infinity;
  // Over a whole source nothing is learned before it refuses.
  const first = row?.concurrency == null && dto.destination !== '*' ? firstLimit(type) : Infinity;
  const isNarrowed = (row?.concurrency ?? Infinity) < given.connections;
  if (rate !== Infinity || connections !== Infinity) {
    dto.limit = {
      messagesPerSecond: rate === Infinity ? null : Math.round(rate * 1e6) / 1e6,
      connections: connections === Infinity ? null : connections,
      firstConnections: first < connections ? first : null,
      why: isLearned || isNarrowed ? why : CONFIGURED,
      until: isLearned ? isoTime(row!.rateUntil) : null,
    };
  }
  if (row && row.suspendedUntil > now) {
    dto.suspension = { until: new Date(row.suspendedUntil).toISOString(), why };
  }
}

interface Kept {
  at: number;
  /** How long it took to count. */
  ms: number;
  rows: DeferredCount[];
}
const kept = new WeakMap<Knex, Map<string, Kept>>();

/** Counting is kept for twenty times as long as it took: many may look at a campaign of which much waits. */
async function waiting(knex: Knex, ids: readonly string[]): Promise<DeferredCount[]> {
  let byIds = kept.get(knex);
  if (!byIds) kept.set(knex, (byIds = new Map()));
  const key = ids.join(' ');
  const last = byIds.get(key);
  if (last && Date.now() - last.at < Math.min(60_000, 20 * last.ms)) return last.rows;
  const begun = Date.now();
  const rows = await deferredByDestination(knex, ids);
  if (byIds.size > 100) byIds.clear();
  byIds.set(key, { at: Date.now(), ms: Date.now() - begun, rows });
  return rows;
}

/** Counts anew at the next look, since something was changed by hand. */
export function forgetWaiting(knex: Knex): void {
  kept.delete(knex);
}
