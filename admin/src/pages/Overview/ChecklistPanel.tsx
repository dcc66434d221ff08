import { Box, Button, Flex, LinkButton, Typography, VisuallyHidden } from '@strapi/design-system';
import { CheckCircle, CheckCircleEmpty } from '@strapi/icons';
import { Link } from 'react-router-dom';
import type { OverviewDto } from '../../../../shared/contracts';
import { Panel } from '../../components/Panel';
import { useText } from '../../components/useText';
import { useCan, type Can } from '../../permissions';
import { BASE_PATH } from '../../pluginId';

type Item = NonNullable<OverviewDto['checklist']>[number];

/** Where each item is done, and who may. The test mail is sent from a campaign. */
const TARGETS: Record<Item['id'], { to: string | null; allowed: (can: Can) => boolean }> = {
  transport: { to: '/settings/newsletter/delivery', allowed: (can) => can.settingsRead },
  sender: { to: '/settings/newsletter/senders', allowed: (can) => can.settingsRead },
  list: { to: `${BASE_PATH}/lists`, allowed: (can) => can.listsRead },
  subscribers: { to: `${BASE_PATH}/subscribers`, allowed: (can) => can.subscribersRead },
  'test-mail': { to: null, allowed: (can) => can.campaignsEdit },
};

/** What is left to do before the first campaign, each item with the way to it. */
export function ChecklistPanel({ items, onNewCampaign }: { items: Item[]; onNewCampaign: () => void }) {
  const t = useText();
  const { can } = useCan();
  const done = items.filter((item) => item.done).length;
  return (
    <Panel
      title={t('overview.checklist')}
      action={
        <Typography variant="pi" textColor="neutral600">
          {t('overview.checklist.progress', { done, count: items.length })}
        </Typography>
      }
    >
      <Flex tag="ol" direction="column" alignItems="stretch" gap={4}>
        {items.map((item) => {
          const target = TARGETS[item.id];
          return (
            <Flex tag="li" key={item.id} gap={3} justifyContent="space-between" wrap="wrap">
              <Flex gap={3} alignItems="start">
                <Box paddingTop={1}>
                  {item.done ? (
                    <CheckCircle fill="success600" width="20px" height="20px" aria-hidden />
                  ) : (
                    <CheckCircleEmpty fill="neutral500" width="20px" height="20px" aria-hidden />
                  )}
                </Box>
                <Box>
                  <Typography fontWeight="semiBold" tag="p">
                    {t(`overview.checklist.${item.id}`)}
                    <VisuallyHidden>
                      {' '}
                      {t(item.done ? 'overview.checklist.done' : 'overview.checklist.open')}
                    </VisuallyHidden>
                  </Typography>
                  {!item.done && (
                    <Typography variant="pi" textColor="neutral600" tag="p">
                      {t(`overview.checklist.${item.id}.hint`)}
                    </Typography>
                  )}
                </Box>
              </Flex>
              {!item.done &&
                target.allowed(can) &&
                (target.to === null ? (
                  <Button size="S" variant="secondary" onClick={onNewCampaign}>
                    {t(`overview.checklist.${item.id}.action`)}
                  </Button>
                ) : (
                  <LinkButton size="S" variant="secondary" tag={Link} to={target.to}>
                    {t(`overview.checklist.${item.id}.action`)}
                  </LinkButton>
                ))}
            </Flex>
          );
        })}
      </Flex>
    </Panel>
  );
}
