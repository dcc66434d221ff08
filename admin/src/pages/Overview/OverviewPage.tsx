import { Button, EmptyStateLayout, Flex, Typography } from '@strapi/design-system';
import { Plus } from '@strapi/icons';
import { EmptyDocuments } from '@strapi/icons/symbols';
import { Layouts, Page } from '@strapi/strapi/admin';
import { useGetOverviewQuery } from '../../api/overview';
import { ErrorState } from '../../components/ErrorState';
import { Panel } from '../../components/Panel';
import { TextLink } from '../../components/TextLink';
import { useText } from '../../components/useText';
import { permissionsFor, useCan } from '../../permissions';
import { BASE_PATH } from '../../pluginId';
import { CampaignsTable } from '../Campaigns/CampaignsTable';
import { useCreateCampaign } from '../Campaigns/useCreateCampaign';
import { AttentionPanel } from './AttentionPanel';
import { ChecklistPanel } from './ChecklistPanel';
import { NumbersPanel } from './NumbersPanel';

/** The landing page: what to do first, or what needs attention; then numbers and the last campaigns. */
export default function OverviewPage() {
  return (
    <Page.Protect permissions={permissionsFor('overview')}>
      <Overview />
    </Page.Protect>
  );
}

function Overview() {
  const t = useText();
  const { can } = useCan();
  const { create, isCreating } = useCreateCampaign();
  const { data, error, refetch } = useGetOverviewQuery(undefined, { refetchOnMountOrArgChange: true });
  const newButton = can.campaignsEdit && (
    <Button startIcon={<Plus />} loading={isCreating} onClick={() => void create()}>
      {t('campaigns.new')}
    </Button>
  );
  return (
    <Page.Main>
      <Page.Title>{t('overview.title')}</Page.Title>
      <Layouts.Header
        title={t('overview.title')}
        subtitle={t('overview.subtitle')}
        primaryAction={newButton}
      />
      <Layouts.Content>
        {error && !data ? (
          <ErrorState error={error} onRetry={() => void refetch()} />
        ) : !data ? (
          <Page.Loading>{t('common.loading')}</Page.Loading>
        ) : (
          <Flex direction="column" alignItems="stretch" gap={6}>
            {data.checklist && <ChecklistPanel items={data.checklist} onNewCampaign={() => void create()} />}
            <AttentionPanel items={data.attention} isFirst={data.checklist !== null} />
            <NumbersPanel subscribers={data.subscribers} growth={data.growth} />
            <Panel
              title={t('overview.recent')}
              action={
                can.campaignsRead && (
                  <Typography>
                    <TextLink to={`${BASE_PATH}/campaigns`}>{t('overview.recent.all')}</TextLink>
                  </Typography>
                )
              }
            >
              {data.recent.length === 0 ? (
                <EmptyStateLayout
                  icon={<EmptyDocuments width="160px" />}
                  content={t('campaigns.none')}
                  action={newButton}
                />
              ) : (
                <CampaignsTable campaigns={data.recent} can={can} />
              )}
            </Panel>
          </Flex>
        )}
      </Layouts.Content>
    </Page.Main>
  );
}
