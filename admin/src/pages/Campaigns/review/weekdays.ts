import { useMemo } from 'react';
import { useIntl } from 'react-intl';

/** 2024 began with a Monday. */
const MONDAY = Date.UTC(2024, 0, 1);

/** Short names of ISO weekdays (1 Monday … 7 Sunday) in the panel's language. */
export function useWeekdays(): (day: number) => string {
  const { locale } = useIntl();
  return useMemo(() => {
    const names = new Intl.DateTimeFormat(locale, { weekday: 'short', timeZone: 'UTC' });
    return (day) => names.format(MONDAY + (day - 1) * 86_400_000);
  }, [locale]);
}

/** Weekdays as runs: 1, 2, 3, 5 → [[1, 3], [5, 5]]. */
export function dayRuns(days: readonly number[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const day of [...days].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last && last[1] === day - 1) last[1] = day;
    else runs.push([day, day]);
  }
  return runs;
}
