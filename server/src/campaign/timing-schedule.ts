import { DateTime } from 'luxon';
import type { ScheduleInput, Timing, TimingPlan } from '../../../shared/contracts';
import { audienceZones, resolveAudience } from '../audience';
import type { RunTiming } from '../compose';
import type { Context } from '../context';
import { delayWave, findCampaign, findRun, pendingWaves, type CampaignRecord } from '../storage';
import type { Knex } from 'knex';
import { CampaignError, campaignNotFound } from './errors';
import { loadRun } from './run';
import { startTime, UNDO_MS } from './start-time';
import { nextWave } from './timing';
import { planTiming } from './timing-plan';

/** What scheduling decides about time. */
export interface ScheduledTime {
  startAt: number;
  timezone: string;
  /** Undefined: everybody is due at the start. */
  timing: RunTiming | undefined;
  plan: TimingPlan;
}

/**
 * When a campaign would start and how it would go on.
 * @throws CampaignError 400 for a time that cannot be, or local times without a time
 */
export async function timeOf(
  ctx: Context,
  campaign: CampaignRecord,
  input: ScheduleInput,
): Promise<ScheduledTime> {
  const now = Date.now();
  const { at, timezone } = startTime(input, now);
  if (campaign.timing.localTime && input.at === undefined) {
    throw new CampaignError(
      'timing',
      400,
      'Sending at the same local time needs a date and a time. Choose them, or send to everybody at once.',
    );
  }
  const timing: RunTiming = { ...campaign.timing, timezone, wallTime: wallTime(input, at, timezone) };
  const { audience } = await resolveAudience(ctx.knex, campaign.audience);
  const { startAt, plan } = planTiming({
    timing,
    at,
    zones: await audienceZones(ctx, audience, at),
    pacePerHour: campaign.pacePerHour,
    now,
    undoMs: UNDO_MS,
  });
  return { startAt, timezone, timing: isTimed(campaign.timing) ? timing : undefined, plan };
}

/** What a timing would mean if the campaign were scheduled so now; of one that is scheduled, what it means. */
export async function timingPlan(ctx: Context, id: string, input: ScheduleInput): Promise<TimingPlan> {
  const campaign = await findCampaign(ctx.knex, id);
  if (!campaign) throw campaignNotFound(id);
  if (campaign.state === 'draft') return (await timeOf(ctx, campaign, input)).plan;
  const run = await loadRun(ctx, id);
  const record = await findRun(ctx.knex, id);
  if (!run || !record) throw campaignNotFound(id);
  const { snapshot } = run;
  const timing = snapshot.timing ?? {
    ...campaign.timing,
    timezone: campaign.timezone ?? 'UTC',
    wallTime: null,
  };
  const { plan } = planTiming({
    timing,
    at: record.startAt,
    zones: await audienceZones(ctx, snapshot.audience, record.startAt),
    pacePerHour: snapshot.pacePerHour,
    // As it was when it was scheduled: nothing has passed then.
    now: record.startAt,
    undoMs: 0,
  });
  return plan;
}

/**
 * After a pause, waves that came due meanwhile would all go out at once: the first of them does, and those after it
 * follow as far apart as they were meant to.
 */
export async function spaceWaves(
  db: Knex,
  campaignId: string,
  timing: RunTiming,
  now: number,
): Promise<void> {
  const pending = await pendingWaves(db, campaignId);
  for (const zone of new Set(pending.map((wave) => wave.zone))) {
    const waves = pending.filter((wave) => wave.zone === zone);
    if (waves.filter((wave) => wave.nextAt <= now).length < 2) continue;
    let { wave: number } = waves[0]!;
    let due = now;
    for (const { wave } of waves.slice(1)) {
      for (; number < wave; number++) due = nextWave(timing, zone, due);
      await delayWave(db, campaignId, { zone, wave, nextAt: due });
    }
  }
}

const isTimed = ({ localTime, window, waves }: Timing) => localTime || window !== null || waves !== null;

function wallTime(input: ScheduleInput, at: number, zone: string): string | null {
  if (input.at === undefined) return null;
  return DateTime.fromMillis(at, { zone }).toISO({
    includeOffset: false,
    suppressSeconds: true,
    suppressMilliseconds: true,
  });
}
