import { z } from 'zod';
import type { AttributeDeclaration } from './attributes';
import { documentIdSchema, pageQuerySchema } from './common';
import { SUBSCRIBER_STATUSES } from './subscribers';

/**
 * A segment is a tree of rules about a person. What its operators mean, for every database and for the evaluator:
 *
 * - A rule is true or false, never unknown. A negative operator (isNot, notContains, noneOf, notEquals, notOn, didNot,
 *   notInLast) is the exact opposite of its positive one, so that it is also true for people without a value.
 * - A value that is missing, null, an empty text, or of another type than the rule asks for (a text in a number
 *   attribute) is not set: only isNotSet and the negative operators are true for it. Nothing is converted.
 * - Texts are compared by code point. A–Z count as a–z; other letters, accents and widths count as they are (ASCII
 *   folding is what all databases agree on).
 * - Dates are UTC days. With today = the day (UTC) at which the segment is evaluated: inLast N is today − N … today,
 *   inNext N is today … today + N, moreThanAgo N is before today − N, notInLast N is the opposite of inLast N ("not for
 *   N days", never included), exactlyAgo 0 is today. before and after leave out the day itself, between takes both in.
 *   Date attributes are texts YYYY-MM-DD.
 * - Opens and clicks by machines do not count. "Received" means accepted by the next mail server.
 */

/** No NUL, which PostgreSQL cannot store, and no half of a surrogate pair, which no database can. */
const storable = (text: string) => !/[\0\p{Surrogate}]/u.test(text);
const textSchema = z.string().min(1).max(200).refine(storable, 'holds a character that cannot be stored');
const daySchema = z.iso
  .date()
  .refine((day) => day >= '1900-01-01' && day <= '2199-12-31', 'must be between 1900-01-01 and 2199-12-31');
const daysSchema = z.number().int().min(0).max(36_500);

const SET = ['isSet', 'isNotSet'] as const;
export const TEXT_OPERATORS = ['is', 'isNot', 'contains', 'notContains', 'startsWith', 'endsWith'] as const;
export const ONE_OF_OPERATORS = ['oneOf', 'noneOf'] as const;
export const NUMBER_OPERATORS = [
  'equals',
  'notEquals',
  'less',
  'lessOrEqual',
  'greater',
  'greaterOrEqual',
] as const;
export const DAY_OPERATORS = ['on', 'before', 'after'] as const;
export const RELATIVE_OPERATORS = [
  'inLast',
  'notInLast',
  'moreThanAgo',
  'exactlyAgo',
  'inNext',
  'exactlyAhead',
] as const;

const textTests = <S extends z.ZodRawShape>(shape: S) =>
  z.discriminatedUnion('operator', [
    z.strictObject({ ...shape, operator: z.enum(TEXT_OPERATORS), value: textSchema }),
    z.strictObject({
      ...shape,
      operator: z.enum(ONE_OF_OPERATORS),
      value: z.array(textSchema).min(1).max(100),
    }),
    z.strictObject({ ...shape, operator: z.enum(SET) }),
  ]);

const numberTests = <S extends z.ZodRawShape>(shape: S) =>
  z.discriminatedUnion('operator', [
    z.strictObject({ ...shape, operator: z.enum(NUMBER_OPERATORS), value: z.number() }),
    z.strictObject({ ...shape, operator: z.literal('between'), value: z.tuple([z.number(), z.number()]) }),
    z.strictObject({ ...shape, operator: z.enum(SET) }),
  ]);

const dateTests = <S extends z.ZodRawShape>(shape: S) =>
  z.discriminatedUnion('operator', [
    z.strictObject({ ...shape, operator: z.enum(DAY_OPERATORS), value: daySchema }),
    z.strictObject({ ...shape, operator: z.literal('between'), value: z.tuple([daySchema, daySchema]) }),
    z.strictObject({ ...shape, operator: z.enum(RELATIVE_OPERATORS), value: daysSchema }),
    z.strictObject({ ...shape, operator: z.enum(SET) }),
  ]);

