import {
  CLASS_SEVERITY,
  type DeliverabilityDto,
  type deliverabilityQuerySchema,
  type FeedbackSourceDto,
  type RateCounts,
  type RateSeries,
  type ReplyClass,
} from '../../../shared/contracts';
import type { z } from 'zod';
import { isSoft } from '../audience';
import { loadRun } from '../campaign';
import type { Context } from '../context';
import { LISTENER, webhookProviders } from '../feedback';
import { loadSettings } from '../settings';
import {
  campaignNames,
  campaignsToCount,
  complainedDeliveries,
  ratesMadeAt,
  readDestinationDays,
  readSources,
  settledDeliveries,
  writeDestinationDays,
  type DestinationDay,
} from '../storage';
import { silentAfter, stateOfSource } from './inbound';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** How old counts may be before they are made anew. */
const FRESH_FOR = 5 * MINUTE;
/** Bounces and complaints still come in for so long after a campaign has ended. */
const STILL_COMING = 10 * DAY;
/** A request waits for new counts no longer than this; they go on being made. */
const PATIENCE = 1500;
/** Rows that are read at once, with a pause after each piece: SQLite works in the process that serves others. */
const PIECE = 2000;
/** Destinations that are kept for a campaign; the others are summed up. */
const DESTINATIONS = 100;
const SERIES = 50;

type RateContext = Pick<Context, 'knex' | 'log'>;

/** Bounces and complaints over time, by campaign, domain of the sender or domain of the recipients. */
export async function deliverability(
  ctx: RateContext,
  { by, days, campaign }: z.output<typeof deliverabilityQuerySchema>,
): Promise<DeliverabilityDto> {
  const now = Date.now();
  const since = now - days * DAY;
  await Promise.race([refresh(ctx, now), new Promise((resolve) => setTimeout(resolve, PATIENCE).unref())]);
  const rows = await readDestinationDays(ctx.knex, by, Math.floor(since / DAY), campaign);
  const { hardBounces, complaints } = (await loadSettings(ctx.knex)).thresholds;
  const series = top(seriesOf(rows), by === 'destination');
  const names =
    by === 'campaign'
      ? await campaignNames(
          ctx.knex,
          series.map(({ key }) => key),
        )
      : new Map();
  const madeAt = await ratesMadeAt(ctx.knex, since - STILL_COMING);
  return {
    by,
    lines: {
      bounceWarn: hardBounces.warn,
      bouncePause: hardBounces.pause,
      complaintWarn: complaints.warn,
      complaintPause: complaints.pause,
    },
    series: series.map((one) => ({ ...one, label: names.get(one.key)?.name ?? one.key })),
    total: sum(rows),
    asOf: madeAt === null ? null : new Date(madeAt).toISOString(),
  };
}

/** The state of each listener, mailbox and webhook that is configured or was heard of. */
export async function feedbackSources(
  ctx: Pick<Context, 'knex' | 'config' | 'publicUrl'>,
): Promise<FeedbackSourceDto[]> {
  const { bounce } = ctx.config;
  const configured = [
    ...(bounce.listener ? [{ way: 'listener' as const, name: LISTENER }] : []),
    ...bounce.mailboxes.map(({ name }) => ({ way: 'mailbox' as const, name })),
    ...webhookProviders(ctx.config).map((name) => ({ way: 'webhook' as const, name })),
  ];
  const known = await readSources(ctx.knex);
  const now = Date.now();
  const key = (one: { way: string; name: string }) => `${one.way} ${one.name}`;
  const all = new Map([...configured, ...known].map((one) => [key(one), { way: one.way, name: one.name }]));
  return [...all.values()].flatMap(({ way, name }) => {
    if (way === 'relay') return [];
    const found = known.find((one) => key(one) === key({ way, name }));
    // A provider tells of nothing for weeks while nothing is sent.
    const silentMs = way === 'webhook' ? Infinity : silentAfter(ctx.config, way, name);
    return [
      {
        way,
        name,
        configured: configured.some((one) => key(one) === key({ way, name })),
        state: stateOfSource(found, silentMs, now),
        lastSeenAt: iso(found?.lastSeenAt),
        lastError: found?.lastError ?? null,
        lastErrorAt: iso(found?.lastErrorAt),
        lastRefusal: found?.lastRefusal ?? null,
        lastRefusalAt: iso(found?.lastRefusalAt),
        taken: found?.taken ?? 0,
        ignored: found?.ignored ?? 0,
        refused: found?.refused ?? 0,
        url: way === 'webhook' ? `${ctx.publicUrl}/api/newsletter/feedback/${name}` : null,
      } satisfies FeedbackSourceDto,
    ];
  });
}

const iso = (at: number | null | undefined) => (at ? new Date(at).toISOString() : null);

const running = new WeakMap<object, Promise<void>>();

/** Makes counts anew that are old. One at a time in a process; a failure is told and leaves the counts as they were. */
function refresh(ctx: RateContext, now: number): Promise<void> {
  const known = running.get(ctx.knex);
  if (known) return known;
  const work = count(ctx, now)
    .catch((error: Error) => ctx.log.warn(`newsletter: rates could not be counted: ${error.message}`))
    .finally(() => running.delete(ctx.knex));
  running.set(ctx.knex, work);
  return work;
}

