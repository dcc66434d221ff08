import type { CampaignReport } from '../../../shared/contracts';
import { campaignNotFound } from '../campaign';
import type { Context } from '../context';
import {
  countByMachine,
  countLeavingReasons,
  countLinks,
  countPeopleWith,
  countReasons,
  countReplies,
  findCampaign,
  findRun,
  waitingDeliveries,
} from '../storage';
import { groupReplies } from './replies';
import { forgetSpeed, speedOf } from './speed';
import { campaignSummary } from './summaries';

const REPLIES = 50;
/** Distinct texts that are read before those that mean the same are put together. */
const RAW_REPLIES = 1000;

/** All that is known about what became of a campaign. @throws CampaignError 404 */
export async function campaignReport(ctx: Pick<Context, 'knex'>, id: string): Promise<CampaignReport> {
  const db = ctx.knex;
  const record = await findCampaign(db, id);
  if (!record) throw campaignNotFound(id);
  const campaign = await campaignSummary(db, record);
  const run = await findRun(db, id);
  const sending = record.state === 'sending';
  if (!sending) forgetSpeed(db, id);
  const waiting = run?.endedAt === null ? await waitingDeliveries(db, id, Date.now()) : null;
  const engaged = await countByMachine(db, id);
  return {
    campaign,
    counts: campaign.counts,
    reasons: await countReasons(db, id),
    replies: groupReplies(await countReplies(db, id, RAW_REPLIES), REPLIES),
    opens: engaged.open,
    clicks: engaged.click,
    unsubscribes: await countPeopleWith(db, id, 'unsubscribe'),
    leavingReasons: await countLeavingReasons(db, id),
    complaints: await countPeopleWith(db, id, 'complaint'),
    links: await countLinks(db, id),
    speed: sending ? speedOf(db, id, campaign.counts, Date.now(), waiting !== null) : null,
    freezing: sending && run !== null && run.frozenAt === null,
    waiting: waiting && {
      count: waiting.count,
      nextAt: new Date(waiting.nextAt).toISOString(),
      lastAt: new Date(waiting.lastAt).toISOString(),
    },
  };
}
