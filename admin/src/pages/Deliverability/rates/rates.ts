import type { DeliverabilityDto, RateCounts, RateSeries } from '../../../../../shared/contracts';

export const METRICS = ['bounces', 'complaints'] as const;
export type Metric = (typeof METRICS)[number];

/** In percent; null: nothing to divide by. */
export function rateOf(
  metric: Metric,
  { accepted, hard, soft, block, complaints }: RateCounts,
): number | null {
  const [part, whole] =
    metric === 'bounces' ? [hard, accepted + hard + soft + block] : [complaints, accepted];
  return whole > 0 ? (100 * part) / whole : null;
}

/** All that were tried. */
export const settledOf = ({ accepted, hard, soft, block }: RateCounts): number =>
  accepted + hard + soft + block;

export type RateDay = RateSeries['days'][number];

/** The days of all series, summed up by day. */
export function sumDays(series: readonly RateSeries[]): RateDay[] {
  const sums = new Map<string, RateDay>();
  for (const day of series.flatMap(({ days }) => days)) {
    const sum = sums.get(day.day) ?? { day: day.day, accepted: 0, hard: 0, soft: 0, block: 0, complaints: 0 };
    for (const name of ['accepted', 'hard', 'soft', 'block', 'complaints'] as const) sum[name] += day[name];
    sums.set(day.day, sum);
  }
  return [...sums.values()].sort((a, b) => (a.day < b.day ? -1 : 1));
}

export type Level = 'ok' | 'warn' | 'high';

/** Where a rate stands between its two lines. */
export function levelOf(rate: number | null, [warn, high]: readonly [number, number]): Level {
  if (rate === null || rate < warn) return 'ok';
  return rate < high ? 'warn' : 'high';
}

/** Positions of a line over days; days are as far apart as on the calendar, so that gaps show. */
export function pointsOf(
  days: readonly RateDay[],
  metric: Metric,
  { width, height, top }: { width: number; height: number; top: number },
): { x: number; y: number; day: RateDay; rate: number }[] {
  const times = days.map(({ day }) => Date.parse(day));
  const [first, last] = [times[0] ?? 0, times.at(-1) ?? 0];
  return days.flatMap((day, nth) => {
    const rate = rateOf(metric, day);
    if (rate === null) return [];
    const x = last === first ? width / 2 : (width * ((times[nth] ?? 0) - first)) / (last - first);
    return [{ x, y: height - (height * Math.min(rate, top)) / top, day, rate }];
  });
}

/** The top of the scale: a bit above the upper line, or above the highest rate when that is higher. */
export function topOf(days: readonly RateDay[], metric: Metric, high: number): number {
  const rates = days.map((day) => rateOf(metric, day) ?? 0);
  return Math.max(high * 1.25, ...rates.map((rate) => rate * 1.1));
}

/** In percent: where a rate is worth a look, and where it is too high. */
export function linesOf({ lines }: DeliverabilityDto, metric: Metric): readonly [number, number] {
  return metric === 'bounces'
    ? [lines.bounceWarn, lines.bouncePause]
    : [lines.complaintWarn, lines.complaintPause];
}
