import type { CampaignState } from '../../../shared/contracts';
import type { Context } from '../context';
import { strayCampaigns, swapState, type CampaignStamp, type StrayCampaign } from '../storage';

/**
 * `strapi import` replaces the campaigns by those of the archive, while runs and deliveries stay: an old row can say
 * "scheduled" of a campaign that was sent long ago. The run decides, and the row is brought in line with it, so that
 * nobody gets the campaign again.
 */
export async function mendCampaigns(ctx: Context): Promise<void> {
  for (const stray of await strayCampaigns(ctx.knex)) {
    const { to, stamp } = verdict(stray);
    if (!(await swapState(ctx.knex, stray.campaignId, [stray.state], to, stamp))) continue;
    ctx.log.warn(
      `newsletter: campaign ${stray.campaignId} was ${stray.state}, is ${to} now: ${stamp.stateReason}`,
    );
  }
}

function verdict({ state, run }: StrayCampaign): { to: CampaignState; stamp: CampaignStamp } {
  if (!run && state === 'scheduled') {
    return {
      to: 'draft',
      stamp: {
        scheduledAt: null,
        stateReason:
          'The schedule was lost when data was imported. Check the campaign and schedule it again.',
      },
    };
  }
  if (!run) {
    return {
      to: 'cancelled',
      stamp: {
        finishedAt: Date.now(),
        stateReason:
          'This campaign came with imported data, without the record of who got it. It cannot be continued here; duplicate it to send it again.',
      },
    };
  }
  if (run.endedAt !== null) {
    return {
      to: run.endedAs ?? 'cancelled',
      stamp: {
        finishedAt: run.endedAt,
        stateReason: `Imported data said "${state}", but this campaign was ${run.endedAs ?? 'cancelled'} before. It is not sent again.`,
      },
    };
  }
  return {
    to: 'paused',
    stamp: {
      stateReason: `Imported data said "${state}", but a part of this campaign has been sent. Resume it to send the rest, or cancel it.`,
    },
  };
}
