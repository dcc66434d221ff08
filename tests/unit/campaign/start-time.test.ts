import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CampaignError } from '../../../server/src/campaign';
import { startTime, UNDO_MS } from '../../../server/src/campaign/start-time';

const NOW = Date.parse('2026-01-15T12:00:00Z');
const at = (time: string, timezone?: string) => startTime({ at: time, timezone }, NOW).at;
const iso = (time: string, timezone?: string) => new Date(at(time, timezone)).toISOString();

function refusalOf(time: string, timezone?: string): CampaignError {
  try {
    startTime({ at: time, timezone }, NOW);
  } catch (error) {
    if (error instanceof CampaignError) return error;
    throw error;
  }
  throw new Error(`${time} was taken`);
}

describe('startTime', () => {
  it('leaves half a minute to undo when no time is given, and keeps the zone', () => {
    expect(startTime({}, NOW)).toEqual({ at: NOW + UNDO_MS, timezone: 'UTC' });
    expect(startTime({ timezone: 'Asia/Tokyo' }, NOW)).toEqual({ at: NOW + 30_000, timezone: 'Asia/Tokyo' });
  });

  it('takes an instant as it is, whatever the zone', () => {
    expect(iso('2026-12-01T09:00:00Z', 'Asia/Tokyo')).toBe('2026-12-01T09:00:00.000Z');
    expect(iso('2026-12-01T09:00+09:00', 'Europe/Berlin')).toBe('2026-12-01T00:00:00.000Z');
  });

  it('reads a local time in the zone', () => {
    expect(iso('2026-12-01T09:00', 'Asia/Tokyo')).toBe('2026-12-01T00:00:00.000Z');
    expect(iso('2026-12-01 09:00', 'Europe/Berlin')).toBe('2026-12-01T08:00:00.000Z');
    expect(iso('2026-07-01T09:00', 'Europe/Berlin')).toBe('2026-07-01T07:00:00.000Z');
    expect(iso('2026-12-01T09:00')).toBe('2026-12-01T09:00:00.000Z');
  });

  it('refuses a local time that daylight saving skips, and takes its edges', () => {
    // Europe/Berlin, 29 March 2026: 02:00 becomes 03:00.
    const refused = refusalOf('2026-03-29T02:30', 'Europe/Berlin');
    expect(refused).toMatchObject({ code: 'time-does-not-exist', status: 400 });
    expect(refused.message).toContain('2026-03-29 02:30 does not exist in Europe/Berlin');
    expect(refused.message).toContain('03:30');
    expect(refusalOf('2026-03-29T02:00', 'Europe/Berlin').code).toBe('time-does-not-exist');
    expect(iso('2026-03-29T01:59', 'Europe/Berlin')).toBe('2026-03-29T00:59:00.000Z');
    expect(iso('2026-03-29T03:00', 'Europe/Berlin')).toBe('2026-03-29T01:00:00.000Z');
    // The same reading exists where nothing is skipped.
    expect(iso('2026-03-29T02:30', 'Asia/Tokyo')).toBe('2026-03-28T17:30:00.000Z');
    // America/Sao_Paulo-like gaps at midnight: Africa/Cairo, 24 April 2026, 00:00 becomes 01:00.
    expect(refusalOf('2026-04-24T00:30', 'Africa/Cairo').code).toBe('time-does-not-exist');
  });

  it('takes the first of two readings of a repeated local time', () => {
    // America/New_York, 1 November 2026: 02:00 EDT becomes 01:00 EST.
    expect(iso('2026-11-01T01:30', 'America/New_York')).toBe('2026-11-01T05:30:00.000Z');
    expect(iso('2026-11-01T00:59', 'America/New_York')).toBe('2026-11-01T04:59:00.000Z');
    expect(iso('2026-11-01T02:00', 'America/New_York')).toBe('2026-11-01T07:00:00.000Z');
    expect(iso('2026-11-01T01:30-05:00', 'America/New_York')).toBe('2026-11-01T06:30:00.000Z');
    expect(iso('2026-10-25T02:30', 'Europe/Berlin')).toBe('2026-10-25T00:30:00.000Z');
  });

  it('refuses the past, but not the last minute', () => {
    expect(refusalOf('2026-01-15T11:58:59Z')).toMatchObject({ code: 'time-past', status: 400 });
    expect(refusalOf('2025-12-01T09:00', 'Asia/Tokyo').message).toContain('(Asia/Tokyo) is in the past');
    expect(at('2026-01-15T11:59:30Z')).toBe(NOW);
  });

  it('refuses what is no time, and a year that cannot be meant', () => {
    for (const text of [
      '',
      'tomorrow',
      '2026-12-01',
      '2026-02-30T09:00',
      '2026-12-01T25:00Z',
      '1767225600000',
    ]) {
      expect(refusalOf(text).code, text).toBe('bad-time');
    }
    expect(refusalOf('2062-12-01T09:00').code).toBe('time-too-far');
    expect(() => startTime({ timezone: 'Mars/Olympus' }, NOW)).toThrow(CampaignError);
  });

  it('keeps the wall clock of every local time that it takes', () => {
    const zones = [
      'Europe/Berlin',
      'America/New_York',
      'Asia/Tokyo',
      'Australia/Lord_Howe',
      'Asia/Kathmandu',
    ];
    const time = fc.record({
      zone: fc.constantFrom(...zones),
      minute: fc.integer({ min: 60, max: 4 * 365 * 24 * 60 }),
    });
    fc.assert(
      fc.property(time, ({ zone, minute }) => {
        const wall = new Date(Date.parse('2026-01-16T00:00:00Z') + minute * 60_000)
          .toISOString()
          .slice(0, 16);
        let instant: number;
        try {
          instant = at(wall, zone);
        } catch (error) {
          expect((error as CampaignError).code).toBe('time-does-not-exist');
          return;
        }
        // Intl is an implementation of the zones that luxon's arithmetic does not share.
        const shown = new Intl.DateTimeFormat('sv-SE', {
          timeZone: zone,
          dateStyle: 'short',
          timeStyle: 'short',
        });
        expect(shown.format(instant).replace(' ', 'T')).toBe(wall);
      }),
      { numRuns: 500 },
    );
  });
});
