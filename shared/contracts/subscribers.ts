import { z } from 'zod';
import { documentIdSchema, emailSchema, languageTagSchema, pageQuerySchema, timezoneSchema } from './common';

export const SUBSCRIBER_STATUSES = [
  'pending',
  'subscribed',
  'unsubscribed',
  'bounced',
  'complained',
] as const;
export type SubscriberStatus = (typeof SUBSCRIBER_STATUSES)[number];

/** Why somebody left, as the unsubscribe page asks; nobody has to say. */
export const LEAVING_REASONS = ['too-often', 'not-relevant', 'never-subscribed', 'other'] as const;
export type LeavingReason = (typeof LEAVING_REASONS)[number];

/** Characters that somebody who leaves may write about it; what is longer is cut. */
export const LEAVING_NOTE_MAX = 500;

/** What somebody who left said about it. */
export interface LeavingWords {
  reason: LeavingReason | null;
  /** In their own words, on one line; goes when the person is erased or deleted. */
  note: string | null;
}

/**
 * What somebody leaves with a mail: everything, or the lists that its campaign was sent to. Leaving the last list, and a
 * mail that went to segments alone, is leaving everything.
 */
export const LEAVING_SCOPES = ['everything', 'lists'] as const;
export type LeavingScope = (typeof LEAVING_SCOPES)[number];

/** GET /newsletter/subscribers */
export const subscriberQuerySchema = pageQuerySchema.extend({
  search: z.string().max(200).optional(),
  status: z.enum(SUBSCRIBER_STATUSES).optional(),
  list: documentIdSchema.optional(),
  segment: documentIdSchema.optional(),
  /** How they came to their status: one-click, page, mailto, provider, hard-bounce, … */
  way: z
    .string()
    .regex(/^[a-z-]{1,32}$/, 'is no way of leaving')
    .optional(),
  sort: z
    .enum(['email:asc', 'email:desc', 'createdAt:asc', 'createdAt:desc', 'statusChangedAt:desc'])
    .default('createdAt:desc'),
});
export type SubscriberQuery = z.input<typeof subscriberQuerySchema>;

/** POST /newsletter/subscribers, PUT /newsletter/subscribers/:id (all keys optional there). */
export const subscriberInputSchema = z.strictObject({
  email: emailSchema,
  firstName: z.string().max(200).nullish(),
  lastName: z.string().max(200).nullish(),
  language: languageTagSchema.nullish(),
  timezone: timezoneSchema.nullish(),
  attributes: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).nullish(),
  /** documentIds of the lists the person is on; on update, the whole new set. */
  lists: z.array(documentIdSchema).max(200).optional(),
  /** Create only: the editor states that this person agreed; recorded as consent with source "admin". */
  consent: z.literal(true).optional(),
});
export type SubscriberInput = z.input<typeof subscriberInputSchema>;

/** POST /newsletter/subscribers/bulk */
export const subscriberBulkSchema = z.discriminatedUnion('action', [
  z.strictObject({
    action: z.literal('add-to-list'),
    ids: z.array(documentIdSchema).min(1).max(1000),
    list: documentIdSchema,
  }),
  z.strictObject({
    action: z.literal('remove-from-list'),
    ids: z.array(documentIdSchema).min(1).max(1000),
    list: documentIdSchema,
  }),
  z.strictObject({ action: z.literal('unsubscribe'), ids: z.array(documentIdSchema).min(1).max(1000) }),
  z.strictObject({ action: z.literal('delete'), ids: z.array(documentIdSchema).min(1).max(1000) }),
]);
export type SubscriberBulk = z.input<typeof subscriberBulkSchema>;

export interface SubscriberDto {
  documentId: string;
  email: string;
  firstName: string | null;
  lastName: string | null;
  status: SubscriberStatus;
  /** Why the status is what it is: one-click, page, preferences, mailto, provider, admin, hard-bounce, … */
  statusReason: string | null;
  /** The campaign that led to it, when there is one. */
  statusCampaign: { documentId: string; name: string } | null;
  statusChangedAt: string | null;
  /** Of somebody who unsubscribed and said why. */
  leaving: LeavingWords | null;
  language: string | null;
  timezone: string | null;
  attributes: Record<string, string | number | boolean | null>;
  source: string | null;
  createdAt: string;
  confirmedAt: string | null;
  lastSentAt: string | null;
  lastOpenedAt: string | null;
  lastClickedAt: string | null;
  lists: SubscriptionDto[];
  /** Set when the address is on the suppression list. */
  suppression: { reason: string; since: string } | null;
}

export interface SubscriptionDto {
  list: { documentId: string; name: string; slug: string };
  status: 'pending' | 'subscribed' | 'unsubscribed';
  source: string | null;
  consentedAt: string | null;
  consentIp: string | null;
  wordingVersion: string | null;
  /** How, when and because of which campaign it ended; null while it has not. */
  ended: { at: string; via: string; campaign: { documentId: string; name: string } | null } | null;
}

/** GET /newsletter/subscribers/counts → people by status, and all. */
export type SubscriberCounts = Record<SubscriberStatus | 'all', number>;

/** GET /newsletter/subscribers/:id/timeline → newest first, at most 200. */
export interface TimelineEntry {
  at: string;
  /** consent log: requested, confirmed, unsubscribed, added, …; delivery: accepted, bounced, …; event: open, click, … */
  type: string;
  campaign: { documentId: string; name: string } | null;
  list: { documentId: string; name: string } | null;
  detail: string | null;
  /** Of an unsubscribe, if the person said why. */
  leaving: LeavingWords | null;
  machine: boolean;
}
