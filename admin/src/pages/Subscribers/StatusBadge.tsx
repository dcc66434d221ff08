import type { SubscriberDto, SubscriberStatus } from '../../../../shared/contracts';
import { ReadableBadge } from '../../components/ReadableBadge';
import { useText } from '../../components/useText';
import { STATUS_TONES, wordKey } from './words';

export function StatusBadge({ status }: { status: SubscriberStatus }) {
  const t = useText();
  return <ReadableBadge variant={STATUS_TONES[status]}>{t(`subscribers.status.${status}`)}</ReadableBadge>;
}

/** Says that the address gets nothing although the status would allow it. Nothing for people who get mail. */
export function SuppressedBadge({ person: { suppression } }: { person: SubscriberDto }) {
  const t = useText();
  if (suppression === null) return null;
  const key = wordKey('suppression', suppression.reason);
  const reason = key === null ? suppression.reason : t(key);
  return <ReadableBadge variant="warning">{t('subscribers.suppressed.badge', { reason })}</ReadableBadge>;
}
