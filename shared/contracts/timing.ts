import { z } from 'zod';
import type { PreflightItem } from './campaigns';

const clockSchema = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'is not a time of day such as 09:00');

/**
 * The hours and weekdays in which a campaign may be sent. A window whose end is not after its beginning goes on into
 * the next day (22:00–06:00), and the weekday is that of its beginning; equal times mean the whole day.
 */
export const sendWindowSchema = z.strictObject({
  from: clockSchema,
  /** Not included. 00:00: midnight. */
  to: clockSchema,
  /** ISO 8601 weekdays: 1 Monday … 7 Sunday. */
  weekdays: z
    .array(z.number().int().min(1).max(7))
    .min(1, 'A send window needs at least one weekday.')
    .max(7)
    .refine((days) => new Set(days).size === days.length, 'A weekday is named twice.'),
});
export type SendWindow = z.output<typeof sendWindowSchema>;

/** Minutes between two waves: five minutes to a week. */
export const WAVE_MINUTES = { min: 5, max: 10_080 } as const;

const everyMinutes = z.number().int().min(WAVE_MINUTES.min).max(WAVE_MINUTES.max);

/**
 * A campaign in parts, each to a random sample of its recipients: a `share` of them in percent, or a `count`. The
 * count is turned into a share when sending begins, so that a wave can differ from it by a few.
 */
export const wavesSchema = z.union(
  [
    z.strictObject({ everyMinutes, share: z.number().int().min(1).max(99) }),
    z.strictObject({ everyMinutes, count: z.number().int().min(1).max(100_000_000) }),
  ],
  'Waves need either a share from 1 to 99 percent or a count of at least 1, and 5 to 10,080 minutes between them.',
);
export type Waves = z.output<typeof wavesSchema>;

/**
 * When, besides its start, a campaign may be sent. All three go together:
 * - `localTime` moves the start to the same wall-clock time in each recipient's zone; needs a date and time, so that
 *   such a campaign cannot be sent "now".
 * - `window` holds back what would go out at another time until the window opens again: in the recipient's zone with
 *   `localTime`, else in the campaign's. Retries wait for it as well.
 * - `waves` begin at the start (of each zone, with `localTime`), and the next one follows after `everyMinutes`; one
 *   that would begin outside the window begins when it opens, and those after it are counted from there.
 */
export const timingSchema = z.strictObject({
  localTime: z.boolean().default(false),
  window: sendWindowSchema.nullable().default(null),
  waves: wavesSchema.nullable().default(null),
});
export type Timing = z.output<typeof timingSchema>;

export const NO_TIMING: Timing = { localTime: false, window: null, waves: null };

/** GET /newsletter/campaigns/:id/timing?at=&timezone=: as for scheduling; a scheduled campaign answers as it was. */
export const timingQuerySchema = z.object({
  at: z.string().max(40).optional(),
  timezone: z.string().max(64).optional(),
});

/** What a timing means for the recipients as they are now. */
export interface TimingPlan {
  timing: Timing;
  /** The campaign's zone, and the wall-clock time (`2026-12-01T09:00`) that was chosen; null: now. */
  timezone: string;
  wallTime: string | null;
  /** When the first message may go, and when the last wave of the last zone begins. */
  firstAt: string;
  lastAt: string;
  /** When it will be over at the campaign's pace; null without a pace, since nobody knows how fast the servers take it. */
  endsAt: string | null;
  /** Zones among the recipients, those without one counted as the campaign's. */
  zones: number;
  waves: number;
  recipients: number;
  /** Recipients without a zone of their own, with `localTime`. */
  withoutZone: number;
  /** Recipients in whose zone the time has passed already, with `localTime`: they get it at once. */
  passed: number;
  /** What speaks against it; `blocking` findings refuse scheduling. */
  problems: PreflightItem[];
}
