import { Badge, type BadgeProps } from '@strapi/design-system';
import type { CampaignState } from '../../../shared/contracts';
import { useText } from './useText';

const VARIANTS: Record<CampaignState, BadgeProps['variant']> = {
  draft: 'neutral',
  scheduled: 'secondary',
  sending: 'primary',
  paused: 'warning',
  sent: 'success',
  cancelled: 'danger',
};

export function CampaignStateBadge({ state, ...props }: { state: CampaignState } & BadgeProps) {
  const t = useText();
  return (
    <Badge variant={VARIANTS[state]} {...props}>
      {t(`campaigns.state.${state}`)}
    </Badge>
  );
}
