import { z } from 'zod';
import { documentIdSchema, emailSchema } from './common';
import type { Reason, ReplyClass, Severity } from './reasons';

/**
 * Why an address gets nothing, weakest first: a stronger reason replaces a weaker one, never the other way round.
 * `complaint` and `manual` are for ever; the others end with a confirmed double opt-in.
 */
export const SUPPRESSION_REASONS = [
  'sunset',
  'hygiene',
  'soft-bounces',
  'hard-bounce',
  'erased',
  'unsubscribed',
  'manual',
  'complaint',
] as const;
export type SuppressionReason = (typeof SUPPRESSION_REASONS)[number];

/** Id of an entry: the keyed hash of its address, 32 hex digits. */
export const addressHashSchema = z.string().regex(/^[0-9a-f]{32}$/);

/** Lists that grow without end are read by key: `next` goes into `after` of the next call; null: nothing follows. */
export interface Keyed<T> {
  results: T[];
  next: string | null;
}

const keyedQuerySchema = z.object({
  /** `next` of the answer before; opaque. */
  after: z.string().max(100).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(50),
});

/**
 * GET /newsletter/suppressions → Keyed<SuppressionDto>, newest first. `search`: a whole address finds its entry
 * also when nobody with it is known any more; a part of one finds those whose address is known.
 */
export const suppressionQuerySchema = keyedQuerySchema.extend({
  search: z.string().trim().max(320).optional(),
  reason: z.enum(SUPPRESSION_REASONS).optional(),
});
export type SuppressionQuery = z.input<typeof suppressionQuerySchema>;

export interface SuppressionDto {
  /** Keyed hash of the address. */
  id: string;
  /** Null: only its hash is kept, as for people who were deleted. */
  email: string | null;
  /** documentId of the subscriber with this address. */
  subscriber: string | null;
  reason: SuppressionReason;
  /** What the receiver said, or the note of the person who added it. */
  detail: string | null;
  since: string;
  campaign: { documentId: string; name: string } | null;
  /** Id of the feedback that led to it: GET /newsletter/feedback/:id. Null: a refusal during sending, or a person. */
  feedback: number | null;
  /** Name of the admin who added it, or let the held report behind it count; null: the plugin did. */
  addedBy: string | null;
}

/** An entry that is no more. */
export interface PastSuppression {
  reason: SuppressionReason;
  detail: string | null;
  since: string;
  feedback: number | null;
  addedBy: string | null;
  endedAt: string;
  /** `replaced`: by a stronger reason. */
  endedAs: 'lifted' | 'replaced';
  /** The admin; null: the plugin, or the person themselves by double opt-in. */
  endedBy: string | null;
  note: string | null;
}

/** GET /newsletter/suppressions/:id. `entry` null: it was lifted. `evidence`: the report behind it. */
export interface SuppressionDetail {
  entry: SuppressionDto | null;
  /** Newest first. */
  history: PastSuppression[];
  evidence: FeedbackDto | null;
}

/** GET /newsletter/suppressions/counts */
export type SuppressionCounts = Record<SuppressionReason | 'all', number>;

/** POST /newsletter/suppressions → { added: number }: as `manual`; an entry with the same or a stronger reason stays. */
export const suppressionAddSchema = z.strictObject({
  email: emailSchema,
  note: z.string().trim().max(300).optional(),
});
export type SuppressionAdd = z.input<typeof suppressionAddSchema>;

/**
 * POST /newsletter/suppressions/lift → { lifted: number }. Who bounced is subscribed again if they had been so before. Who
 * unsubscribed stays so; who complained becomes unsubscribed: only they themselves come back, by double opt-in.
 */
export const suppressionLiftSchema = z.strictObject({
  ids: z.array(addressHashSchema).min(1).max(500),
  /** Why; kept in the history. */
  note: z.string().trim().min(1).max(300),
});
export type SuppressionLift = z.input<typeof suppressionLiftSchema>;

/**
 * POST /newsletter/suppressions/import: multipart, field `file`, CSV of at most 10 MiB with a header row. Columns `email`
 * (or the first one), `reason` (default `manual`; words of other products such as bounced, complaint, unsubscribe are
 * understood) and `note`. GET /newsletter/suppressions/export gives such a file.
 */
export interface SuppressionImportResult {
  rows: number;
  added: number;
  /** Was there with the same or a stronger reason. */
  known: number;
  /** The first 100 rows that are no address or have an unknown reason. */
  invalid: { line: number; value: string; message: string }[];
  invalidCount: number;
}

