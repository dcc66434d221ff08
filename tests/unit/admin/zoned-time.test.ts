import fc from 'fast-check';
import { DateTime } from 'luxon';
import { describe, expect, it } from 'vitest';
import {
  formatOffset,
  localParts,
  nextFullHour,
  resolveZonedTime,
} from '../../../admin/src/pages/Campaigns/review/zonedTime';

const ZONES = [
  'UTC',
  'Asia/Tokyo',
  'Europe/Berlin',
  'America/St_Johns',
  'Australia/Lord_Howe',
  'America/Sao_Paulo',
];

/** 0:00 to 3:59 of a Sunday in the months in which clocks change: one in forty or so is skipped or repeated. */
const nightOfAChange = fc
  .record({
    year: fc.integer({ min: 2015, max: 2034 }),
    month: fc.constantFrom(2, 3, 9, 10),
    week: fc.integer({ min: 0, max: 4 }),
    minute: fc.integer({ min: 0, max: 239 }),
  })
  .map(({ year, month, week, minute }) => {
    const first = new Date(Date.UTC(year, month, 1)).getUTCDay();
    return new Date(Date.UTC(year, month, 1 + ((7 - first) % 7) + 7 * week, 0, minute));
  });

describe('resolveZonedTime', () => {
  it('agrees with luxon for any wall-clock time', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.date({ min: new Date('2015-01-01'), max: new Date('2035-01-01'), noInvalidDate: true }),
          nightOfAChange,
        ),
        fc.constantFrom(...ZONES),
        (wall, zone) => {
          const date = wall.toISOString().slice(0, 10);
          const time = wall.toISOString().slice(11, 16);
          const expected = DateTime.fromISO(`${date}T${time}`, { zone });
          const exists = expected.toFormat('yyyy-MM-dd HH:mm') === `${date} ${time}`;
          const result = resolveZonedTime(date, time, zone);
          const possible = expected.getPossibleOffsets().map((one) => one.toMillis());
          expect(result).toMatchObject(
            exists
              ? {
                  kind: possible.length > 1 ? 'ambiguous' : 'exact',
                  instant: new Date(Math.min(...possible)),
                }
              : { kind: 'nonexistent' },
          );
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('refuses the hour that Berlin skips and takes the first of the one that it repeats', () => {
    expect(resolveZonedTime('2026-03-29', '02:30', 'Europe/Berlin')).toEqual({ kind: 'nonexistent' });
    expect(resolveZonedTime('2026-10-25', '02:30', 'Europe/Berlin')).toEqual({
      kind: 'ambiguous',
      instant: new Date('2026-10-25T00:30:00Z'),
      offsetMinutes: 120,
    });
  });

  it('says that an empty field is no time', () => {
    expect(resolveZonedTime('', '09:00', 'UTC')).toBeNull();
    expect(resolveZonedTime('2026-01-01', '', 'UTC')).toBeNull();
  });
});

describe('nextFullHour', () => {
  it('is the next full hour of the zone, also where offsets have half hours', () => {
    const now = Date.parse('2026-11-24T07:10:00Z');
    expect(nextFullHour(now, 'Asia/Tokyo')).toEqual({ date: '2026-11-24', time: '17:00' });
    expect(nextFullHour(now, 'America/St_Johns')).toEqual({ date: '2026-11-24', time: '04:00' });
  });

  it('leaves at least five minutes', () => {
    expect(nextFullHour(Date.parse('2026-11-24T07:57:00Z'), 'UTC').time).toBe('09:00');
  });
});

it('writes offsets with a sign and two digits', () => {
  expect([540, -210, 0].map(formatOffset)).toEqual(['UTC+09:00', 'UTC−03:30', 'UTC±00:00']);
  expect(localParts(0, 'Asia/Tokyo')).toEqual({ date: '1970-01-01', time: '09:00' });
});
