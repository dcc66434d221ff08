import { z } from 'zod';
import { audienceSchema, type CampaignState } from './campaigns';
import { documentIdSchema, headerTextSchema, languageTagSchema, pageQuerySchema } from './common';

/** Uid of a content type whose entries can become newsletters. */
export const contentTypeUidSchema = z
  .string()
  .max(120)
  .regex(/^(api|plugin)::[a-z0-9-]+\.[a-z0-9-]+$/, 'is not a content type such as api::article.article');

/** A locale code of Strapi's i18n plugin: a language tag, or any code of the project's own. */
export const localeSchema = z
  .string()
  .max(35)
  .regex(/^[A-Za-z0-9_-]+$/, 'is not a locale');

/**
 * Where a value is in an entry: an attribute, or a path through single components and to-one relations
 * (`seo.metaTitle`, `author.name`), at most three steps.
 */
export const fieldPathSchema = z
  .string()
  .max(150)
  .regex(
    /^[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z][A-Za-z0-9_-]*){0,2}$/,
    'is not a field such as title or seo.metaTitle',
  );

export const CONDITION_OPERATORS = ['eq', 'ne', 'contains', 'isSet', 'isNotSet'] as const;

/**
 * - `eq`, `ne`: the value as a text (true/false for booleans, YYYY-MM-DD for dates, documentId for a relation); case
 *   counts. `ne` is the exact opposite of `eq`, so that it is also true for an empty field.
 * - `contains`: a text that holds the value, whatever the case of A–Z, or a list (JSON, relations) with it as an item.
 * - `isSet`, `isNotSet`: neither null nor an empty text or list. `false` and 0 are set.
 */
export const ruleConditionSchema = z.discriminatedUnion('operator', [
  z.strictObject({
    field: fieldPathSchema,
    operator: z.enum(['eq', 'ne', 'contains']),
    value: z.union([z.string().max(500), z.number(), z.boolean()]),
  }),
  z.strictObject({ field: fieldPathSchema, operator: z.enum(['isSet', 'isNotSet']) }),
]);
export type RuleCondition = z.output<typeof ruleConditionSchema>;

/** How a field's text is read: `auto` follows the field (blocks, Markdown, HTML of an editor, plain text, media). */
export const BODY_FORMATS = ['auto', 'blocks', 'markdown', 'html', 'text', 'media'] as const;