/** What the whole message says. `not-spam`: a complaint taken back (RFC 5965 §3.1), which changes nothing. */
export const FEEDBACK_KINDS = [
  'bounce',
  'complaint',
  'delivered',
  'delayed',
  'unsubscribe',
  'auto-reply',
  'not-spam',
] as const;
export type FeedbackKind = (typeof FEEDBACK_KINDS)[number];

/** By which way something came in. `relay`: what a mail server said while we sent. */
export const FEEDBACK_WAYS = ['listener', 'mailbox', 'webhook', 'relay'] as const;
export type FeedbackWay = (typeof FEEDBACK_WAYS)[number];

/**
 * `applied`: it did something. `duplicate`: its delivery had its effect before. `unmatched`: it cannot be proven to be
 * about a mail of ours. `held`: waits for a person. `ignored`: needs no effect. `discarded`: a person put it away.
 */
export const FEEDBACK_RESULTS = [
  'applied',
  'duplicate',
  'unmatched',
  'held',
  'ignored',
  'discarded',
] as const;
export type FeedbackOutcome = (typeof FEEDBACK_RESULTS)[number];

/** GET /newsletter/feedback → Keyed<FeedbackDto>, newest first. */
export const feedbackQuerySchema = keyedQuerySchema.extend({
  result: z.enum(FEEDBACK_RESULTS).optional(),
  kind: z.enum(FEEDBACK_KINDS).optional(),
  reporter: z.string().max(255).optional(),
  campaign: documentIdSchema.optional(),
});
export type FeedbackQuery = z.input<typeof feedbackQuerySchema>;

/** One thing that came back. GET /newsletter/feedback/:id has `evidence`; the list leaves it null. */
export interface FeedbackDto {
  id: number;
  /** When it happened, as its reporter says, and when it came in. */
  at: string;
  receivedAt: string;
  way: FeedbackWay;
  /** Of the mailbox or the webhook's provider. */
  source: string;
  kind: FeedbackKind;
  result: FeedbackOutcome;
  /** Stable id of the reason for the result, such as no-proof, flood, soft-counted; the panel has texts. */
  why: string;
  /** While it is unmatched or held, or through its delivery; null otherwise. */
  recipient: string | null;
  reason: Reason;
  class: ReplyClass;
  severity: Severity;
  status: string | null;
  replyCode: number | null;
  text: string | null;
  /** The reporting mail server, or the domain of its From. */
  reporter: string | null;
  feedbackType: string | null;
  campaign: { documentId: string; name: string } | null;
  subscriber: string | null;
  /** The report without addresses and names, at most 4,000 characters. */
  evidence: string | null;
  /** Name of the admin who let it count or put it away; null: nobody had to decide. */
  decidedBy: string | null;
}

/** GET /newsletter/feedback/counts: what waits for a person. `held` by reporter, the largest first. */
export interface FeedbackCounts {
  unmatched: number;
  /** How many of them are kept at the most: when so many wait, others that prove nothing are not recorded. */
  unmatchedLimit: number;
  held: number;
  reporters: { reporter: string | null; held: number }[];
}

/**
 * POST /newsletter/feedback/release (held: now they count) and …/discard (held or unmatched: put away) →
 * { done: number; left: number }: by ids, or in sets of 1,000 (`left`: call again) all held ones of one reporter, or to
 * discard all that are unmatched.
 */
export const feedbackDecisionSchema = z.union([
  z.strictObject({ ids: z.array(z.number().int().positive()).min(1).max(1000) }),
  z.strictObject({ reporter: z.string().max(255).nullable() }),
  z.strictObject({ result: z.literal('unmatched') }),
]);
export type FeedbackDecision = z.input<typeof feedbackDecisionSchema>;

/** GET /newsletter/feedback/sources: state of what feedback comes in by. */
export interface FeedbackSourceDto {
  way: Exclude<FeedbackWay, 'relay'>;
  name: string;
  /** In the configuration of this process. */
  configured: boolean;
  /**
   * `failing`: its last error is newer than what it last got, or all that ever came was refused. `refusing`: the last
   * request was refused, and for a day before it nothing genuine came. `silent`: nothing came yet. `stopped`: no process has worked
   * on the listener or the mailbox lately, the same as in HealthDto.
   */
  state: 'ok' | 'failing' | 'refusing' | 'silent' | 'stopped';
  lastSeenAt: string | null;
  lastError: string | null;
  lastErrorAt: string | null;
  /** Webhooks: why a request was refused, and when. Anybody can send one: it says nothing of those that are genuine. */
  lastRefusal: string | null;
  lastRefusalAt: string | null;
  /** Since the first start: events that counted, that needed no effect, that were refused (bad signature, no proof). */
  taken: number;
  ignored: number;
  refused: number;
  /** Webhooks: the address to give to the provider. */
  url: string | null;
}

