import type { ReactNode } from 'react';
import { Box, Flex, Table, Tbody, Td, Tr, Typography } from '@strapi/design-system';
import { Page } from '@strapi/strapi/admin';
import type { FeedbackSourceDto } from '../../../../../shared/contracts';
import { useGetFeedbackSourcesQuery } from '../../../api/deliverability';
import { ErrorState } from '../../../components/ErrorState';
import { Panel } from '../../../components/Panel';
import { RelativeTime } from '../../../components/RelativeTime';
import { ReadableBadge } from '../../../components/ReadableBadge';
import { TableHead } from '../../../components/TableHead';
import { useFormat } from '../../../components/useFormat';
import { useText } from '../../../components/useText';
import { SOURCE_TONES, wordText } from '../words';

const REFRESH_MS = 15_000;

/** The listener, the mailboxes and the webhooks by which bounces and complaints come in. */
export default function SourcesPart() {
  const t = useText();
  const { data, error, refetch } = useGetFeedbackSourcesQuery(undefined, {
    pollingInterval: REFRESH_MS,
    refetchOnMountOrArgChange: true,
  });
  return (
    <Panel title={t('deliverability.part.sources')}>
      <Box paddingBottom={4}>
        <Typography textColor="neutral600">{t('deliverability.sources.text')}</Typography>
      </Box>
      {error !== undefined && data === undefined ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <Page.Loading />
      ) : data.length === 0 ? (
        <Typography>{t('deliverability.sources.none')}</Typography>
      ) : (
        <Sources sources={data} />
      )}
    </Panel>
  );
}

function Sources({ sources }: { sources: FeedbackSourceDto[] }) {
  const t = useText();
  const heads = (['source', 'state', 'seen', 'counts'] as const).map((name) =>
    t(`deliverability.sources.column.${name}`),
  );
  return (
    <Box style={{ overflowX: 'auto' }}>
      <Table colCount={heads.length} rowCount={sources.length + 1}>
        <TableHead columns={heads} />
        <Tbody>
          {sources.map((source) => (
            <Row key={`${source.way} ${source.name}`} source={source} />
          ))}
        </Tbody>
      </Table>
    </Box>
  );
}

function Said({ failing, children }: { failing: boolean; children: ReactNode }) {
  return (
    <Box paddingTop={1} maxWidth="32rem">
      <Typography
        tag="p"
        variant="pi"
        textColor={failing ? 'danger600' : 'neutral600'}
        style={{ overflowWrap: 'anywhere', whiteSpace: 'normal' }}
      >
        {children}
      </Typography>
    </Box>
  );
}

function Row({ source }: { source: FeedbackSourceDto }) {
  const t = useText();
  const format = useFormat();
  const { taken, ignored, refused, lastSeenAt, lastErrorAt, lastRefusalAt } = source;
  return (
    <Tr>
      <Td>
        <Typography tag="p" fontWeight="semiBold">
          {`${wordText(t, 'way', source.way)}: ${source.name}`}
        </Typography>
        {source.url !== null && (
          <Typography tag="p" variant="pi" style={{ overflowWrap: 'anywhere', whiteSpace: 'normal' }}>
            {source.url}
          </Typography>
        )}
        {!source.configured && (
          <Typography tag="p" variant="pi" textColor="neutral600" style={{ whiteSpace: 'normal' }}>
            {t('deliverability.sources.not-configured')}
          </Typography>
        )}
      </Td>
      <Td>
        <ReadableBadge variant={source.configured ? SOURCE_TONES[source.state] : 'neutral'}>
          {t(`deliverability.sources.state.${source.state}`)}
        </ReadableBadge>
        {source.lastError !== null && lastErrorAt !== null && (
          <Said failing={source.state === 'failing'}>
            <RelativeTime iso={lastErrorAt} />: {source.lastError}
          </Said>
        )}
        {source.lastRefusal !== null && lastRefusalAt !== null && (
          <Said failing={source.state === 'failing'}>
            {t('deliverability.sources.last-refusal')} <RelativeTime iso={lastRefusalAt} />:{' '}
            {source.lastRefusal}
          </Said>
        )}
      </Td>
      <Td>
        <Typography variant="pi">
          {lastSeenAt === null ? t('deliverability.sources.never') : <RelativeTime iso={lastSeenAt} />}
        </Typography>
      </Td>
      <Td>
        <Flex direction="column" alignItems="flex-start">
          {(
            [
              ['taken', taken],
              ['ignored', ignored],
              ['refused', refused],
            ] as const
          ).map(([name, value]) => (
            <Typography key={name} variant="pi">
              {`${t(`deliverability.sources.${name}`)}: ${format.number(value)}`}
            </Typography>
          ))}
        </Flex>
      </Td>
    </Tr>
  );
}