const booleanTests = <S extends z.ZodRawShape>(shape: S) =>
  z.strictObject({ ...shape, operator: z.enum(['isTrue', 'isFalse', ...SET]) });

export const TEXT_FIELDS = [
  'email',
  'emailDomain',
  'firstName',
  'lastName',
  'language',
  'timezone',
  'source',
] as const;
export const DATE_FIELDS = [
  'createdAt',
  'confirmedAt',
  'lastSentAt',
  'lastOpenedAt',
  'lastClickedAt',
] as const;
export const ACTIVITIES = ['received', 'opened', 'clicked'] as const;

/** Same names as attribute declarations. */
const attributeNameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,39}$/i, 'may hold letters, digits and _, and starts with a letter');

const attribute = <T extends string>(type: T) => ({
  field: z.literal('attribute'),
  name: attributeNameSchema,
  type: z.literal(type),
});

/** One condition. Further fields (conversions, say) become further members. */
export const ruleSchema = z.discriminatedUnion('field', [
  z.strictObject({
    field: z.literal('status'),
    operator: z.enum(ONE_OF_OPERATORS),
    value: z.array(z.enum(SUBSCRIBER_STATUSES)).min(1).max(SUBSCRIBER_STATUSES.length),
  }),
  z.strictObject({
    field: z.literal('list'),
    operator: z.enum(['on', 'notOn']),
    /** documentId; null: any list. */
    list: documentIdSchema.nullable(),
    /** Status of the subscription to it. */
    status: z.enum(['subscribed', 'pending', 'unsubscribed']).default('subscribed'),
  }),
  textTests({ field: z.enum(TEXT_FIELDS) }),
  dateTests({ field: z.enum(DATE_FIELDS) }),
  z.discriminatedUnion('type', [
    textTests(attribute('string')),
    numberTests(attribute('number')),
    booleanTests(attribute('boolean')),
    dateTests(attribute('date')),
  ]),
  z
    .strictObject({
      field: z.literal('activity'),
      operator: z.enum(['did', 'didNot']),
      action: z.enum(ACTIVITIES),
      /** documentId; null: any campaign. */
      campaign: documentIdSchema.nullable().default(null),
      /** Address of a link of the campaign, as in its report; null: any. Only with `clicked` and a campaign. */
      link: z.string().min(1).max(2048).refine(storable).nullable().default(null),
      /** In the last N days; null: ever. */
      days: daysSchema.nullable().default(null),
    })
    .refine((rule) => rule.link === null || (rule.action === 'clicked' && rule.campaign !== null), {
      path: ['link'],
      message: 'needs the action "clicked" and a campaign',
    }),
]);
export type Rule = z.output<typeof ruleSchema>;

/** All of the rules (`and`) or any of them (`or`); with `not`, the people for whom that is false. */
export interface RuleGroup {
  combinator: 'and' | 'or';
  not: boolean;
  rules: (Rule | RuleGroup)[];
}

export const MAX_DEPTH = 8;
export const MAX_RULES = 200;
/** Texts of all oneOf and noneOf rules together: a statement takes about 32,000 parameters on SQLite. */
export const MAX_VALUES = 500;

const isGroup = (node: unknown): boolean => typeof node === 'object' && node !== null && 'combinator' in node;

export const isRuleGroup = (node: Rule | RuleGroup): node is RuleGroup => isGroup(node);

/** Picks the schema by what the node is meant to be, so that an error names the key and not "none of the forms". */
const nodeSchema: z.ZodType<Rule | RuleGroup> = z.unknown().transform((node, ctx) => {
  const result = (isGroup(node) ? groupSchema : ruleSchema).safeParse(node);
  if (result.success) return result.data;
  for (const issue of result.error.issues) ctx.issues.push({ ...issue, input: node } as z.core.$ZodRawIssue);
  return z.NEVER;
});

const groupSchema = z.strictObject({
  combinator: z.enum(['and', 'or']),
  not: z.boolean().default(false),
  rules: z.array(nodeSchema).min(1).max(MAX_RULES),
});

