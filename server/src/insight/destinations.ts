import type { Knex } from 'knex';
import type { DestinationDto, DestinationsDto, PacingReason, PacingWhy } from '../../../shared/contracts';
import type { Context } from '../context';
import { loadRun } from '../campaign';
import { transportNames } from '../config';
import { configuredLimits, firstLimit, usedUpWarmUps } from '../delivery';
import {
  campaignStates,
  deferredByDestination,
  destinationCounts,
  isoTime,
  readDestinations,
  type DeferredCount,
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

  const found = new Map<string, DestinationDto>();
  const entry = (source: string, destination: string): DestinationDto => {
    const key = `${source} ${destination}`;
    let dto = found.get(key);
    if (!dto) found.set(key, (dto = empty(source, destination)));
    return dto;
  };
  for (const { source, destination, accepted, perSecond } of counts) {
    Object.assign(entry(source, destination), { accepted, perSecond: Math.round(perSecond * 10) / 10 });
  }
  for (const { source, destination, reason, count, nextAt } of deferred) {
    const dto = entry(source, destination);
    dto.deferred.push({ reason, count });
    const at = isoTime(nextAt);
    if (at !== null && (dto.nextAt === null || at < dto.nextAt)) dto.nextAt = at;
  }
  const sources = new Set([...found.values()].map(({ source }) => source));
  for (const row of rows) {
    const isWanted = campaignId === null || (row.destination === '*' && sources.has(row.source));
    if (isWanted && isEffective(row, now)) entry(row.source, row.destination);
  }
  const known = new Map(rows.map((row) => [`${row.source} ${row.destination}`, row]));
  for (const [key, dto] of found) limit(ctx, dto, known.get(key), now);
  const all = [...found.values()].sort((a, b) => trouble(b) - trouble(a) || b.accepted - a.accepted);
  const isSending = states.some(({ state }) => state === 'sending');
  return {
    destinations: all.slice(0, MOST),
    warmUps: isSending ? await usedUp(ctx, campaignId, now) : [],
    moving: isSending || all.some((dto) => dto.suspension !== null),
  };
}

/** Sources that wait for their next day; of a campaign, those that its sender has. */
async function usedUp(
  ctx: Pick<Context, 'knex' | 'config'>,
  campaignId: string | null,
  now: number,
): Promise<DestinationsDto['warmUps']> {
  const all = await usedUpWarmUps(ctx, now);
  if (all.length === 0) return [];
  const run = campaignId === null ? null : await loadRun(ctx, campaignId);
  const names = run && transportNames(ctx.config.transports, run.snapshot.sender);
  return all
    .filter(({ source }) => names === null || names.includes(source))
    .map((one) => ({ ...one, nextAt: new Date(one.nextAt).toISOString() }));
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
      messagesPerSecond: rate === Infinity ? null : Math.round(rate * 1000) / 1000,
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
