import {
  Box,
  Button,
  EmptyStateLayout,
  Flex,
  SingleSelect,
  SingleSelectOption,
  Table,
  Tbody,
  Td,
  Tr,
  Typography,
} from '@strapi/design-system';
import { EmptyDocuments } from '@strapi/icons/symbols';
import { Page, Pagination } from '@strapi/strapi/admin';
import type { FiringDto, FiringState } from '../../../../shared/contracts';
import { useGetActivityQuery } from '../../api/rules';
import { ErrorState } from '../../components/ErrorState';
import { RelativeTime } from '../../components/RelativeTime';
import { TableHead } from '../../components/TableHead';
import { TextLink } from '../../components/TextLink';
import { useText } from '../../components/useText';
import { useUrlState } from '../../components/useUrlState';
import { useCan } from '../../permissions';
import { BASE_PATH } from '../../pluginId';
import { FiringActions } from './FiringActions';
import { ToneBadge } from './ToneBadge';
import { firingTime, firingWord } from './words';

const ALL = 'all';
const STATES: readonly FiringState[] = ['pending', 'done', 'held', 'failed', 'cancelled', 'superseded'];

/** What publishing has done, newest first; state and page live in the URL. */
export function Activity() {
  const t = useText();
  const url = useUrlState();
  const query = {
    page: url.page,
    pageSize: url.pageSize,
    state: STATES.find((state) => state === url.get('state')),
  };
  const { data, error, refetch } = useGetActivityQuery(query, { refetchOnMountOrArgChange: true });
  const moves = data?.results.some(({ state }) => state === 'pending') ?? false;
  // A second subscription to the same answer, since the interval depends on what it says.
  useGetActivityQuery(query, { pollingInterval: moves ? 3000 : 0 });
  return (
    <Flex direction="column" alignItems="stretch" gap={4}>
      <Box width="240px" maxWidth="100%">
        <SingleSelect
          size="S"
          aria-label={t('rules.activity.filter')}
          value={query.state ?? ALL}
          onChange={(state) => url.set({ state: state === ALL ? null : String(state) })}
        >
          <SingleSelectOption value={ALL}>{t('rules.activity.all')}</SingleSelectOption>
          {STATES.map((state) => (
            <SingleSelectOption key={state} value={state}>
              {t(`rules.firing.${state}`)}
            </SingleSelectOption>
          ))}
        </SingleSelect>
      </Box>
      {error !== undefined && !data ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Page.Loading>{t('common.loading')}</Page.Loading>
      ) : data.results.length === 0 ? (
        <EmptyStateLayout
          icon={<EmptyDocuments width="16rem" />}
          content={t(query.state ? 'rules.activity.empty.filter' : 'rules.activity.empty')}
          action={
            query.state && (
              <Button variant="secondary" onClick={() => url.set({ state: null })}>
                {t('common.filter.clear')}
              </Button>
            )
          }
        />
      ) : (
        <>
          <ActivityTable firings={data.results} />
          <Pagination.Root {...data.pagination} defaultPageSize={20}>
            <Pagination.PageSize options={['20', '50', '100']} />
            <Pagination.Links />
          </Pagination.Root>
        </>
      )}
    </Flex>
  );
}

function ActivityTable({ firings }: { firings: FiringDto[] }) {
  const t = useText();
  const heads = (['entry', 'rule', 'state', 'when'] as const).map((column) =>
    t(`rules.activity.column.${column}`),
  );
  return (
    <Table colCount={heads.length + 1} rowCount={firings.length + 1}>
      <TableHead columns={heads} hasActions />
      <Tbody>
        {firings.map((firing) => (
          <ActivityRow key={firing.id} firing={firing} />
        ))}
      </Tbody>
    </Table>
  );
}

function ActivityRow({ firing }: { firing: FiringDto }) {
  const t = useText();
  const { can } = useCan();
  const word = firingWord(t, firing);
  const time = firingTime(firing);
  const locale = firing.locale === null ? '' : `?plugins[i18n][locale]=${firing.locale}`;
  return (
    <Tr>
      <Td>
        <Flex direction="column" alignItems="flex-start" gap={1} paddingTop={3} paddingBottom={3}>
          <Typography style={{ whiteSpace: 'normal' }}>
            <TextLink
              to={`/content-manager/collection-types/${firing.contentType}/${firing.documentId}${locale}`}
            >
              {firing.title || firing.documentId}
            </TextLink>
          </Typography>
          {firing.locale !== null && (
            <Typography variant="pi" textColor="neutral600">
              {firing.locale}
            </Typography>
          )}
        </Flex>
      </Td>
      <Td>
        <Typography style={{ whiteSpace: 'normal' }}>{ruleName(t, firing)}</Typography>
      </Td>
      <Td>
        <Flex direction="column" alignItems="flex-start" gap={1}>
          {firing.campaign && can.campaignsRead ? (
            <Flex gap={2}>
              <ToneBadge tone={word.tone}>{word.text}</ToneBadge>
              <Typography variant="pi">
                <TextLink to={`${BASE_PATH}/campaigns/${firing.campaign.documentId}`}>
                  {t('rules.to-campaign')}
                </TextLink>
              </Typography>
            </Flex>
          ) : (
            <ToneBadge tone={word.tone}>{word.text}</ToneBadge>
          )}
          {firing.message !== null && (
            <Typography variant="pi" textColor="neutral600" style={{ whiteSpace: 'normal' }}>
              {firing.message}
            </Typography>
          )}
        </Flex>
      </Td>
      <Td>
        <Typography variant="pi" style={{ whiteSpace: 'normal' }}>
          {t(`rules.when.${time.kind}`)} <RelativeTime iso={time.iso} />
        </Typography>
      </Td>
      <Td>
        <FiringActions firing={firing} />
      </Td>
    </Tr>
  );
}

function ruleName(t: ReturnType<typeof useText>, firing: FiringDto): string {
  if (firing.rule?.name)
    return firing.manual ? t('rules.by-hand.rule', { name: firing.rule.name }) : firing.rule.name;
  return t(firing.manual ? 'rules.by-hand' : 'rules.deleted-rule');
}
