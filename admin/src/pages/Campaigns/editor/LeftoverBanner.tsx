import { Button, Flex, Typography } from '@strapi/design-system';
import { useText } from '../../../components/useText';
import type { CampaignDraft } from './useCampaignDraft';

/** Changes that an earlier visit could not save (connection lost, window closed): take them or leave them. */
export function LeftoverBanner({ draft }: { draft: CampaignDraft }) {
  const t = useText();
  if (!draft.leftover) return null;
  return (
    <Flex
      background="warning100"
      hasRadius
      padding={4}
      gap={3}
      justifyContent="space-between"
      wrap="wrap"
      role="status"
    >
      <Typography>{t('campaigns.leftover.text')}</Typography>
      <Flex gap={2}>
        <Button size="S" variant="tertiary" onClick={draft.discardLeftover}>
          {t('campaigns.leftover.discard')}
        </Button>
        <Button size="S" onClick={draft.restoreLeftover}>
          {t('campaigns.leftover.restore')}
        </Button>
      </Flex>
    </Flex>
  );
}
