import {
  Badge,
  Box,
  Button,
  Flex,
  SingleSelect,
  SingleSelectOption,
  Typography,
  type BadgeProps,
} from '@strapi/design-system';
import { Pagination } from '@strapi/strapi/admin';
import type { DeliveryDto, DeliveryQuery, DeliveryState } from '../../../../../shared/contracts';
import { useGetDeliveriesQuery } from '../../../api/campaigns';
import { DataTable, type Column } from '../../../components/DataTable';
import { LongText } from '../../../components/LongText';
import { Panel } from '../../../components/Panel';
import { ReadableBadge } from '../../../components/ReadableBadge';
import { RelativeTime } from '../../../components/RelativeTime';
import { SearchField } from '../../../components/SearchField';
import { TextLink } from '../../../components/TextLink';
import { useText, type Text } from '../../../components/useText';
import { useUrlState } from '../../../components/useUrlState';
import { BASE_PATH } from '../../../pluginId';
import { DELIVERY_STATES } from '../states';
import { reasonText } from './reasonText';

const VARIANTS: Record<DeliveryState, BadgeProps['variant']> = {
  queued: 'neutral',
  deferred: 'secondary',
  accepted: 'success',
  bounced: 'danger',
  failed: 'danger',
  skipped: 'neutral',
  in_doubt: 'warning',
};

const ALL = 'all';
const EVENTS = ['open', 'click', 'unsubscribe'] as const;

/** Every recipient with what happened; filter, search and page live in the URL. */
export function RecipientsPanel({
  id,
  moving,
  canReadSubscribers,
}: {
  id: string;
  moving: boolean;
  canReadSubscribers: boolean;
}) {
  const t = useText();
  const url = useUrlState();
  const query: DeliveryQuery = {
    page: url.page,
    pageSize: url.pageSize,
    state: DELIVERY_STATES.find((state) => state === url.get('state')),
    event: EVENTS.find((event) => event === url.get('event')),
    reason: url.get('reason') || undefined,
    search: url.get('search') || undefined,
  };
  const answer = useGetDeliveriesQuery(
    { id, query },
    { pollingInterval: moving ? 3000 : 0, refetchOnMountOrArgChange: true },
  );
  const filtered = Boolean(query.state ?? query.event ?? query.reason ?? query.search);
  return (
    <Panel title={t('campaigns.recipients.title')}>
      <Flex gap={3} wrap="wrap" paddingBottom={4} alignItems="center">
        <Box minWidth="180px">
          <SingleSelect
            size="S"
            aria-label={t('campaigns.recipients.filter-state')}
            value={query.state ?? ALL}
            onChange={(value) => url.set({ state: value === ALL ? null : String(value), reason: null })}
          >
            <SingleSelectOption value={ALL}>{t('campaigns.recipients.all-states')}</SingleSelectOption>
            {DELIVERY_STATES.map((state) => (
              <SingleSelectOption key={state} value={state}>
                {t(`campaigns.delivery.${state}`)}
              </SingleSelectOption>
            ))}
          </SingleSelect>
        </Box>
        <Box minWidth="180px">
          <SingleSelect
            size="S"
            aria-label={t('campaigns.recipients.filter-event')}
            value={query.event ?? ALL}
            onChange={(value) => url.set({ event: value === ALL ? null : String(value) })}
          >
            <SingleSelectOption value={ALL}>{t('campaigns.recipients.all-events')}</SingleSelectOption>
            {EVENTS.map((event) => (
              <SingleSelectOption key={event} value={event}>
                {t(`campaigns.event.${event}`)}
              </SingleSelectOption>
            ))}
          </SingleSelect>
        </Box>
        <SearchField
          label={t('campaigns.recipients.search')}
          value={url.get('search')}
          onSearch={(search) => url.set({ search })}
        />
        {query.reason && (
          <Badge>{t('campaigns.recipients.reason', { reason: reasonText(query.reason, t) })}</Badge>
        )}
        {filtered && (
          <Button
            size="S"
            variant="tertiary"
            onClick={() => url.set({ state: null, event: null, reason: null, search: null })}
          >
            {t('common.filter.clear')}
          </Button>
        )}
      </Flex>
      <DataTable
        answer={answer}
        idOf={({ id }) => id}
        columns={columnsOf(t, canReadSubscribers)}
        empty={t(filtered ? 'campaigns.recipients.none-found' : 'campaigns.recipients.none')}
        pages={({ pagination }) =>
          pagination.total > 0 && (
            <Pagination.Root {...pagination}>
              <Pagination.PageSize options={['20', '50', '100']} />
              <Pagination.Links />
            </Pagination.Root>
          )
        }
      />
    </Panel>
  );
}

function columnsOf(t: Text, canReadSubscribers: boolean): Column<DeliveryDto>[] {
  return [
    {
      head: t('campaigns.recipients.email'),
      cell: (row) => (
        <LongText>
          {canReadSubscribers ? (
            <TextLink to={`${BASE_PATH}/subscribers/${row.subscriber}`}>{row.email}</TextLink>
          ) : (
            row.email
          )}
        </LongText>
      ),
    },
    {
      head: t('campaigns.recipients.state'),
      cell: ({ state }) => (
        <ReadableBadge variant={VARIANTS[state]}>{t(`campaigns.delivery.${state}`)}</ReadableBadge>
      ),
    },
    {
      head: t('campaigns.recipients.reply'),
      cell: ({ reason, reply }) => (
        <Typography variant="pi" style={{ overflowWrap: 'anywhere', whiteSpace: 'normal' }}>
          {[
            reason ? reasonText(reason, t) : null,
            reply && [reply.code, reply.status, reply.text].filter(Boolean).join(' '),
          ]
            .filter(Boolean)
            .join(': ')}
        </Typography>
      ),
    },
    {
      head: t('campaigns.recipients.did'),
      cell: ({ opened, clicked }) => (
        <Typography variant="pi">
          {[opened && t('campaigns.event.open'), clicked && t('campaigns.event.click')]
            .filter(Boolean)
            .join(', ')}
        </Typography>
      ),
    },
    {
      head: t('campaigns.recipients.when'),
      cell: ({ settledAt, nextAt }) =>
        settledAt ? (
          <RelativeTime iso={settledAt} />
        ) : nextAt ? (
          <Typography variant="pi">
            {t('campaigns.recipients.next-attempt')} <RelativeTime iso={nextAt} />
          </Typography>
        ) : null,
    },
  ];
}
