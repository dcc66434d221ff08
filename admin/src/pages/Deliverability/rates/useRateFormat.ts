import { useMemo } from 'react';
import { useIntl } from 'react-intl';

/** "0.12%": complaint rates are judged by hundredths of a percent. A dash for null. */
export function useRateFormat(): (percent: number | null) => string {
  const { locale } = useIntl();
  return useMemo(() => {
    const rates = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 2 });
    return (percent) => (percent === null ? '–' : rates.format(percent / 100));
  }, [locale]);
}
