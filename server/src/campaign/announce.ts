import type { NewsletterEventName } from '../../../shared/contracts';
import type { Context } from '../context';
import { countDeliveries, findCampaign, isoTime } from '../storage';

type CampaignEventName = Extract<NewsletterEventName, `campaign-${string}`>;

/** Announces what became of a campaign, with its numbers. Called after the commit; a failure to tell fails nothing. */
export async function announce(
  ctx: Pick<Context, 'knex' | 'emit' | 'log'>,
  name: CampaignEventName,
  id: string,
): Promise<void> {
  try {
    const campaign = await findCampaign(ctx.knex, id);
    if (!campaign) return;
    const counts = (await countDeliveries(ctx.knex, [id])).get(id)!;
    const { documentId, state, stateReason } = campaign;
    ctx.emit(name, {
      campaign: {
        documentId,
        name: campaign.name,
        state,
        stateReason,
        scheduledAt: isoTime(campaign.scheduledAt),
        startedAt: isoTime(campaign.startedAt),
        finishedAt: isoTime(campaign.finishedAt),
        counts,
      },
    });
  } catch (error) {
    ctx.log.warn(`newsletter: ${name} of campaign ${id} could not be announced: ${(error as Error).message}`);
  }
}
