import type { CampaignState, DeliveryState } from '../../../../shared/contracts';

// The lists of the contract, without the schema library that importing their values would bring into the panel.
// `Record` makes the compiler ask for each state.
const CAMPAIGN: Record<CampaignState, true> = {
  draft: true,
  scheduled: true,
  sending: true,
  paused: true,
  sent: true,
  cancelled: true,
};
const DELIVERY: Record<DeliveryState, true> = {
  queued: true,
  deferred: true,
  accepted: true,
  bounced: true,
  failed: true,
  skipped: true,
  in_doubt: true,
};

export const CAMPAIGN_STATES = Object.keys(CAMPAIGN) as CampaignState[];
export const DELIVERY_STATES = Object.keys(DELIVERY) as DeliveryState[];