export const ruleMappingSchema = z.strictObject({
  /**
   * Text with `{{entry.title}}` placeholders, one line. Other Handlebars (`{{subscriber.firstName}}`) stay for the
   * mail; what comes from the entry never runs as Handlebars.
   */
  subject: headerTextSchema.min(1).default('{{entry.title}}'),
  preheader: headerTextSchema.default(''),
  /** Fields that follow each other in the body. May be empty when there is a link. */
  body: z
    .array(z.strictObject({ field: fieldPathSchema, as: z.enum(BODY_FORMATS).default('auto') }))
    .max(20)
    .default([]),
  /**
   * Address of the entry on the website, with `{locale}`, `{documentId}` and `{field}` placeholders, such as
   * `https://example.com/{locale}/blog/{slug}`. Empty: no link. Of the placeholders, the host takes `{locale}` only, so
   * that an entry cannot lead readers to another site.
   */
  link: z
    .string()
    .trim()
    .max(1000)
    .regex(
      /^(https?:\/\/(?:[^\s{}/?#]|\{locale\})+(?:[/?#]\S*)?)?$/i,
      'must be a web address such as https://example.com/{locale}/blog/{slug}',
    )
    .default(''),
  /** Text of the link below the body, with `{{entry.…}}` placeholders. Empty: the address is not shown in the body. */
  linkText: z.string().trim().max(200).default(''),
});
export type RuleMapping = z.output<typeof ruleMappingSchema>;

export const RULE_ACTIONS = ['draft', 'schedule', 'send'] as const;
export type RuleAction = (typeof RULE_ACTIONS)[number];

/** POST /newsletter/rules and PUT /newsletter/rules/:id (the whole rule, not a part of it). */
export const ruleInputSchema = z.strictObject({
  name: z.string().trim().min(1).max(200),
  enabled: z.boolean().default(true),
  contentType: contentTypeUidSchema,
  /** Locales whose publishing fires it; null: each. Content types without localisation ignore it. */
  locales: z.array(localeSchema).min(1).max(100).nullable().default(null),
  /** Language of the campaign per locale of the entry, where it is not the locale itself. */
  languages: z.record(localeSchema, languageTagSchema).default({}),
  /** Language of the campaign when the entry has no locale. */
  defaultLanguage: languageTagSchema.default('en'),
  /** All must hold. */
  conditions: z.array(ruleConditionSchema).max(20).default([]),
  mapping: ruleMappingSchema,
  /** documentId; null: the template that is the default when it fires. */
  template: documentIdSchema.nullable().default(null),
  /** Id of a sender from Settings; null: the one used last. */
  sender: z.string().max(64).nullable().default(null),
  audience: audienceSchema.prefault({}),
  /**
   * `all`: everybody of the audience. `matching`: only those whose language is the campaign's (ja also takes ja-JP);
   * people without a language get the one of the default locale.
   */
  audienceLanguage: z.enum(['all', 'matching']).default('all'),
  /** `draft` leaves the rest to a person; `schedule` sends after `delayMinutes`; `send` at once. The last two need the right to send. */
  action: z.enum(RULE_ACTIONS).default('draft'),
  /** Minutes from publishing to sending with `schedule`: 1 minute to 30 days. */
  delayMinutes: z.number().int().min(1).max(43_200).default(60),
  /** Whether an entry that has fired it fires it again: `never`, or with `every` publication. */
  again: z.enum(['never', 'every']).default('never'),
  /** Entries within an hour above which the rule waits for a person to release them. */
  holdAbove: z.number().int().min(1).max(1000).default(5),
});
export type RuleInput = z.input<typeof ruleInputSchema>;
export type RuleFields = z.output<typeof ruleInputSchema>;

/** GET /newsletter/rules (Paged), GET /newsletter/rules/:id, and the answer of POST and PUT. DELETE answers 204. */
export interface RuleDto extends RuleFields {
  documentId: string;
  /** What of it leads nowhere now (content type, field, template, sender, list gone): English sentences. */
  problems: string[];
  /** When it fired last, or null. */
  lastFiredAt: string | null;
  createdAt: string;
  updatedAt: string;
}

export const ruleQuerySchema = pageQuerySchema.extend({
  search: z.string().max(200).optional(),
  contentType: contentTypeUidSchema.optional(),
});
export type RuleQuery = z.input<typeof ruleQuerySchema>;

/** What a field can be used for. `other`: conditions only. */
export type RuleFieldKind =
  | 'text'
  | 'markdown'
  | 'html'
  | 'blocks'
  | 'media'
  | 'number'
  | 'boolean'
  | 'date'
  | 'relation'
  | 'other';

export interface RuleField {
  /** What `{{entry.…}}`, conditions and body parts take. */
  path: string;
  kind: RuleFieldKind;
  localized: boolean;
  /** Values of an enumeration, for a select; null for other fields. */
  values: string[] | null;
}

/** GET /newsletter/rules/content-types: only those that the person may read in Content Manager. */
export interface RuleContentTypes {
  contentTypes: {
    uid: string;
    /** Display name. */
    name: string;
    /** Without draft & publish, creating an entry counts as publishing it. */
    draftAndPublish: boolean;
    localized: boolean;
    fields: RuleField[];
    /** Fields that cannot be used (dynamic zones, repeatable components), to be named as such. */
    leftOut: string[];
    /** A first mapping, guessed from the fields. */
    suggested: RuleMapping;
  }[];
  /** Locales of the i18n plugin; empty without it. */
  locales: { code: string; name: string; isDefault: boolean }[];
}

/** POST /newsletter/rules/preview: the same for a rule that is not saved. `:id/preview` takes the rest of it. */
export const rulePreviewSchema = z.strictObject({
  /** An entry; without it, the one published last. */
  documentId: documentIdSchema.optional(),
  locale: localeSchema.optional(),
});
export const ruleDraftPreviewSchema = rulePreviewSchema.extend({ rule: ruleInputSchema });
export type RulePreviewInput = z.input<typeof rulePreviewSchema>;
export type RuleDraftPreviewInput = z.input<typeof ruleDraftPreviewSchema>;

/** POST /newsletter/rules/:id/preview and POST /newsletter/rules/preview */
export interface RulePreviewDto {
  /** Null: nothing of the content type is published yet (and nothing else is filled then). */
  entry: { documentId: string; locale: string | null; title: string } | null;
  /** Whether publishing this entry would fire the rule (locale and conditions; not whether it fired before). */
  matches: boolean;
  language: string;
  subject: string;
  preheader: string;
  /** HTML of the body as it goes into the template. Show it in a sandboxed frame. */
  body: string;
  /** The whole mail as sample data fill it; empty when the template has an error, which `notes` name. */
  html: string;
  link: string | null;
  /** What was left out or is empty: English sentences. */
  notes: string[];
}

/**
 * One firing. `pending` → `done` (the campaign is made, and scheduled when the rule says so) | `held` (too many in an
 * hour; waits for a person) | `failed` (`message` says why; with a campaign: its draft is there and needs a hand) |
 * `cancelled` (unpublished in time, or dismissed) | `superseded` (published again before the first was made).
 */
export const FIRING_STATES = ['pending', 'done', 'held', 'failed', 'cancelled', 'superseded'] as const;
export type FiringState = (typeof FIRING_STATES)[number];

export interface FiringDto {
  id: number;
  /** Null for a newsletter that a person made without a rule; the name is null when the rule was deleted. */
  rule: { documentId: string; name: string | null } | null;
  contentType: string;
  documentId: string;
  locale: string | null;
  /** The entry's title when it fired. */
  title: string;
  /** Whether a person asked for it ("Send as newsletter"). */
  manual: boolean;
  state: FiringState;
  /** Sentence about the state, or null. */
  message: string | null;
  campaign: {
    documentId: string;
    name: string;
    state: CampaignState;
    scheduledAt: string | null;
    startedAt: string | null;
    finishedAt: string | null;
  } | null;
  createdAt: string;
  settledAt: string | null;
}

/** GET /newsletter/rules/activity (Paged<FiringDto>, newest first) */
export const activityQuerySchema = pageQuerySchema.extend({
  state: z.enum(FIRING_STATES).optional(),
  rule: documentIdSchema.optional(),
  contentType: contentTypeUidSchema.optional(),
});
export type ActivityQuery = z.input<typeof activityQuerySchema>;

/**
 * POST /newsletter/rules/activity/:id/release (held, or failed without a campaign: does it now) and …/dismiss (held or
 * failed: never) answer with the FiringDto.
 *
 * GET /newsletter/rules/entries/:uid/:documentId
 */
export interface EntryNewslettersDto {
  /** Per locale of the entry, published or not; one with locale null when it is not localised. */
  locales: {
    locale: string | null;
    published: boolean;
    /** Newest first. */
    firings: FiringDto[];
    /** Enabled rules that publishing this locale would fire (conditions are looked at when it is published). */
    next: { documentId: string; name: string; action: RuleAction; delayMinutes: number }[];
  }[];
  /** Rules of the content type, for "Send as newsletter". */
  rules: { documentId: string; name: string; enabled: boolean }[];
}

/** POST /newsletter/rules/entries/status */
export const entryStatusSchema = z.strictObject({
  uid: contentTypeUidSchema,
  documentIds: z.array(documentIdSchema).min(1).max(100),
});
export type EntryStatusInput = z.input<typeof entryStatusSchema>;
/**
 * The most advanced newsletter of an entry, over all locales: sent > sending > scheduled > held > failed > draft >
 * pending; null when there is none (cancelled ones do not count).
 */
export interface EntryStatusDto {
  results: {
    documentId: string;
    status: 'sent' | 'sending' | 'scheduled' | 'held' | 'failed' | 'draft' | 'pending' | null;
    /** When it was or will be sent. */
    at: string | null;
    campaign: string | null;
  }[];
}

/**
 * POST /newsletter/rules/entries/:uid/:documentId/draft: makes a draft, whatever was made of the entry before. From the
 * published version, or from the draft one when it is not published.
 */
export const entryDraftSchema = z.strictObject({
  locale: localeSchema.optional(),
  /** A rule whose mapping, template, sender and audience are taken; without it `mapping`, or a guess from the fields. */
  rule: documentIdSchema.optional(),
  mapping: ruleMappingSchema.optional(),
});
export type EntryDraftInput = z.input<typeof entryDraftSchema>;
export interface EntryDraftDto {
  /** documentId of the new campaign. */
  campaign: string;
  notes: string[];
}
