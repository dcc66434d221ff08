import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { timingSchema, type SendWindow } from '../../../shared/contracts';
import { nextOpening, openingAt, zonedInstant } from '../../../server/src/campaign/timing-window';

const ZONES = ['UTC', ...Intl.supportedValuesOf('timeZone')];
const MINUTE = 60_000;
const DAY = 86_400_000;
const FROM = Date.UTC(2026, 0, 1);
const TO = Date.UTC(2028, 0, 1);

const formats = new Map<string, Intl.DateTimeFormat>();
/** The wall clock as ICU itself shows it, in milliseconds as if it were UTC: not by the library under test. */
function wallClock(at: number, zone: string): number {
  const format =
    formats.get(zone) ??
    new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  formats.set(zone, format);
  const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(part.year!, part.month! - 1, part.day, part.hour, part.minute, part.second);
}

const wallText = (wall: number) => new Date(wall).toISOString().slice(0, 16);

describe('a wall-clock time in a zone', () => {
  /** What zonedInstant must give, found by looking at every instant that could be meant. */
  function judge(wall: number, zone: string): void {
    const found = zonedInstant(wallText(wall), zone);
    const shown = wallClock(found, zone);
    if (shown === wall) {
      // The first of its occurrences: clocks are put back by two hours at most.
      for (const back of [20, 30, 60, 90, 120]) expect(wallClock(found - back * MINUTE, zone)).not.toBe(wall);
      return;
    }
    // Skipped: moved forward, past the gap, and by no more than the gap is long.
    expect(shown).toBeGreaterThan(wall);
    const gap = shown - wall;
    expect(gap).toBeLessThanOrEqual(120 * MINUTE);
    for (let at = found - 4 * 60 * MINUTE; at <= found + 4 * 60 * MINUTE; at += 10 * MINUTE) {
      expect(wallClock(at, zone)).not.toBe(wall);
    }
  }

  it('is shown by the clocks of every zone, whatever the season', () => {
    for (const zone of ZONES) {
      for (const month of [0, 3, 6, 9]) judge(Date.UTC(2026, month, 15, 9, 0), zone);
    }
  });

  it('is the first of two, or past the gap, when the clocks of any zone are changed', () => {
    let changes = 0;
    for (const zone of ZONES) {
      let offset = wallClock(FROM, zone) - FROM;
      for (let at = FROM; at < FROM + 366 * DAY; at += DAY) {
        const next = wallClock(at + DAY, zone) - (at + DAY);
        if (next === offset) continue;
        changes += 1;
        offset = next;
        const day = Math.floor(wallClock(at, zone) / DAY) * DAY;
        for (let wall = day; wall < day + 2 * DAY; wall += 30 * MINUTE) judge(wall, zone);
      }
    }
    expect(changes).toBeGreaterThan(100);
  });

  it('names the two well-known cases', () => {
    const iso = (wall: string, zone: string) => new Date(zonedInstant(wall, zone)).toISOString();
    expect(iso('2027-03-28T02:30', 'Europe/Berlin')).toBe('2027-03-28T01:30:00.000Z'); // 03:30 summer time
    expect(iso('2026-10-25T02:30', 'Europe/Berlin')).toBe('2026-10-25T00:30:00.000Z'); // the first 02:30
    expect(iso('2026-12-01T09:00', 'Pacific/Kiritimati')).toBe('2026-11-30T19:00:00.000Z');
  });
});

