import { z } from 'zod';
import {
  documentIdSchema,
  emailSchema,
  headerTextSchema,
  languageTagSchema,
  pageQuerySchema,
  timezoneSchema,
} from './common';
import type { LeavingReason } from './subscribers';
import { timingSchema, type Timing } from './timing';

export const CAMPAIGN_STATES = ['draft', 'scheduled', 'sending', 'paused', 'sent', 'cancelled'] as const;
export type CampaignState = (typeof CAMPAIGN_STATES)[number];

export const DELIVERY_STATES = [
  'queued',
  'deferred',
  'accepted',
  'bounced',
  'failed',
  'skipped',
  'in_doubt',
] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

const audienceSideSchema = z.strictObject({
  /** documentIds of lists. */
  lists: z.array(documentIdSchema).max(200).default([]),
  /** documentIds of segments. Few, since each brings up to 200 conditions into one statement. */
  segments: z.array(documentIdSchema).max(10).default([]),
});

/** People on any of the included lists or in any of the included segments, and in none of the excluded ones. */
export const audienceSchema = z.strictObject({
  include: audienceSideSchema.prefault({}),
  exclude: audienceSideSchema.prefault({}),
});
export type Audience = z.output<typeof audienceSchema>;

/** One row per variant × language. Campaigns start with one: variant "a" in the default language. */
export const campaignContentSchema = z.strictObject({
  variant: z
    .string()
    .regex(/^[a-z]$/)
    .default('a'),
  language: languageTagSchema,
  /** Handlebars, one line. */
  subject: headerTextSchema.default(''),
  preheader: headerTextSchema.default(''),
  /** Handlebars HTML that goes into the template's content slot, at most 1 MiB. */
  body: z.string().max(1_048_576).default(''),
});
export type CampaignContent = z.output<typeof campaignContentSchema>;

export const CAMPAIGN_PRIORITIES = ['low', 'normal', 'high'] as const;
export type CampaignPriority = (typeof CAMPAIGN_PRIORITIES)[number];

/** POST /newsletter/campaigns, PUT /newsletter/campaigns/:id. All keys optional; only drafts can be changed. */
export const campaignInputSchema = z.strictObject({
  name: z.string().trim().min(1).max(200).optional(),
  /** Id of a sender from Settings. */
  sender: z.string().max(64).nullish(),
  /** documentId of a template; null: the body is the whole mail. */
  template: documentIdSchema.nullish(),
  audience: audienceSchema.optional(),
  defaultLanguage: languageTagSchema.optional(),
  contents: z.array(campaignContentSchema).min(1).max(50).optional(),
  trackOpens: z.boolean().optional(),
  trackClicks: z.boolean().optional(),
  /** Messages per hour at most; null: as fast as transports allow. */
  pacePerHour: z.number().int().min(1).max(100_000_000).nullish(),
  /** Its share when several campaigns are sent at once: `high` gets three times as much as `normal`, `low` a third. */
  priority: z.enum(CAMPAIGN_PRIORITIES).optional(),
  /** Local time, send window and waves; null: none of them. */
  timing: timingSchema.nullish(),
});
export type CampaignInput = z.input<typeof campaignInputSchema>;

/** POST /newsletter/campaigns/:id/schedule. No `at` means now (30 s from now, so that it can be undone). */
export const scheduleSchema = z.strictObject({
  /**
   * An instant (`2026-12-01T09:00:00Z`, `…+09:00`) or a local time without offset (`2026-12-01T09:00`), which is read
   * in `timezone`.
   */
  at: z.string().max(40).optional(),
  /** IANA zone; kept with the campaign. Default UTC. */
  timezone: timezoneSchema.optional(),
});
export type ScheduleInput = z.input<typeof scheduleSchema>;

/** POST /newsletter/campaigns/:id/test */
export const testSendSchema = z.strictObject({
  /** 1–10 addresses. Sent at once, outside the ledger, subject prefixed with [Test]. */
  to: z.array(emailSchema).min(1).max(10),
  /** Whose data fills the mail; sample data by default. */
  subscriber: documentIdSchema.optional(),
  language: languageTagSchema.optional(),
});
export type TestSendInput = z.input<typeof testSendSchema>;
export interface TestSendResult {
  results: { to: string; ok: boolean; message: string }[];
}

/** GET /newsletter/campaigns/:id/preview?subscriber=&language= */
export const previewQuerySchema = z.object({
  subscriber: documentIdSchema.optional(),
  language: languageTagSchema.optional(),
  variant: z.string().optional(),
});
export interface PreviewDto {
  subject: string;
  preheader: string;
  from: string;
  to: string;
  html: string;
  text: string;
  /** Short-lived address on which the HTML is served with a CSP of its own; for a sandboxed frame. */
  frameUrl: string;
  /** Set when the Handlebars source has an error: nothing else is filled then. */
  error: TemplateProblem | null;
}

