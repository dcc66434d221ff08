import type { CampaignCounts, CampaignState } from './campaigns';

/**
 * What the plugin announces on Strapi's event hub as `newsletter.<name>`, and so to its webhooks. Announced after the
 * commit, by the process in which it happened; at most once. Imports and erasures announce nobody.
 */
export const NEWSLETTER_EVENTS = [
  'campaign-scheduled',
  'campaign-started',
  'campaign-paused',
  'campaign-resumed',
  'campaign-cancelled',
  'campaign-sent',
  'subscriber-subscribed',
  'subscriber-unsubscribed',
  'subscriber-bounced',
  'subscriber-complained',
] as const;
export type NewsletterEventName = (typeof NEWSLETTER_EVENTS)[number];

/** The name on the event hub and in the header `X-Strapi-Event`: `newsletter.campaign-sent`. */
export const eventId = <N extends NewsletterEventName>(name: N): `newsletter.${N}` => `newsletter.${name}`;

export interface CampaignEvent {
  campaign: {
    documentId: string;
    name: string;
    state: CampaignState;
    /** Why it paused by itself. */
    stateReason: string | null;
    /** ISO 8601, UTC. */
    scheduledAt: string | null;
    startedAt: string | null;
    finishedAt: string | null;
    counts: CampaignCounts;
  };
}

export interface SubscriberEvent {
  subscriber: { documentId: string; email: string };
  /** How it came: one-click, page, preferences, admin, api, confirm, single-opt-in, hard-bounce, soft-bounces, complaint, … */
  via: string;
  /** documentId of the campaign that led to it. */
  campaign: string | null;
}

export type NewsletterEventPayload<N extends NewsletterEventName> = N extends `campaign-${string}`
  ? CampaignEvent
  : SubscriberEvent;

/** Payloads by full event id, for `strapi.eventHub.on`. */
export type NewsletterEvents = {
  [N in NewsletterEventName as `newsletter.${N}`]: NewsletterEventPayload<N>;
};
