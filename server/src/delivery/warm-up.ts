import type { WarmUpConfig } from '../config';

/**
 * Messages per day while a source address earns trust: what SendGrid lets a new address send per hour, ten times over,
 * up to 50,000 on day 18; Amazon SES comes to the same number in about 45 days.
 */
export const DEFAULT_PLAN: readonly number[] = [
  200, 280, 390, 550, 770, 1080, 1500, 2100, 2950, 4100, 5800, 8100, 10_000, 15_900, 22_000, 31_000, 43_500,
  50_000,
];
const GROWTH = 1.4;
/** From so many a day on, an address counts as warm. */
export const WARM_QUOTA = 1_000_000;
/** No receiver gets more of a day's messages. */
export const LARGEST_SHARE = 0.5;
/** A day's messages are spread over at least so long. */
export const SPREAD_MS = 10 * 3_600_000;
/** After so many days without mail, receivers have forgotten the address. */
const FORGOTTEN_DAYS = 30;
const DAY_MS = 86_400_000;

/** What a day brought. */
export interface WarmUpDay {
  /** YYYY-MM-DD, UTC. */
  day: string;
  /** Day of the plan, from 1. */
  step: number;
  /** Messages that were allowed. */
  quota: number;
  accepted: number;
  /** Answers "later", whatever for. */
  deferred: number;
  /** Addresses that do not exist. */
  hard: number;
  /** Refusals that are about our reputation. */
  blocked: number;
  complaints: number;
}

export type WarmUpColour = 'green' | 'yellow' | 'red';

/** The UTC day of an instant, as YYYY-MM-DD. */
export const dayOf = (now: number): string => new Date(now).toISOString().slice(0, 10);

/** When a UTC day begins, milliseconds since 1970. */
export const startOfDay = (day: string): number => Date.parse(`${day}T00:00:00Z`);

/** Messages on a day of the plan. @param step from 1 */
export function quotaOf(step: number, plan: readonly number[] = DEFAULT_PLAN): number {
  const within = plan[Math.max(1, step) - 1];
  if (within !== undefined) return within;
  const further = plan.at(-1)! * GROWTH ** (step - plan.length);
  return Math.min(WARM_QUOTA, Math.round(further));
}

/** Answers below which shares say nothing. */
const FEWEST = 20;

/**
 * Green: less than 5 % put off, less than 2 % dead addresses, less than 0.1 % complaints. Red: 5 % dead addresses, 0.3 %
 * complaints, or 1 % refused for our reputation. Yellow: what is between.
 */
export function colourOf(day: Omit<WarmUpDay, 'day' | 'step' | 'quota'>): WarmUpColour {
  const tries = day.accepted + day.deferred + day.hard + day.blocked;
  if (tries < FEWEST) return 'green';
  const complaints = day.accepted > 0 ? day.complaints / day.accepted : 0;
  if (day.hard / tries >= 0.05 || day.blocked / tries >= 0.01 || complaints >= 0.003) return 'red';
  const isGreen = day.deferred / tries < 0.05 && day.hard / tries < 0.02 && complaints < 0.001;
  return isGreen ? 'green' : 'yellow';
}

/**
 * The step of a new day: one further after a green day of which at least half was used, the same after a yellow or little
 * used one, two back after a red one, and from the beginning after 30 days without mail.
 * @param last the last day with mail; null: none is known, and the configured date counts
 */
export function stepOf(today: string, last: WarmUpDay | null, { startedOn }: WarmUpConfig): number {
  const days = (from: string) => Math.floor((startOfDay(today) - startOfDay(from)) / DAY_MS);
  if (!last) return Math.max(0, days(startedOn) + 1);
  if (days(last.day) > FORGOTTEN_DAYS) return 1;
  const colour = colourOf(last);
  if (colour === 'red') return Math.max(1, last.step - 2);
  const used = last.accepted + last.deferred + last.hard + last.blocked;
  return colour === 'yellow' || used < last.quota / 2 ? last.step : last.step + 1;
}

/** Messages per second on average while a day's are sent; Infinity: the address is warm. */
export const perSecondOf = (quota: number): number =>
  quota >= WARM_QUOTA ? Infinity : (quota / SPREAD_MS) * 1000;

/**
 * How many of a day's messages may have been sent by now.
 * @param startedAt when the first one was, milliseconds since 1970; 0: none yet
 */
export function allowedBy(now: number, quota: number, startedAt: number): number {
  if (startedAt === 0) return Math.min(1, quota);
  return Math.min(quota, 1 + Math.floor(((now - startedAt) * quota) / SPREAD_MS));
}

/** When the next message may go after so many, milliseconds since 1970; the next day's begin when the day is used up. */
export function nextAt(day: string, quota: number, startedAt: number, reserved: number): number {
  if (reserved >= quota) return startOfDay(day) + DAY_MS;
  return startedAt + Math.ceil((reserved * SPREAD_MS) / quota);
}