/** Looks at the size before anything recurses into it. */
const boundedSchema = z.unknown().superRefine((root, ctx) => {
  const open: { node: unknown; depth: number }[] = [{ node: root, depth: 1 }];
  let rules = 0;
  let values = 0;
  for (let next = open.pop(); next; next = open.pop()) {
    const { node, depth } = next;
    if (depth > MAX_DEPTH)
      return ctx.addIssue({ code: 'custom', message: `is nested deeper than ${MAX_DEPTH} groups` });
    if (!isGroup(node)) {
      rules += 1;
      const { value } = (node ?? {}) as { value?: unknown };
      if (Array.isArray(value)) values += value.length;
    } else {
      const inner = (node as { rules?: unknown }).rules;
      for (const child of Array.isArray(inner) ? inner : [])
        open.push({ node: child, depth: isGroup(child) ? depth + 1 : depth });
    }
    if (rules > MAX_RULES)
      return ctx.addIssue({ code: 'custom', message: `has more than ${MAX_RULES} rules` });
    if (values > MAX_VALUES)
      return ctx.addIssue({
        code: 'custom',
        message: `lists more than ${MAX_VALUES} values to compare with`,
      });
  }
});

/** The tree of a segment: at most 8 groups deep and 200 rules, every group with at least one. */
export const ruleGroupSchema: z.ZodType<RuleGroup, unknown> = boundedSchema.pipe(groupSchema);

/** POST /newsletter/segments, PUT /newsletter/segments/:id (all keys optional there). */
export const segmentInputSchema = z.strictObject({
  name: z.string().trim().min(1).max(200),
  description: z.string().max(2000).nullish(),
  rules: ruleGroupSchema,
});
export type SegmentInput = z.input<typeof segmentInputSchema>;

/** GET /newsletter/segments */
export const segmentQuerySchema = pageQuerySchema.extend({ search: z.string().max(200).optional() });
export type SegmentQuery = z.input<typeof segmentQuerySchema>;

/** Something in a segment's rules that leads nowhere. */
export interface SegmentProblem {
  /**
   * `unknown-list` and `unreadable` (the stored rules are no rule tree) make a segment unfit for sending;
   * `unknown-campaign` and `unknown-attribute` (not declared in Settings) are only worth a look.
   */
  id: 'unreadable' | 'unknown-list' | 'unknown-campaign' | 'unknown-attribute';
  /** The documentId or the attribute's name; empty for `unreadable`. */
  what: string;
  /** English sentence that says what is wrong and what to do. */
  message: string;
}

export interface SegmentDto {
  documentId: string;
  name: string;
  description: string | null;
  /** Null when what is stored is no rule tree: see `problems`. */
  rules: RuleGroup | null;
  problems: SegmentProblem[];
  createdAt: string;
  updatedAt: string;
}

/** POST /newsletter/segments/count */
export const segmentCountSchema = z.strictObject({ rules: ruleGroupSchema });

/** POST /newsletter/segments/count and GET /newsletter/segments/:id/count */
export interface SegmentCount {
  /** People for whom the rules are true. */
  matched: number;
  /** Of these: subscribed, and not on the suppression list. */
  reachable: number;
}

/** GET /newsletter/segments/fields → what rules can name, for the builder. */
export interface SegmentFields {
  attributes: AttributeDeclaration[];
  lists: { documentId: string; name: string }[];
  /** The last 200 that were sent, newest first. */
  campaigns: { documentId: string; name: string }[];
}

/** GET /newsletter/segments/links?campaign= → addresses of the tracked links of a campaign. */
export const segmentLinksQuerySchema = z.object({ campaign: documentIdSchema });

/** A segment as a scheduled campaign keeps it: its rules are copied, so that later edits change nothing. */
export interface ResolvedSegment {
  documentId: string;
  name: string;
  rules: RuleGroup;
}

export interface ResolvedAudience {
  include: { lists: string[]; segments: ResolvedSegment[] };
  exclude: { lists: string[]; segments: ResolvedSegment[] };
}
