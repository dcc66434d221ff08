import { z } from 'zod';
import {
  ACTIONS_OF_KIND,
  HYGIENE_ACTIONS,
  HYGIENE_KINDS,
  type HygieneActionName,
  type HygieneKind,
} from '../hygiene-kinds';
import { documentIdSchema } from './common';

export { ACTIONS_OF_KIND, HYGIENE_ACTIONS, HYGIENE_KINDS, type HygieneActionName, type HygieneKind };

/** `running`: looks at people. `acting`: does what was chosen for one kind. The report stands from `done` on. */
export const HYGIENE_STATES = ['running', 'done', 'acting', 'failed', 'cancelled'] as const;
export type HygieneState = (typeof HYGIENE_STATES)[number];

/** Whom a check looks at: always people who are pending or subscribed and not suppressed. */
export const hygieneScopeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('all') }),
  z.strictObject({ kind: z.literal('list'), id: documentIdSchema }),
  z.strictObject({ kind: z.literal('segment'), id: documentIdSchema }),
  /** People of an import's file, whoever they are now. 409 `import-forgotten` from 30 days after its end on. */
  z.strictObject({ kind: z.literal('import'), id: documentIdSchema }),
  /** The sunset rule of the settings, over everybody. */
  z.strictObject({ kind: z.literal('sunset') }),
]);
export type HygieneScope = z.output<typeof hygieneScopeSchema>;

/** POST /newsletter/hygiene: starts a check; nothing is changed by it. 409 `hygiene-busy` while another one runs. */
export const hygieneStartSchema = z.strictObject({
  scope: hygieneScopeSchema,
  /** Whether domains are looked up in DNS. */
  dns: z.boolean().default(true),
});
export type HygieneStart = z.input<typeof hygieneStartSchema>;

/** GET /newsletter/hygiene, newest first; `GET /newsletter/hygiene/:id` is one `HygieneRunDto`. */
export interface HygieneRunDto {
  id: string;
  state: HygieneState;
  /** `name` of the list, segment or file when the check began. */
  scope: HygieneScope & { name: string | null };
  dns: boolean;
  createdBy: string | null;
  createdAt: string;
  endedAt: string | null;
  /** People looked at. */
  people: number;
  /** 0..1 of what `state` is about: people looked at, or people acted on. */
  progress: number;
  /** People by what was found about them; one person may have several. `open`: nothing was done about it yet. */
  counts: Record<HygieneKind, { found: number; open: number }>;
  /** Domains that were looked up, and those of them that DNS gave no answer for. */
  domains: { asked: number; unknown: number };
  /** Why it failed, as a sentence. */
  error: string | null;
  /** What was done, newest first. */
  actions: HygieneActionDto[];
}

/** A decision about one kind, with its result. It stays as the record of who decided what. */
export interface HygieneActionDto {
  id: number;
  kind: HygieneKind;
  action: HygieneActionName;
  /** The list that people were taken off, or the segment that was made. */
  target: { documentId: string; name: string } | null;
  /** The number that was confirmed. */
  confirmed: number;
  changed: number;
  /** Passed over: they had left, been suppressed or been deleted since, or were not on the list. */
  skipped: number;
  by: string | null;
  at: string;
  endedAt: string | null;
}

/** GET /newsletter/hygiene/:id/findings: of one kind, in the order in which they were found. */
export const hygieneFindingsQuerySchema = z.object({
  kind: z.enum(HYGIENE_KINDS),
  /** `id` of the last one of the page before. */
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(100).default(20),
});

export interface HygieneFinding {
  id: number;
  kind: HygieneKind;
  detail: string | null;
  subscriber: { documentId: string; email: string; status: string };
  /** Whether something was done about it. */
  acted: boolean;
}

/** Answer of GET /newsletter/hygiene/:id/findings. `next` is the `after` of the next page; null: there is none. */
export interface HygieneFindings {
  results: HygieneFinding[];
  next: number | null;
}

/** GET /newsletter/hygiene/:id/findings.csv: all of a kind; no cell runs as a formula. */
export const hygieneExportQuerySchema = z.object({ kind: z.enum(HYGIENE_KINDS) });

/**
 * POST /newsletter/hygiene/:id/act: does something about all people of one kind who are still open. 409 `count-changed`
 * when `count` is not the number of them (nothing is done without a number that somebody has seen), `hygiene-busy` while
 * the check runs or acts.
 */
export const hygieneActSchema = z.strictObject({
  kind: z.enum(HYGIENE_KINDS),
  count: z.number().int().min(1),
  action: z.discriminatedUnion('do', [
    z.strictObject({ do: z.literal('suppress') }),
    z.strictObject({ do: z.literal('remove-from-list'), list: documentIdSchema }),
    z.strictObject({
      do: z.literal('tag'),
      /** Name of the segment that is made; the sunset rule's is made once and keeps its name. */
      name: z.string().trim().min(1).max(200),
      /** What the attribute that marks them is called. */
      label: z.string().trim().min(1).max(100),
    }),
  ]),
});
export type HygieneAct = z.input<typeof hygieneActSchema>;

/**
 * The sunset rule. Opens and clicks by machines do not count as signs of life; campaigns that went out without open
 * tracking do not count as ignored.
 */
export const sunsetSchema = z.strictObject({
  /** Months without an open or a click, and since joining. */
  months: z.number().int().min(1).max(60).default(12),
  /** Tracked campaigns that must have been accepted for the person in that time. */
  campaigns: z.number().int().min(1).max(1000).default(6),
  /** Days between marking and suppressing. */
  waitDays: z.number().int().min(1).max(365).default(30),
  /** true: once a day, people are marked, and those who are due are suppressed, without anybody being asked. */
  automatic: z.boolean().default(false),
});
export type SunsetSettings = z.output<typeof sunsetSchema>;

/** GET /newsletter/hygiene/sunset. The rule itself is changed with the settings. */
export interface SunsetDto extends SunsetSettings {
  /** People who are marked as inactive now. */
  marked: number;
  /** The segment of those who are marked; null: none was made yet, or it was deleted. */
  segment: { documentId: string; name: string } | null;
  /** false: opens are not tracked, so that the rule cannot tell who is inactive. */
  tracked: boolean;
}
