export { default } from './server/src';
export type { NewsletterConfigInput as NewsletterConfig } from './server/src/config';
export type { NewsletterApi, SubscribeOptions } from './server/src/services';
export type { CampaignInput, ScheduleInput } from './shared/contracts';
