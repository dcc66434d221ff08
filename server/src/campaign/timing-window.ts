import { DateTime } from 'luxon';
import type { SendWindow } from '../../../shared/contracts';

/** A stretch in which may be sent, in milliseconds since 1970; `until` is not included. */
export interface Opening {
  from: number;
  until: number;
}

/** A week and the day before it: a window of one weekday that began yesterday or comes in seven days. */
const DAYS = 9;

/**
 * When a wall-clock time (`2026-12-01T09:00`) is in a zone. A time that daylight saving skips moves forward by the
 * length of the gap; one that it repeats means the first.
 */
export function zonedInstant(wallTime: string, zone: string): number {
  return instantOf(DateTime.fromISO(wallTime, { zone: 'UTC' }), zone);
}

function instantOf(wall: DateTime, zone: string): number {
  const local = wall.setZone(zone, { keepLocalTime: true });
  return Math.min(...local.getPossibleOffsets().map((time) => time.toMillis()));
}

/**
 * The opening of a window that holds an instant, or the next one. A window that daylight saving swallows whole has no
 * opening on that day.
 */
export function openingAt(window: SendWindow, zone: string, at: number): Opening {
  const today = DateTime.fromMillis(at, { zone }).setZone('UTC', { keepLocalTime: true }).startOf('day');
  // Equal times are the whole day, so that they reach into the next one too.
  const crosses = window.to <= window.from;
  for (let day = -1; day < DAYS; day++) {
    const date = today.plus({ days: day });
    if (!window.weekdays.includes(date.weekday)) continue;
    const from = instantOf(atClock(date, window.from), zone);
    const until = instantOf(atClock(crosses ? date.plus({ days: 1 }) : date, window.to), zone);
    if (at < until && from < until) return { from, until };
  }
  // Only a window within the hour that daylight saving skips, on the weekday of the change, comes here.
  return openingAt(window, zone, at + DAYS * 86_400_000);
}

const atClock = (date: DateTime, clock: string) =>
  date.set({ hour: Number(clock.slice(0, 2)), minute: Number(clock.slice(3)) });

/** The instant itself when the window is open then, else when it opens next. Without a window: the instant. */
export function nextOpening(window: SendWindow | null, zone: string, at: number): number {
  return window === null ? at : Math.max(at, openingAt(window, zone, at).from);
}
