export { startInbound, type Inbound } from './inbound';
export { LISTENER } from './inbound/listener';
export { isMachine, type Visit } from './machine';
export { recordClick, recordOpen, type Visitor } from './tracking';
export { parseReport, type OurMarks, type ParsedReport, type ReportRecipient } from './report';
export {
  takeFeedback,
  discardFeedback,
  releaseFeedback,
  MAX_UNMATCHED,
  type FeedbackItem,
  type FeedbackResult,
} from './act';
export {
  genericBodySchema,
  maxWebhookOctets,
  noteRefusal,
  receiveWebhook,
  WebhookRefusal,
  webhookProviders,
  type Outside,
  type WebhookRequest,
} from './webhooks';