async function count(ctx: RateContext, now: number): Promise<void> {
  const ids = await campaignsToCount(ctx.knex, {
    startedSince: now - 366 * DAY,
    endedSince: now - STILL_COMING,
    madeBefore: now - FRESH_FOR,
  });
  for (const id of ids) await countCampaign(ctx, id);
}

async function countCampaign(ctx: RateContext, campaignId: string): Promise<void> {
  const at = Date.now();
  const sender = (await loadRun(ctx, campaignId))?.snapshot.sender.email.split('@').at(-1) ?? '';
  const days = new Map<string, DestinationDay>();
  const add = (email: string, settledAt: number, part: keyof RateCounts) => {
    const destination = email.slice(email.lastIndexOf('@') + 1);
    const day = Math.floor(settledAt / DAY);
    const key = `${destination} ${day}`;
    const known = days.get(key) ?? { destination, day, ...NOTHING };
    known[part] += 1;
    days.set(key, known);
  };
  for (const state of ['accepted', 'bounced', 'failed'] as const) {
    for (let afterId = 0; ; ) {
      const rows = await settledDeliveries(ctx.knex, campaignId, state, afterId, PIECE);
      for (const { email, reason, settledAt } of rows) {
        const part = partOf(state, reason);
        if (part) add(email, settledAt, part);
      }
      const last = rows.at(-1);
      if (!last || rows.length < PIECE) break;
      afterId = last.id;
      await new Promise(setImmediate);
    }
  }
  for (const { email, settledAt } of await complainedDeliveries(ctx.knex, campaignId))
    add(email, settledAt, 'complaints');
  await writeDestinationDays(ctx.knex, campaignId, sender, largest([...days.values()]), at);
}

/** Whether a delivery was given up after a refusal for such a reason. */
const isAboutSender = (reason: string | null) =>
  reason !== null && CLASS_SEVERITY[reason as ReplyClass] === 'block';

/** What a settled delivery says; null: no receiver said anything, as of a mail that could not be made. */
function partOf(state: 'accepted' | 'bounced' | 'failed', reason: string | null): keyof RateCounts | null {
  if (state === 'accepted') return 'accepted';
  if (isSoft(reason)) return 'soft';
  if (state === 'failed') return isAboutSender(reason) ? 'block' : null;
  return reason === 'invalid' ? 'hard' : 'block';
}

const NOTHING: RateCounts = { accepted: 0, hard: 0, soft: 0, block: 0, complaints: 0 };
const recipients = ({ accepted, hard, soft, block }: RateCounts) => accepted + hard + soft + block;

/** The rows of the largest destinations; all others as the destination ''. */
function largest(rows: readonly DestinationDay[]): DestinationDay[] {
  const totals = new Map<string, number>();
  for (const row of rows) totals.set(row.destination, (totals.get(row.destination) ?? 0) + recipients(row));
  const kept = new Set(
    [...totals]
      .sort(([, a], [, b]) => b - a)
      .slice(0, DESTINATIONS)
      .map(([name]) => name),
  );
  const days = new Map<string, DestinationDay>();
  for (const row of rows) {
    const destination = kept.has(row.destination) ? row.destination : '';
    const key = `${destination} ${row.day}`;
    const known = days.get(key) ?? { ...NOTHING, destination, day: row.day };
    addTo(known, row);
    days.set(key, known);
  }
  return [...days.values()];
}

function addTo(into: RateCounts, from: RateCounts): void {
  for (const part of Object.keys(NOTHING) as (keyof RateCounts)[]) into[part] += from[part];
}

function sum(rows: readonly RateCounts[]): RateCounts {
  const total = { ...NOTHING };
  for (const row of rows) addTo(total, row);
  return total;
}

type Days = (RateCounts & { key: string; day: number })[];

function seriesOf(rows: Days): RateSeries[] {
  const series = new Map<string, RateSeries>();
  for (const { key, day, ...counts } of rows) {
    const one = series.get(key) ?? { key, label: key, ...NOTHING, days: [] };
    addTo(one, counts);
    one.days.push({ ...counts, day: new Date(day * DAY).toISOString().slice(0, 10) });
    series.set(key, one);
  }
  return [...series.values()].sort((a, b) => recipients(b) - recipients(a));
}

/** @param rest whether what is left out goes into a series of its own */
function top(series: RateSeries[], rest: boolean): RateSeries[] {
  const named = series.filter(({ key }) => key !== '');
  const shown = named.slice(0, SERIES);
  if (!rest) return shown;
  const others = [...named.slice(SERIES), ...series.filter(({ key }) => key === '')];
  if (others.length === 0) return shown;
  const days = new Map<string, RateSeries['days'][number]>();
  for (const { day, ...counts } of others.flatMap((one) => one.days)) {
    const known = days.get(day) ?? { ...NOTHING, day };
    addTo(known, counts);
    days.set(day, known);
  }
  const sorted = [...days.values()].sort((a, b) => (a.day < b.day ? -1 : 1));
  return [...shown, { key: '', label: '', ...sum(others), days: sorted }];
}
