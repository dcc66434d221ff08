import { z } from 'zod';
import { attributeDeclarationSchema } from './attributes';
import { emailSchema, headerTextSchema } from './common';
import { deliverabilityThresholds } from './deliverability';
import { sunsetSchema } from './hygiene';
import { LEAVING_SCOPES } from './subscribers';

/** One of a sender's ways to send, and its share of the mail. */
export const senderTransportSchema = z.strictObject({
  /** Name of a transport of the configuration. */
  name: z.string().min(1).max(100),
  /** Share of the mail, in proportion to the weights of the others. 1–1000. */
  weight: z.number().int().min(1).max(1000).default(1),
});
export type SenderTransport = z.output<typeof senderTransportSchema>;

/** Who a newsletter is from. The address must be on a domain of the configuration. */
export const senderSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]{1,64}$/),
  name: headerTextSchema.min(1),
  email: emailSchema,
  replyTo: emailSchema.nullish(),
  /**
   * What it sends over, by weight; when one cannot be used, the others take its mail. None: the first transport of the
   * configuration.
   */
  transports: z
    .array(senderTransportSchema)
    .max(20)
    .refine(
      (all) => new Set(all.map(({ name }) => name)).size === all.length,
      'must name each transport once',
    )
    .optional(),
});
export type Sender = z.output<typeof senderSchema>;

