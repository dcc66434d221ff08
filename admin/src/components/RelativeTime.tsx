import { useFormat } from './useFormat';

/** "3 minutes ago", with the absolute time on hover and for screen readers' `datetime`. */
export function RelativeTime({ iso, timezone }: { iso: string; timezone?: string | null }) {
  const format = useFormat();
  return (
    <time dateTime={iso} title={format.dateTime(iso, timezone)}>
      {format.relative(iso)}
    </time>
  );
}
