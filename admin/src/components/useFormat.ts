import { useMemo } from 'react';
import { useIntl } from 'react-intl';

export interface Format {
  number(value: number): string;
  /** `part` of `whole` as a percentage with at most one decimal; a dash when there is no whole. */
  percent(part: number, whole: number): string;
  /** Date and time in `timezone` (the browser's by default), with the zone's short name. */
  dateTime(iso: string, timezone?: string | null): string;
  /** Date and time without the zone's name. */
  shortDateTime(iso: string, timezone?: string | null): string;
  /** A day of the UTC calendar, from YYYY-MM-DD. */
  day(iso: string): string;
  /** "3 minutes ago", "in 2 days". */
  relative(iso: string, now?: number): string;
}

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];

/** Numbers and times as the panel's language writes them. */
export function useFormat(): Format {
  const { locale } = useIntl();
  return useMemo(() => {
    const numbers = new Intl.NumberFormat(locale);
    const percents = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 });
    const relatives = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
    const dates = (iso: string, options: Intl.DateTimeFormatOptions, timezone?: string | null) =>
      new Intl.DateTimeFormat(locale, { ...options, timeZone: timezone ?? undefined }).format(new Date(iso));
    const parts = {
      year: 'numeric',
      month: 'short',
      day: 'numeric',
      hour: 'numeric',
      minute: '2-digit',
    } as const;
    return {
      number: (value) => numbers.format(value),
      percent: (part, whole) => (whole > 0 ? percents.format(part / whole) : '–'),
      dateTime: (iso, timezone) => dates(iso, { ...parts, timeZoneName: 'short' }, timezone),
      shortDateTime: (iso, timezone) => dates(iso, parts, timezone),
      day: (iso) => dates(iso, { year: 'numeric', month: 'short', day: 'numeric' }, 'UTC'),
      relative: (iso, now = Date.now()) => {
        const seconds = Math.round((new Date(iso).getTime() - now) / 1000);
        for (const [unit, size] of UNITS) {
          if (Math.abs(seconds) >= size) return relatives.format(Math.round(seconds / size), unit);
        }
        return relatives.format(seconds, 'second');
      },
    };
  }, [locale]);
}
