export { maxWebhookOctets, noteRefusal, receiveWebhook, webhookProviders } from './receive';
export { genericBodySchema } from './generic';
export { WebhookRefusal, type Outside, type WebhookRequest } from './types';
