import { useIntl } from 'react-intl';
import type { SendWindow, TimingPlan } from '../../../../../shared/contracts';
import { useFormat } from '../../../components/useFormat';
import { useText, type Text } from '../../../components/useText';
import { dayRuns, useWeekdays } from './weekdays';

/** What a timing means, in sentences: when the first and the last mail go out, in which parts and hours. */
export function useTimingText(): (plan: TimingPlan) => string[] {
  const t = useText();
  const format = useFormat();
  const { formatList } = useIntl();
  const weekday = useWeekdays();
  const days = (window: SendWindow) =>
    window.weekdays.length === 7
      ? t('timing.text.every-day')
      : formatList(
          dayRuns(window.weekdays).flatMap(([from, to]) =>
            to - from < 2
              ? Array.from({ length: to - from + 1 }, (_, nth) => weekday(from + nth))
              : [t('timing.text.days', { from: weekday(from), to: weekday(to) })],
          ),
          { type: 'conjunction' },
        );
  return (plan) => {
    const { timing, timezone, wallTime } = plan;
    const first = format.dateTime(plan.firstAt);
    const span = spanText(new Date(plan.lastAt).getTime() - new Date(plan.firstAt).getTime(), t);
    const time = wallTime?.slice(11, 16) ?? '';
    const lines: string[] = [];
    if (timing.localTime) {
      lines.push(
        span === null
          ? t('timing.text.local', { time, first })
          : t('timing.text.local-span', { time, first, span }),
      );
    } else lines.push(t('timing.text.first', { first }));
    if (timing.waves) {
      const every = spanText(timing.waves.everyMinutes * 60_000, t) ?? '';
      lines.push(
        plan.waves === 1
          ? t('timing.text.one-wave')
          : t('timing.text.waves', { count: plan.waves, every, last: format.dateTime(plan.lastAt) }),
      );
    }
    if (timing.window) {
      const { from, to } = timing.window;
      const hours = from === to ? t('timing.text.whole-day') : t('timing.text.hours', { from, to });
      const values = { hours, days: days(timing.window), zone: timezone };
      lines.push(t(timing.localTime ? 'timing.text.window-local' : 'timing.text.window', values));
    }
    if (plan.endsAt) lines.push(t('timing.text.ends', { end: format.dateTime(plan.endsAt) }));
    if (plan.withoutZone > 0) {
      lines.push(t('timing.text.without-zone', { count: plan.withoutZone, zone: timezone }));
    }
    return lines;
  };
}

/** "26 hours", "2 days"; null for nothing. */
function spanText(ms: number, t: Text): string | null {
  const minutes = Math.round(ms / 60_000);
  if (minutes <= 0) return null;
  if (minutes % 60 !== 0 && minutes < 600) return t('timing.span.minutes', { count: minutes });
  const hours = Math.round(minutes / 60);
  return hours < 72
    ? t('timing.span.hours', { count: hours })
    : t('timing.span.days', { count: Math.round(hours / 24) });
}
