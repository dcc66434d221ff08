import { DateTime, IANAZone } from 'luxon';
import type { ScheduleInput } from '../../../shared/contracts';
import { CampaignError } from './errors';

/** "Send now" waits this long, so that it can be undone. */
export const UNDO_MS = 30_000;

/** A clock that lags or a form that stood open a little: not worth a refusal. */
const TOLERATED_PAST_MS = 60_000;
const MAX_YEARS = 5;

const LOCAL = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/i;

/**
 * When a campaign starts, in milliseconds since 1970, and the zone that is kept with it.
 *
 * A local time that daylight saving skips is refused; one that it repeats means its first occurrence. Up to a minute
 * in the past counts as now.
 * @throws CampaignError 400 with a sentence: no time at all, skipped, past, or more than five years away
 */
export function startTime(input: ScheduleInput, now: number): { at: number; timezone: string } {
  const timezone = input.timezone ?? 'UTC';
  if (!IANAZone.isValidZone(timezone)) {
    throw bad('bad-time', `"${timezone}" is not an IANA time zone such as Europe/Berlin or Asia/Tokyo.`);
  }
  if (input.at === undefined) return { at: now + UNDO_MS, timezone };
  const at = readInstant(input.at.trim(), timezone);
  if (at < now - TOLERATED_PAST_MS) {
    throw bad('time-past', `${describe(at, timezone)} is in the past. Choose a later time, or send now.`);
  }
  if (at > DateTime.fromMillis(now).plus({ years: MAX_YEARS }).toMillis()) {
    throw bad(
      'time-too-far',
      `${describe(at, timezone)} is more than ${MAX_YEARS} years away. Check the year.`,
    );
  }
  return { at: Math.max(at, now), timezone };
}

function readInstant(text: string, timezone: string): number {
  const iso = text.replace(' ', 'T');
  if (INSTANT.test(text)) {
    const time = DateTime.fromISO(iso.toUpperCase());
    if (time.isValid) return time.toMillis();
  }
  const wall = LOCAL.test(text) ? DateTime.fromISO(iso, { zone: 'UTC' }) : null;
  if (!wall?.isValid) {
    throw bad('bad-time', `"${text}" is not a time. Write it like 2026-12-01T09:00 or 2026-12-01T09:00:00Z.`);
  }
  const local = wall.setZone(timezone, { keepLocalTime: true });
  // luxon moves a skipped local time past the gap instead of refusing it.
  if (local.hour !== wall.hour || local.minute !== wall.minute || local.day !== wall.day) {
    throw bad(
      'time-does-not-exist',
      `${wall.toFormat('yyyy-MM-dd HH:mm')} does not exist in ${timezone}: the clocks are put forward then. Choose ${local.toFormat('HH:mm')} or another time.`,
    );
  }
  return Math.min(...local.getPossibleOffsets().map((time) => time.toMillis()));
}

const describe = (at: number, zone: string) =>
  `${DateTime.fromMillis(at, { zone }).toFormat('yyyy-MM-dd HH:mm')} (${zone})`;

const bad = (code: 'bad-time' | 'time-does-not-exist' | 'time-past' | 'time-too-far', sentence: string) =>
  new CampaignError(code, 400, sentence);