export interface TemplateProblem {
  where: 'subject' | 'preheader' | 'body' | 'template';
  language: string;
  message: string;
  line: number | null;
  column: number | null;
}

/** One finding before sending. `blocking` ones refuse scheduling. */
export interface PreflightItem {
  /** Stable id such as no-subject, no-sender, no-recipients, public-url, template-error, no-unsubscribe. */
  id: string;
  level: 'blocking' | 'warning';
  /** Numbers and names for the translated sentence. */
  values: Record<string, string | number>;
  /** English sentence that says what is wrong and what to do. */
  message: string;
}

/** GET /newsletter/campaigns/:id/audience → how many would get it now. */
export interface AudienceCount {
  /** Distinct people on the included lists and not on the excluded ones. */
  matched: number;
  /** Of these: not subscribed (pending, unsubscribed, bounced, complained) or on the suppression list. */
  suppressed: number;
  /** Of these: further people with an address already counted. */
  duplicates: number;
  recipients: number;
}

export interface CampaignCounts {
  candidates: number;
  accepted: number;
  bounced: number;
  failed: number;
  skipped: number;
  inDoubt: number;
  /** Queued and deferred. */
  unfinished: number;
}

/** What led to a state, for programs that have words of their own for it: a stable id with its values. */
export interface StateCause {
  /** guard-hard-bounces, no-transport, import-unfinished, …: the panel has a text by each. */
  id: string;
  values: Record<string, string | number>;
}

export interface CampaignSummary {
  documentId: string;
  name: string;
  state: CampaignState;
  /** Sentence for an editor when the state needs one: why it paused by itself, say. */
  stateReason: string | null;
  /** The same for translation; null for what has no id, such as the words of a mail server. */
  stateCause: StateCause | null;
  subject: string;
  scheduledAt: string | null;
  timezone: string | null;
  startedAt: string | null;
  finishedAt: string | null;
  createdAt: string;
  updatedAt: string;
  counts: CampaignCounts;
  opens: number;
  clicks: number;
}

/** GET /newsletter/campaigns/:id */
export interface CampaignDto extends CampaignSummary {
  sender: string | null;
  template: string | null;
  audience: Audience;
  defaultLanguage: string;
  contents: CampaignContent[];
  trackOpens: boolean;
  trackClicks: boolean;
  pacePerHour: number | null;
  priority: CampaignPriority;
  timing: Timing;
}

export const campaignQuerySchema = pageQuerySchema.extend({
  search: z.string().max(200).optional(),
  state: z.enum(CAMPAIGN_STATES).optional(),
  sort: z
    .enum(['createdAt:desc', 'updatedAt:desc', 'name:asc', 'scheduledAt:desc'])
    .default('updatedAt:desc'),
});
export type CampaignQuery = z.input<typeof campaignQuerySchema>;

/** GET /newsletter/campaigns/:id/report */
export interface CampaignReport {
  campaign: CampaignSummary;
  counts: CampaignCounts;
  /** Recipients per reason, for the parts that have reasons. */
  reasons: { state: DeliveryState; reason: string; count: number }[];
  /** Most frequent replies of mail servers, at most 50. */
  replies: {
    code: number | null;
    status: string | null;
    text: string;
    state: DeliveryState;
    count: number;
  }[];
  opens: { people: number; machineOnly: number };
  clicks: { people: number; machineOnly: number };
  unsubscribes: number;
  /** Why, of those who said so, the most frequent reason first. */
  leavingReasons: { reason: LeavingReason; count: number }[];
  complaints: number;
  links: { id: number; url: string; people: number; clicks: number }[];
  /** Messages per second over the last ten seconds, and seconds to go at that speed; null when not sending. */
  speed: { perSecond: number; secondsLeft: number | null } | null;
  /** True while the audience is still being frozen. */
  freezing: boolean;
  /**
   * Recipients whose time has not come, when the next of them are due and when the last ones are: later waves and
   * zones, a closed send window, retries. Null when nobody waits.
   */
  waiting: { count: number; nextAt: string; lastAt: string } | null;
}

/** GET /newsletter/campaigns/:id/deliveries */
export const deliveryQuerySchema = pageQuerySchema.extend({
  state: z.enum(DELIVERY_STATES).optional(),
  reason: z.string().max(40).optional(),
  search: z.string().max(200).optional(),
  event: z.enum(['open', 'click', 'unsubscribe']).optional(),
});
export type DeliveryQuery = z.input<typeof deliveryQuerySchema>;
export interface DeliveryDto {
  id: number;
  email: string;
  subscriber: string;
  state: DeliveryState;
  reason: string | null;
  attempt: number;
  messageId: string;
  reply: { code: number | null; status: string | null; text: string } | null;
  nextAt: string | null;
  settledAt: string | null;
  opened: boolean;
  clicked: boolean;
}
