const DAY_MS = 86_400_000;

/** The UTC day of an instant (milliseconds since 1970), `YYYY-MM-DD`. */
export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** First millisecond of a UTC day. */
export const dayStart = (day: string): number => Date.parse(`${day}T00:00:00Z`);

/** Days for which a test is true: `from` is the first one, `to` the first one after them; null: no bound. */
export interface DayRange {
  from: string | null;
  to: string | null;
}

export type RangedTest =
  | { operator: 'on' | 'before' | 'after'; value: string }
  | { operator: 'between'; value: readonly [string, string] }
  | {
      operator: 'inLast' | 'notInLast' | 'moreThanAgo' | 'exactlyAgo' | 'inNext' | 'exactlyAhead';
      value: number;
    };

/**
 * The days that a date operator means; for `notInLast` those of `inLast`, whose opposite it is.
 * @param now milliseconds since 1970
 */
export function dayRange(test: RangedTest, now: number): DayRange {
  const ahead = (days: number) => dayOf(now + days * DAY_MS);
  switch (test.operator) {
    case 'on':
      return { from: test.value, to: dayAfter(test.value) };
    case 'before':
      return { from: null, to: test.value };
    case 'after':
      return { from: dayAfter(test.value), to: null };
    case 'between':
      return { from: test.value[0], to: dayAfter(test.value[1]) };
    case 'inLast':
    case 'notInLast':
      return { from: ahead(-test.value), to: ahead(1) };
    case 'moreThanAgo':
      return { from: null, to: ahead(-test.value) };
    case 'exactlyAgo':
      return { from: ahead(-test.value), to: ahead(1 - test.value) };
    case 'inNext':
      return { from: ahead(0), to: ahead(test.value + 1) };
    case 'exactlyAhead':
      return { from: ahead(test.value), to: ahead(test.value + 1) };
  }
}

const dayAfter = (day: string) => dayOf(dayStart(day) + DAY_MS);