describe('a send window', () => {
  const window = (from: string, to: string, weekdays = [1, 2, 3, 4, 5, 6, 7]): SendWindow => ({
    from,
    to,
    weekdays,
  });
  const clock = fc
    .tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom(0, 15, 30, 59))
    .map(([h, m]) => `${String(h).padStart(2, '0')}:${String(m).padStart(2, '0')}`);
  const anyWindow = fc.record({
    from: clock,
    to: clock,
    weekdays: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 7 }),
  });

  const minutesOf = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
  /** Whether the clock on the wall, and the calendar beside it, allow an instant. Exact away from clock changes. */
  function allows({ from, to, weekdays }: SendWindow, zone: string, at: number): boolean {
    const wall = wallClock(at, zone);
    const minute = Math.floor((wall % DAY) / MINUTE);
    const today = ((new Date(wall).getUTCDay() + 6) % 7) + 1;
    const yesterday = ((today + 5) % 7) + 1;
    const [begin, end] = [minutesOf(from), minutesOf(to)];
    if (begin < end) return weekdays.includes(today) && minute >= begin && minute < end;
    return (weekdays.includes(today) && minute >= begin) || (weekdays.includes(yesterday) && minute < end);
  }
  const changesNear = (zone: string, at: number) =>
    new Set([-2, -1, 0, 1, 2].map((days) => wallClock(at + days * DAY, zone) - (at + days * DAY))).size > 1;

  it('opens exactly when the clocks and calendars of the zone say so', () => {
    fc.assert(
      fc.property(
        anyWindow,
        fc.constantFrom(...ZONES),
        fc.integer({ min: FROM / MINUTE, max: TO / MINUTE }).map((minute) => minute * MINUTE),
        (open, zone, at) => {
          fc.pre(wallClock(at, zone) % MINUTE === 0);
          const next = nextOpening(open, zone, at);
          expect(next).toBeGreaterThanOrEqual(at);
          expect(next - at).toBeLessThan(9 * DAY);
          expect(nextOpening(open, zone, next)).toBe(next);
          if (changesNear(zone, at) || changesNear(zone, next)) return;
          expect(next === at).toBe(allows(open, zone, at));
          expect(allows(open, zone, next)).toBe(true);
          if (next > at) expect(allows(open, zone, next - 1000)).toBe(false);
          const { until } = openingAt(open, zone, next);
          if (changesNear(zone, until)) return;
          expect(allows(open, zone, until - 1000)).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('crosses midnight under the weekday of its beginning, and equal times are the whole day', () => {
    const friday = window('22:00', '06:00', [5]);
    const at = (iso: string) => Date.parse(iso);
    expect(nextOpening(friday, 'UTC', at('2026-11-28T05:59Z'))).toBe(at('2026-11-28T05:59Z')); // Saturday
    expect(nextOpening(friday, 'UTC', at('2026-11-28T06:00Z'))).toBe(at('2026-12-04T22:00Z'));
    expect(nextOpening(friday, 'UTC', at('2026-11-27T05:00Z'))).toBe(at('2026-11-27T22:00Z'));
    const monday = window('00:00', '00:00', [1]);
    expect(nextOpening(monday, 'Asia/Tokyo', at('2026-11-29T15:00Z'))).toBe(at('2026-11-29T15:00Z'));
    expect(nextOpening(monday, 'Asia/Tokyo', at('2026-11-30T15:00Z'))).toBe(at('2026-12-06T15:00Z'));
  });

  it('skips the day on which daylight saving swallows it', () => {
    const night = window('02:00', '03:00');
    const before = Date.parse('2027-03-28T00:00Z');
    expect(new Date(nextOpening(night, 'Europe/Berlin', before)).toISOString()).toBe(
      '2027-03-29T00:00:00.000Z',
    );
    const sunday = window('02:00', '03:00', [7]);
    expect(nextOpening(sunday, 'Europe/Berlin', before)).toBe(Date.parse('2027-04-04T00:00Z'));
  });
});

describe('the timing that an editor may ask for', () => {
  const problem = (input: unknown) => timingSchema.safeParse(input).error?.issues[0]?.message ?? null;

  it('takes each part alone and all together', () => {
    expect(timingSchema.parse({})).toEqual({ localTime: false, window: null, waves: null });
    const all = {
      localTime: true,
      window: { from: '22:00', to: '06:00', weekdays: [1, 5] },
      waves: { everyMinutes: 60, share: 10 },
    };
    expect(timingSchema.parse(all)).toEqual(all);
    expect(problem({ waves: { everyMinutes: 60, count: 500 } })).toBeNull();
  });

  it('refuses the rest with a sentence', () => {
    expect(problem({ window: { from: '09:00', to: '17:00', weekdays: [] } })).toMatch(/at least one weekday/);
    expect(problem({ window: { from: '09:00', to: '17:00', weekdays: [1, 1] } })).toMatch(/twice/);
    expect(problem({ window: { from: '9', to: '17:00', weekdays: [1] } })).toMatch(/time of day/);
    expect(problem({ window: { from: '09:00', to: '24:00', weekdays: [1] } })).toMatch(/time of day/);
    for (const waves of [
      { everyMinutes: 60 },
      { everyMinutes: 60, share: 100 },
      { everyMinutes: 60, share: 10, count: 5 },
      { everyMinutes: 1, count: 5 },
      { everyMinutes: 60, count: 0 },
    ]) {
      expect(problem({ waves })).toMatch(/share from 1 to 99 percent or a count|Too (big|small)/);
    }
  });
});
