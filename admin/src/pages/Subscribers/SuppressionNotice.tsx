import { useIntl } from 'react-intl';
import type { SubscriberDto } from '../../../../shared/contracts';
import { Notice } from '../../components/Notice';
import { useText } from '../../components/useText';
import { wordKey } from './words';

/** Says that the address gets nothing, since when and why. */
export function SuppressionNotice({
  suppression,
}: {
  suppression: NonNullable<SubscriberDto['suppression']>;
}) {
  const t = useText();
  const { formatDate } = useIntl();
  const key = wordKey('suppression', suppression.reason);
  return (
    <Notice title={t('subscribers.suppressed.title')}>
      {t('subscribers.suppressed.text', {
        reason: key === null ? suppression.reason : t(key),
        since: formatDate(suppression.since, { dateStyle: 'long', timeStyle: 'short' }),
      })}
    </Notice>
  );
}
