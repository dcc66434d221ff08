import {
  Box,
  Button,
  EmptyStateLayout,
  Flex,
  SingleSelect,
  SingleSelectOption,
  Tabs,
} from '@strapi/design-system';
import { Plus } from '@strapi/icons';
import { EmptyDocuments } from '@strapi/icons/symbols';
import { Layouts, Page, Pagination } from '@strapi/strapi/admin';
import type { CampaignQuery } from '../../../../shared/contracts';
import { useGetCampaignsQuery } from '../../api/campaigns';
import { ErrorState } from '../../components/ErrorState';
import { SearchField } from '../../components/SearchField';
import { useText } from '../../components/useText';
import { useUrlState } from '../../components/useUrlState';
import { permissionsFor, useCan } from '../../permissions';
import { CampaignsTable } from './CampaignsTable';
import { CAMPAIGN_STATES } from './states';
import { useCreateCampaign } from './useCreateCampaign';

const ALL = 'all';
const SORTS = ['updatedAt:desc', 'createdAt:desc', 'scheduledAt:desc', 'name:asc'] as const;

/** All campaigns; state, search, sort and page live in the URL. */
export default function CampaignsPage() {
  return (
    <Page.Protect permissions={permissionsFor('campaignsRead')}>
      <Campaigns />
    </Page.Protect>
  );
}

function Campaigns() {
  const t = useText();
  const { can } = useCan();
  const url = useUrlState();
  const { create, isCreating } = useCreateCampaign();
  const query: CampaignQuery = {
    page: url.page,
    pageSize: url.pageSize,
    state: CAMPAIGN_STATES.find((state) => state === url.get('state')),
    sort: SORTS.find((sort) => sort === url.get('sort')) ?? SORTS[0],
    search: url.get('search') || undefined,
  };
  const campaigns = useGetCampaignsQuery(query, { refetchOnMountOrArgChange: true });
  const moves = campaigns.data?.results.some((campaign) => campaign.state === 'sending') ?? false;
  // A second subscription to the same answer, since the interval depends on what it says.
  useGetCampaignsQuery(query, { pollingInterval: moves ? 3000 : 0 });

  const newButton = can.campaignsEdit && (
    <Button startIcon={<Plus />} loading={isCreating} onClick={() => void create()}>
      {t('campaigns.new')}
    </Button>
  );
  const filtered = Boolean(query.state ?? query.search);
  const { data, error } = campaigns;

  return (
    <Page.Main>
      <Page.Title>{t('campaigns.title')}</Page.Title>
      <Layouts.Header
        title={t('campaigns.title')}
        subtitle={t('campaigns.subtitle')}
        primaryAction={newButton}
      />
      <Layouts.Content>
        <Tabs.Root
          variant="simple"
          value={query.state ?? ALL}
          onValueChange={(state) => url.set({ state: state === ALL ? null : state })}
        >
          <Tabs.List aria-label={t('campaigns.tabs')}>
            {[ALL, ...CAMPAIGN_STATES].map((state) => (
              <Tabs.Trigger key={state} value={state}>
                {state === ALL ? t('campaigns.tab.all') : t(`campaigns.state.${state as 'draft'}`)}
              </Tabs.Trigger>
            ))}
          </Tabs.List>
          <Tabs.Content value={query.state ?? ALL}>
            <Flex gap={3} wrap="wrap" paddingTop={4} paddingBottom={4} justifyContent="space-between">
              <SearchField
                label={t('campaigns.search')}
                value={url.get('search')}
                onSearch={(search) => url.set({ search })}
              />
              <Box minWidth="220px">
                <SingleSelect
                  size="S"
                  aria-label={t('campaigns.sort')}
                  value={query.sort}
                  onChange={(sort) => url.set({ sort: String(sort) })}
                >
                  {SORTS.map((sort) => (
                    <SingleSelectOption key={sort} value={sort}>
                      {t(`campaigns.sort.${sort}`)}
                    </SingleSelectOption>
                  ))}
                </SingleSelect>
              </Box>
            </Flex>
            {error && !data ? (
              <ErrorState error={error} onRetry={() => void campaigns.refetch()} />
            ) : !data ? (
              <Page.Loading>{t('common.loading')}</Page.Loading>
            ) : data.results.length === 0 ? (
              <EmptyStateLayout
                icon={<EmptyDocuments width="160px" />}
                content={t(filtered ? 'campaigns.none-found' : 'campaigns.none')}
                action={
                  filtered ? (
                    <Button variant="secondary" onClick={() => url.set({ state: null, search: null })}>
                      {t('common.filter.clear')}
                    </Button>
                  ) : (
                    newButton
                  )
                }
              />
            ) : (
              <>
                <CampaignsTable campaigns={data.results} can={can} />
                <Pagination.Root {...data.pagination}>
                  <Pagination.PageSize options={['20', '50', '100']} />
                  <Pagination.Links />
                </Pagination.Root>
              </>
            )}
          </Tabs.Content>
        </Tabs.Root>
      </Layouts.Content>
    </Page.Main>
  );
}
