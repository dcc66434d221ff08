import { isDeepStrictEqual } from 'node:util';
import type { Knex } from 'knex';
import type { CampaignContent, PreflightItem, ScheduleInput } from '../../../shared/contracts';
import { extractLinks, preflight, type CampaignSnapshot } from '../compose';
import { countAudience } from '../audience';
import { checkDomains } from '../config';
import type { Context } from '../context';
import {
  ensureLinks,
  findContents,
  findRun,
  inTransaction,
  lockCampaign,
  lockRun,
  writeRun,
  type CampaignRecord,
  type RunRecord,
} from '../storage';
import { announce } from './announce';
import { CampaignError, campaignNotFound, type CampaignErrorCode } from './errors';
import { checkSegments } from './check-segments';
import { mendCampaigns } from './mend';
import { moveOrRefuse } from './moves';
import { loadDraft, type Draft } from './snapshot';
import { isAllowed, refusal } from './states';
import { timeOf } from './timing-schedule';

/**
 * Schedules a draft: checks it, takes a copy of content, template, sender, brand and audience, and registers the
 * links. What is edited afterwards does not change what is sent.
 * @returns when it starts (milliseconds since 1970) and the version of its run
 * @throws CampaignError 404; 409 when it is no draft or was sent before; 400 for a time that cannot be, or for what
 *   preflight blocks (`items` has the findings)
 */
export async function schedule(
  ctx: Context,
  id: string,
  input: ScheduleInput,
): Promise<{ at: number; version: number }> {
  try {
    return await scheduleDraft(ctx, id, input);
  } catch (error) {
    // Only imported data can have made a draft of it: the row says so from now on.
    if (error instanceof CampaignError && SECOND_RUN.includes(error.code)) await mendCampaigns(ctx);
    throw error;
  }
}

async function scheduleDraft(
  ctx: Context,
  id: string,
  input: ScheduleInput,
): Promise<{ at: number; version: number }> {
  const draft = await loadDraft(ctx, id);
  if (!isAllowed('schedule', draft.campaign.state)) {
    throw new CampaignError('wrong-state', 409, refusal('schedule', draft.campaign.state));
  }
  refuseSecondRun(await findRun(ctx.knex, id));
  const { startAt: at, timezone, timing, plan } = await timeOf(ctx, draft.campaign, input);
  refuseBlocked([...(await checkDraft(ctx, draft, at)), ...plan.problems]);
  const urls = draft.snapshot.tracking.clicks ? extractLinks(draft.snapshot) : [];
  await ensureLinks(ctx.knex, id, urls);
  const version = await inTransaction(ctx.knex, async (trx) => {
    const campaign = await lockCampaign(trx, id);
    // Again under the lock, since another call may have scheduled it and sending may have begun meanwhile.
    refuseSecondRun(await lockRun(trx, id));
    const contents = await findContents(trx, id, draft.campaign.defaultLanguage);
    if (!campaign) throw campaignNotFound(id);
    if (changed(draft, campaign, contents)) {
      throw new CampaignError(
        'changed-meanwhile',
        409,
        'Somebody changed this campaign while it was being scheduled. Look at it again, then schedule it.',
      );
    }
    await moveOrRefuse(trx, 'schedule', id, { scheduledAt: at, timezone, reason: null });
    return writeSnapshot(trx, timing ? { ...draft.snapshot, timing } : draft.snapshot, at);
  });
  await announce(ctx, 'campaign-scheduled', id);
  return { at, version };
}

/** What preflight finds in a campaign as it stands, blocking findings first. @throws CampaignError 404 */
export async function preflightCampaign(ctx: Context, id: string): Promise<PreflightItem[]> {
  return checkDraft(ctx, await loadDraft(ctx, id));
}

/** @param at when it would be sent: relative dates of segments count from there */
async function checkDraft(ctx: Context, draft: Draft, at = Date.now()): Promise<PreflightItem[]> {
  const audience = await countAudience(ctx, draft.snapshot.audience, at);
  const items = preflight({ ...ctx, domainProblems: checkDomains(ctx) }, draft, audience);
  items.push(...(await checkSegments(ctx.knex, draft, at)));
  return items.sort((a, b) => Number(a.level === 'warning') - Number(b.level === 'warning'));
}

const SECOND_RUN: CampaignErrorCode[] = ['already-begun', 'already-ended'];

/** @throws CampaignError 409 when the campaign was sent, cancelled or begun before: nobody gets it twice */
function refuseSecondRun(run: RunRecord | null): void {
  if (!run) return;
  const begun = run.frozenCursor > 0 || run.frozenAt !== null;
  if (run.endedAt === null && !begun) return;
  if (run.endedAt === null) {
    throw new CampaignError(
      'already-begun',
      409,
      'A part of this campaign has been sent already, so it is paused now. Resume it to send the rest, or cancel it.',
    );
  }
  const day = new Date(run.endedAt).toISOString().slice(0, 10);
  throw new CampaignError(
    'already-ended',
    409,
    `This campaign was ${run.endedAs ?? 'cancelled'} on ${day} (UTC), so it cannot be sent again. Duplicate it to send its content once more.`,
  );
}

/** @throws CampaignError 400 with the blocking findings, sentence by sentence */
function refuseBlocked(items: PreflightItem[]): void {
  const blocking = items.filter((item) => item.level === 'blocking');
  if (blocking.length === 0) return;
  throw new CampaignError('preflight', 400, blocking.map((item) => item.message).join(' '), items);
}

/** Whether what was checked is still what is stored. */
function changed(draft: Draft, campaign: CampaignRecord, contents: CampaignContent[]): boolean {
  const stored = {
    name: campaign.name,
    audience: campaign.audience,
    defaultLanguage: campaign.defaultLanguage,
    pacePerHour: campaign.pacePerHour,
    timing: campaign.timing,
    contents,
  };
  const { name, defaultLanguage, pacePerHour } = draft.snapshot;
  return !isDeepStrictEqual(stored, {
    name,
    audience: draft.campaign.audience,
    defaultLanguage,
    pacePerHour,
    timing: draft.campaign.timing,
    contents: draft.snapshot.contents,
  });
}

async function writeSnapshot(
  trx: Knex.Transaction,
  draft: CampaignSnapshot,
  startAt: number,
): Promise<number> {
  const { campaignId } = draft;
  const run = await lockRun(trx, campaignId);
  const version = (run?.version ?? 0) + 1;
  await writeRun(trx, { campaignId, version, snapshot: JSON.stringify({ ...draft, version }), startAt });
  return version;
}
