import { describe, expect, it } from 'vitest';
import type { RateSeries } from '../../../shared/contracts';
import { FEEDBACK_KINDS, FEEDBACK_RESULTS, SUPPRESSION_REASONS } from '../../../shared/contracts';
import {
  levelOf,
  pointsOf,
  rateOf,
  sumDays,
  topOf,
} from '../../../admin/src/pages/Deliverability/rates/rates';
import { KINDS, REASONS, RESULTS } from '../../../admin/src/pages/Deliverability/words';
import { en } from '../../../admin/src/translations';

const none = { accepted: 0, hard: 0, soft: 0, block: 0, complaints: 0 };
const series = (key: string, days: RateSeries['days']): RateSeries => ({ key, label: key, days, ...none });

describe('rates', () => {
  it('divide dead addresses by all that were tried, complaints by what was accepted', () => {
    const counts = { accepted: 90, hard: 4, soft: 5, block: 1, complaints: 9 };
    expect(rateOf('bounces', counts)).toBe(4);
    expect(rateOf('complaints', counts)).toBe(10);
    expect(rateOf('bounces', none)).toBeNull();
    expect(rateOf('complaints', { ...none, hard: 3 })).toBeNull();
  });

  it('add up the days of all series, oldest first', () => {
    const days = sumDays([
      series('a', [{ ...none, day: '2026-11-02', accepted: 1, complaints: 1 }]),
      series('b', [
        { ...none, day: '2026-11-01', hard: 2 },
        { ...none, day: '2026-11-02', accepted: 3 },
      ]),
    ]);
    expect(days).toEqual([
      { ...none, day: '2026-11-01', hard: 2 },
      { ...none, day: '2026-11-02', accepted: 4, complaints: 1 },
    ]);
  });

  it('are worth a look from the first line on, and too high from the second', () => {
    expect([null, 0.09, 0.1, 0.29, 0.3].map((rate) => levelOf(rate, [0.1, 0.3]))).toEqual([
      ...['ok', 'ok', 'warn', 'warn', 'high'],
    ]);
  });

  it('stand in the chart by the calendar, below the top, and leave out days without mail', () => {
    const days = [
      { ...none, day: '2026-11-01', accepted: 90, hard: 10 },
      { ...none, day: '2026-11-02' },
      { ...none, day: '2026-11-11', accepted: 100 },
    ];
    const top = topOf(days, 'bounces', 5);
    expect(top).toBeCloseTo(11);
    expect(topOf([], 'bounces', 5)).toBe(6.25);
    const points = pointsOf(days, 'bounces', { width: 100, height: 110, top });
    expect(points.map(({ x, y }) => [x, Math.round(y)])).toEqual([
      [0, 10],
      [100, 110],
    ]);
  });
});

it('keeps the panel’s lists equal to the contract, with a text for each word', () => {
  const sorted = (words: readonly string[]) => [...words].sort();
  expect(sorted(REASONS)).toEqual(sorted(SUPPRESSION_REASONS));
  expect(sorted(RESULTS)).toEqual(sorted(FEEDBACK_RESULTS));
  expect(sorted(KINDS)).toEqual(sorted(FEEDBACK_KINDS));
  for (const [area, words] of Object.entries({ reason: REASONS, result: RESULTS, kind: KINDS }))
    for (const word of words) expect(en).toHaveProperty([`deliverability.${area}.${word}`]);
});
