/**
 * A wall-clock time in a zone. Clocks that are put forward skip times (`nonexistent`); clocks that are put back repeat
 * them (`ambiguous`: the earlier instant is the one that is used).
 */
export type ZonedTime =
  | { kind: 'nonexistent' }
  | { kind: 'exact' | 'ambiguous'; instant: Date; offsetMinutes: number };

/** Offset of `zone` from UTC at an instant, in minutes (Tokyo: 540). */
export function offsetAt(instant: number, zone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(instant);
  const part = (type: Intl.DateTimeFormatPartTypes) =>
    Number(parts.find((entry) => entry.type === type)?.value);
  const local = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  );
  return Math.round((local - Math.floor(instant / 1000) * 1000) / 60_000);
}

/**
 * Which instant a date (`2026-03-29`) and a time (`02:30`) mean in an IANA zone; null when they are not a date and a
 * time. An offset change happens at most once within a day, so the offsets of a day before and after are all there are.
 */
export function resolveZonedTime(date: string, time: string, zone: string): ZonedTime | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date);
  const clock = /^(\d{2}):(\d{2})(?::\d{2})?$/.exec(time);
  if (!match || !clock) return null;
  const local = Date.UTC(
    Number(match[1]),
    Number(match[2]) - 1,
    Number(match[3]),
    Number(clock[1]),
    Number(clock[2]),
  );
  const day = 86_400_000;
  const offsets = [...new Set([offsetAt(local - day, zone), offsetAt(local + day, zone)])];
  const fitting = offsets
    .map((offset) => ({ offset, instant: local - offset * 60_000 }))
    .filter(({ offset, instant }) => offsetAt(instant, zone) === offset)
    .sort((a, b) => a.instant - b.instant);
  const first = fitting[0];
  if (!first) return { kind: 'nonexistent' };
  return {
    kind: fitting.length > 1 ? 'ambiguous' : 'exact',
    instant: new Date(first.instant),
    offsetMinutes: first.offset,
  };
}

/** `UTC+09:00`, `UTC−03:30`, `UTC±00:00`. */
export function formatOffset(minutes: number): string {
  const sign = minutes > 0 ? '+' : minutes < 0 ? '−' : '±';
  const absolute = Math.abs(minutes);
  const two = (value: number) => String(value).padStart(2, '0');
  return `UTC${sign}${two(Math.floor(absolute / 60))}:${two(absolute % 60)}`;
}

/** Date and time fields of an instant in a zone. */
export function localParts(instant: number, zone: string): { date: string; time: string } {
  const local = new Date(instant + offsetAt(instant, zone) * 60_000).toISOString();
  return { date: local.slice(0, 10), time: local.slice(11, 16) };
}

/** The next full hour in a zone, at least five minutes ahead: what a schedule starts with. */
export function nextFullHour(now: number, zone: string): { date: string; time: string } {
  const offset = offsetAt(now, zone) * 60_000;
  const hour = 3_600_000;
  const next = Math.ceil((now + offset + 300_000) / hour) * hour - offset;
  return localParts(next, zone);
}

export const browserZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

/** Every zone that the browser knows, with UTC, which browsers leave out of the list. */
export function allZones(): string[] {
  return [...new Set(['UTC', browserZone(), ...Intl.supportedValuesOf('timeZone')])].sort();
}
