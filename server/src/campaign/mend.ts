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
      `newsletter: campaign ${stray.campaignId} was ${stray.state}, is ${to} now: ${stamp.reason?.sentence}`,
    );
  }
}

function verdict({ state, run }: StrayCampaign): { to: CampaignState; stamp: CampaignStamp } {
  if (!run && state === 'scheduled') {
    return {
      to: 'draft',
      stamp: {
        scheduledAt: null,
        reason: {
          sentence: 'The schedule was lost when data was imported. Check the campaign and schedule it again.',
          cause: { id: 'import-schedule-lost', values: {} },
        },
      },
    };
  }
  if (!run) {
    return {
      to: 'cancelled',
      stamp: {
        finishedAt: Date.now(),
        reason: {
          sentence:
            'This campaign came with imported data, without the record of who got it. It cannot be continued here; duplicate it to send it again.',
          cause: { id: 'import-no-record', values: {} },
        },
      },
    };
  }
  if (run.endedAt !== null) {
    const ended = run.endedAs ?? 'cancelled';
    return {
      to: ended,
      stamp: {
        finishedAt: run.endedAt,
        reason: {
          sentence: `Imported data said "${state}", but this campaign was ${ended} before. It is not sent again.`,
          cause: { id: 'import-ended', values: { state, ended } },
        },
      },
    };
  }
  return {
    to: 'paused',
    stamp: {
      reason: {
        sentence: `Imported data said "${state}", but a part of this campaign has been sent. Resume it to send the rest, or cancel it.`,
        cause: { id: 'import-unfinished', values: { state } },
      },
    },
  };
}
