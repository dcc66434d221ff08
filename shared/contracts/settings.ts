import { z } from 'zod';
import { attributeDeclarationSchema } from './attributes';
import { emailSchema, headerTextSchema } from './common';

/** Who a newsletter is from. The address must be on a domain of the configuration. */
export const senderSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]{1,64}$/),
  name: headerTextSchema.min(1),
  email: emailSchema,
  replyTo: emailSchema.nullish(),
  /** Name of a transport of the configuration; the first one by default. */
  transport: z.string().nullish(),
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
      /** Text a person agrees to, by page language; each change is kept as a numbered wording. */
      text: z
        .strictObject({ en: z.string().max(5000), ja: z.string().max(5000) })
        .partial()
        .default({}),
      /** Where the confirmation page links to; empty: nowhere. */
      returnUrl: z.union([z.literal(''), z.url()]).default(''),
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
  thresholds: z
    .strictObject({
      /** Recipients above which scheduling asks to type the count. */
      unusualAudience: z.number().int().min(1).default(10_000),
    })
    .prefault({}),
});
export type Settings = z.output<typeof settingsSchema>;
export type SettingsInput = z.input<typeof settingsSchema>;

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
    host: string;
    port: number;
    secure: boolean;
    user: string | null;
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
    message: string;
  }[];
  subscribers: Record<string, number>;
  /** People who joined and left in the last 30 days. */
  growth: { joined: number; left: number };
  recent: import('./campaigns').CampaignSummary[];
}

/** GET /newsletter/health */
export interface HealthDto {
  ok: boolean;
  queue: { backend: QueueKind; ok: boolean; message: string | null };
  workers: { epoch: number; host: string; pid: number; leaseUntil: string; open: number }[];
  /** Oldest delivery that is due and not yet taken; null when there is none. */
  oldestDue: string | null;
  lastReconciliation: string | null;
  transports: { name: string; ok: boolean | null; message: string | null }[];
  /** Domains whose DKIM keys cannot be used. */
  keys: { domain: string; message: string }[];
}
