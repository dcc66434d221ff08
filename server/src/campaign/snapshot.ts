import type { Sender, Settings } from '../../../shared/contracts';
import { resolveAudience, type AudienceProblem } from '../audience';
import type { CampaignSnapshot } from '../compose';
import type { Context } from '../context';
import { findSender, loadSettings } from '../settings';
import { findCampaign, findContents, findList, findTemplateById, type CampaignRecord } from '../storage';
import { campaignNotFound } from './errors';

/** A campaign as an editor left it, with all that scheduling would copy. Incomplete things are null. */
export interface Draft {
  campaign: CampaignRecord;
  settings: Settings;
  sender: Sender | null;
  /** The template's HTML; null when the campaign has none. */
  templateHtml: string | null;
  /** True when the campaign names a template that does not exist any more. */
  templateMissing: boolean;
  /** What is wrong with the segments of the audience. */
  audienceProblems: AudienceProblem[];
  /**
   * What would be sent, as far as it can be said: without a sender it has an empty one, and segments that are gone are
   * left out of its audience.
   */
  snapshot: CampaignSnapshot;
}

const NO_SENDER: Sender = { id: '', name: '', email: '' };

/** @throws CampaignError 404 */
export async function loadDraft(ctx: Context, id: string): Promise<Draft> {
  const campaign = await findCampaign(ctx.knex, id);
  if (!campaign) throw campaignNotFound(id);
  const settings = await loadSettings(ctx.knex);
  const template = campaign.template ? await findTemplateById(ctx.knex, campaign.template) : null;
  const sender = findSender(settings, campaign.sender);
  const { audience, problems } = await resolveAudience(ctx.knex, campaign.audience);
  return {
    campaign,
    settings,
    sender,
    templateHtml: template?.html ?? null,
    templateMissing: campaign.template !== null && template === null,
    audienceProblems: problems,
    snapshot: {
      campaignId: id,
      name: campaign.name,
      version: 0,
      sender: sender ?? NO_SENDER,
      contents: await findContents(ctx.knex, id, campaign.defaultLanguage),
      defaultLanguage: campaign.defaultLanguage,
      templateHtml: template?.html ?? null,
      brand: settings.brand,
      tracking: {
        opens: campaign.trackOpens && settings.tracking.opens,
        clicks: campaign.trackClicks && settings.tracking.clicks,
      },
      audience,
      list: await namedList(ctx, campaign.audience.include.lists),
      pacePerHour: campaign.pacePerHour,
      priority: campaign.priority,
      publicUrl: ctx.publicUrl,
    },
  };
}

/** The first included list that exists: List-Id and the footer name it. */
async function namedList(ctx: Context, ids: readonly string[]): Promise<CampaignSnapshot['list']> {
  for (const id of ids) {
    const list = await findList(ctx.knex, id);
    if (list) return { name: list.name, slug: list.slug };
  }
  return { name: '', slug: 'newsletter' };
}
