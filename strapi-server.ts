export { default } from './server/src';
export type { NewsletterConfigInput as NewsletterConfig } from './server/src/config';
export type {
  BlockNode,
  BlockRenderer,
  EntryRenderer,
  NewsletterApi,
  RenderedEntry,
  SubscribeOptions,
} from './server/src/services';
export type {
  AttributeDeclarationInput,
  CampaignEvent,
  CampaignInput,
  NewsletterEvents,
  ScheduleInput,
  SubscriberEvent,
} from './shared/contracts';
