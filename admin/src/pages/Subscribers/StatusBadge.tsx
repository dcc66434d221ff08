import { Badge } from '@strapi/design-system';
import type { SubscriberStatus } from '../../../../shared/contracts';
import { useText } from '../../components/useText';
import { STATUS_TONES } from './words';

export function StatusBadge({ status }: { status: SubscriberStatus }) {
  const t = useText();
  return <Badge variant={STATUS_TONES[status]}>{t(`subscribers.status.${status}`)}</Badge>;
}