/** GET /newsletter/deliverability?by=&days= */
export const deliverabilityQuerySchema = z.object({
  by: z.enum(['campaign', 'sender', 'destination']).default('sender'),
  /** Looking back from now, whole days in UTC. */
  days: z.coerce.number().int().min(1).max(365).default(30),
  campaign: documentIdSchema.optional(),
});
export type DeliverabilityQuery = z.input<typeof deliverabilityQuerySchema>;

/** Recipients that were settled. Shares: hard ÷ (accepted + hard + block + soft), complaints ÷ accepted. */
export interface RateCounts {
  /** Taken by the next server and not returned since. */
  accepted: number;
  /** Dead addresses. */
  hard: number;
  /** Mailbox full, no answer, unclassified; returned or given up. */
  soft: number;
  /** Reputation, rate, content, authentication, policy: about the sender. Returned or given up. */
  block: number;
  complaints: number;
}

export interface RateSeries extends RateCounts {
  /** documentId of a campaign, or a domain; empty: all other destinations. */
  key: string;
  label: string;
  /** By day of sending, oldest first; days without mail are left out. */
  days: (RateCounts & { day: string })[];
}

export interface DeliverabilityDto {
  by: 'campaign' | 'sender' | 'destination';
  /** In percent, from Settings: lines for the chart. */
  lines: { bounceWarn: number; bouncePause: number; complaintWarn: number; complaintPause: number };
  /** At most 50, the largest first; the rest of the destinations is summed up. */
  series: RateSeries[];
  total: RateCounts;
  /** When the counts were made: they are renewed in the background, at most every few minutes. */
  asOf: string | null;
}

const shareSchema = (warn: number, pause: number) => ({
  /** Percent. Above it, the campaign is shown as in danger. */
  warn: z.number().min(0.01).max(100).default(warn),
  /** Percent. From here on the campaign pauses itself. */
  pause: z.number().min(0.01).max(100).default(pause),
});
const inOrder = (share: { warn: number; pause: number }) => share.warn <= share.pause;
const IN_ORDER = { message: 'must warn at or below the share at which it pauses', path: ['warn'] };

/** What bounces and complaints lead to: Settings › Newsletter, `thresholds`. Defaults: docs/decisions.md names their sources. */
export const deliverabilityThresholds = {
  /** An address whose mailbox is full, does not answer or refuses without a clear word: after so many campaigns… */
  softBounces: z
    .strictObject({
      campaigns: z.number().int().min(2).max(50).default(3),
      /** …of which the first and the last are at least so many days apart, without one that arrived in between. */
      days: z.number().int().min(0).max(365).default(14),
    })
    .prefault({}),
  /** The same for replies that say "unknown" for a person's own filter too, as docomo's. */
  filtered: z
    .strictObject({
      campaigns: z.number().int().min(2).max(50).default(2),
      days: z.number().int().min(0).max(365).default(1),
    })
    .prefault({}),
  /** Dead addresses, in percent of the recipients that were settled. */
  hardBounces: z
    .strictObject({
      ...shareSchema(2, 5),
      /** Not before so many recipients are settled. */
      atLeast: z.number().int().min(1).max(1_000_000).default(200),
    })
    .refine(inOrder, IN_ORDER)
    .prefault({}),
  /** Complaints, in percent of the mails that were accepted. */
  complaints: z
    .strictObject({
      ...shareSchema(0.1, 0.3),
      /** Not before so many people complained. */
      atLeast: z.number().int().min(1).max(1000).default(3),
    })
    .refine(inOrder, IN_ORDER)
    .prefault({}),
  /** Refusals of whatever kind that say something about us, in percent of what was tried last. */
  refusals: z
    .strictObject({
      pause: z.number().min(1).max(100).default(50),
      /** How many recipients are looked at, the last that were tried. */
      last: z.number().int().min(20).max(10_000).default(200),
      /** Not when fewer domains refuse: then it is about them. */
      domains: z.number().int().min(1).max(100).default(3),
    })
    .prefault({}),
  /** Hard bounces that one mail server may report within a minute; more wait for a person. */
  floodPerMinute: z.number().int().min(1).max(100_000).default(300),
};