export const settingsSchema = z.strictObject({
  senders: z.array(senderSchema).max(100).default([]),
  brand: z
    .strictObject({
      /** Name of the sending organisation, in footer and pages. */
      name: z.string().max(200).default(''),
      /** Postal address of the footer; CAN-SPAM and others demand it. */
      postalAddress: z.string().max(500).default(''),
      /** Where complaints go: a web, mail or telephone contact (特定電子メール法). */
      contact: z.string().max(300).default(''),
      /** https address of a logo for the pages, or empty. */
      logoUrl: z.union([z.literal(''), z.url()]).default(''),
      color: z
        .string()
        .regex(/^#[0-9a-f]{6}$/i)
        .default('#4945ff'),
    })
    .prefault({}),
  consent: z
    .strictObject({
      /** Text a person agrees to, by page language; each one that was shown is kept as a wording. */
      text: z
        .strictObject({ en: z.string().max(5000), ja: z.string().max(5000) })
        .partial()
        .default({}),
      /** Where the confirmation page links to; empty: nowhere. */
      returnUrl: z.union([z.literal(''), z.url()]).default(''),
      /** Where a browser goes after a form on your site was sent; empty: a page of ours that says thank you. */
      thanksUrl: z.union([z.literal(''), z.url({ protocol: /^https?$/ })]).default(''),
      /** Whether who signs up in public must solve a challenge: ALTCHA, a proof of work that their browser does. */
      captcha: z.enum(['off', 'altcha']).default('off'),
      /**
       * What the unsubscribe button of a mail program ends (one click and mailto alike). The page behind the link offers
       * both.
       */
      buttonEnds: z.enum(LEAVING_SCOPES).default('everything'),
    })
    .prefault({}),
  tracking: z
    .strictObject({
      /** Defaults for new campaigns; false switches it off for all, whatever a campaign says. */
      opens: z.boolean().default(true),
      clicks: z.boolean().default(true),
    })
    .prefault({}),
  /** Further values of people, in the order in which they are shown. */
  attributes: z
    .array(attributeDeclarationSchema)
    .max(100)
    .refine(
      (all) => new Set(all.map(({ name }) => name)).size === all.length,
      'must have a different name each',
    )
    .default([]),
  /** When people who do not react are asked, and then left alone. */
  sunset: sunsetSchema.prefault({}),
  thresholds: z
    .strictObject({
      /** Recipients above which scheduling asks to type the count. */
      unusualAudience: z.number().int().min(1).default(10_000),
      ...deliverabilityThresholds,
    })
    .prefault({}),
});
export type Settings = z.output<typeof settingsSchema>;
export type SettingsInput = z.input<typeof settingsSchema>;

/** GET /newsletter/senders: what a campaign chooses from in the settings, for everybody who may read campaigns. */
export interface CampaignChoices {
  senders: { id: string; name: string; email: string }[];
  /** What may be tracked at all. */
  tracking: Settings['tracking'];
  /** Recipients above which the panel asks to type the number. */
  unusualAudience: number;
}

/** What the queue runs on. */
export type QueueKind = 'redis' | 'postgres' | 'embedded';

/** GET /newsletter/settings/delivery: configuration as an editor may see it (no secrets). */
export interface DeliverySettings {
  publicUrl: string;
  publicUrlProblem: string | null;
  queueBackend: QueueKind;
  workerEnabled: boolean;
  transports: {
    name: string;
    type: 'smtp' | 'mx';
    /** Null: the recipients' own mail servers. */
    host: string | null;
    port: number;
    secure: boolean;
    user: string | null;
    /** Source address; null: the system's choice. */
    localAddress: string | null;
    maxConnections: number;
    messagesPerSecond: number | null;
  }[];
  domains: { name: string; dkim: 'signed' | 'relay'; selector: string | null }[];
}

/** POST /newsletter/settings/delivery/test: connects, logs in and, with `to`, sends a short mail. */
export const transportTestSchema = z.strictObject({
  transport: z.string().optional(),
  sender: z.string().optional(),
  to: emailSchema.optional(),
});
export interface TransportTestResult {
  ok: boolean;
  message: string;
}

/** GET /newsletter/overview */
export interface OverviewDto {
  /** Until the first campaign has begun to go out. */
  checklist: { id: 'transport' | 'sender' | 'list' | 'subscribers' | 'test-mail'; done: boolean }[] | null;
  attention: {
    id: string;
    values: Record<string, string | number>;
    campaign: string | null;
    /** Of a campaign that paused itself: what `values.reason` says, for translation. */
    cause?: import('./campaigns').StateCause | null;
    message: string;
  }[];
  subscribers: Record<string, number>;
  /** People who joined and left in the last 30 days. */
  growth: { joined: number; left: number };
  recent: import('./campaigns').CampaignSummary[];
}

/** GET /newsletter/health */
export interface HealthDto {
  /** Nothing in `problems`. */
  ok: boolean;
  /** What somebody should act on; the message is an English sentence. The panel has texts for the ids. */
  problems: { id: string; values: Record<string, string | number>; message: string }[];
  /** The queue as this process sees it. */
  queue: { backend: QueueKind; ok: boolean; message: string | null };
  /** Processes that run delivery, and those that died within the last ten minutes. */
  processes: ProcessDto[];
  /** Processes that hold a lease to send. */
  workers: { epoch: number; host: string; pid: number; leaseUntil: string; open: number }[];
  /** Since when the oldest thing waits that is due; null when there is none. */
  oldestDue: string | null;
  /**
   * The same by kind: recipients of campaigns (with a pace per hour they wait for hours while all is well), single mails,
   * campaigns that should have begun.
   */
  due: { deliveries: string | null; mails: string | null; starts: string | null };
  /** The last complete look at what is unfinished, by whichever process. */
  lastReconciliation: string | null;
  /**
   * `ok` null: not known yet. `checkedAt`: when a connection with login was last tried or a mail was last sent from this
   * process, whichever was later.
   */
  transports: {
    name: string;
    ok: boolean | null;
    message: string | null;
    checkedAt: string | null;
    /** Only of a source address that earns trust yet: day of its plan (0: not begun), and messages today, of all processes. */
    warmUp?: { step: number; quota: number; used: number };
  }[];
  /** Domains whose DKIM keys cannot be used. */
  keys: { domain: string; message: string }[];
  /** The configured ways in for bounces. `ok` null: it never showed a sign of life. */
  inbound: {
    way: 'listener' | 'mailbox';
    name: string;
    ok: boolean | null;
    message: string | null;
    lastSeenAt: string | null;
  }[];
}

/** What a process does: serve HTTP, send, or both. */
export type ProcessRole = 'web' | 'worker' | 'both';

export interface ProcessDto {
  host: string;
  pid: number;
  role: ProcessRole;
  /** Of the plugin. */
  version: string;
  queue: QueueKind;
  startedAt: string;
  seenAt: string;
  alive: boolean;
}
