import type { Core } from '@strapi/strapi';
import { eventId, NEWSLETTER_EVENTS } from '../../shared/contracts';
import type { Emit } from './context';

/** A worker learns of webhooks that were made in the panel after so long at most. */
const WEBHOOKS_MS = 15_000;

interface Webhook {
  id: string;
  events: string[];
}

/** The parts of Strapi's webhook services that have no types of their own. */
interface WebhookStore {
  addAllowedEvent(key: string, event: string): void;
  findWebhooks(): Promise<Webhook[]>;
}
interface WebhookRunner {
  /** By event. */
  webhooksMap: Map<string, Webhook[]>;
  update(webhook: Webhook): void;
  remove(webhook: Webhook): void;
}

/** Lets webhooks be saved with our events: Strapi refuses those that it does not know. Called by bootstrap. */
export function allowWebhookEvents(strapi: Core.Strapi): void {
  const store: WebhookStore = strapi.get('webhookStore');
  for (const name of NEWSLETTER_EVENTS) {
    store.addAllowedEvent(`NEWSLETTER_${name.toUpperCase().replaceAll('-', '_')}`, eventId(name));
  }
}

/**
 * Announces on Strapi's event hub, to which the project's own listeners and Strapi's webhooks listen. One after the
 * other, so that they arrive in the order in which things happened.
 */
export function createEmitter(strapi: Core.Strapi): Emit {
  const refresh = createRefresher(strapi);
  let last: Promise<unknown> = Promise.resolve();
  return (name, payload) => {
    last = last
      .then(refresh)
      .then(() => strapi.eventHub.emit(eventId(name), payload as unknown as Record<string, unknown>))
      .catch((error: Error) =>
        strapi.log.error(`newsletter: a listener to ${eventId(name)}: ${error.message}`),
      );
  };
}

/**
 * Strapi reads its webhooks at start and keeps them up to date only in the process that answered the panel: other
 * processes, such as workers, look again before they announce.
 */
function createRefresher(strapi: Core.Strapi): () => Promise<void> {
  let readAt = 0;
  return async () => {
    if (Date.now() - readAt < WEBHOOKS_MS) return;
    readAt = Date.now();
    const runner: WebhookRunner = strapi.get('webhookRunner');
    const store: WebhookStore = strapi.get('webhookStore');
    const current = await store.findWebhooks();
    const known = [...runner.webhooksMap.values()].flat();
    for (const webhook of known) {
      if (!current.some(({ id }) => id === webhook.id)) runner.remove(webhook);
    }
    for (const webhook of current) runner.update(webhook);
  };
}
