import { Badge, Flex, Link, Loader, Typography } from '@strapi/design-system';
import { NavLink } from 'react-router-dom';
import type { TimelineEntry } from '../../../../shared/contracts';
import { useGetSubscriberTimelineQuery } from '../../api/subscribers';
import { ErrorState } from '../../components/ErrorState';
import { RelativeTime } from '../../components/RelativeTime';
import { Panel } from '../../components/Panel';
import { useText } from '../../components/useText';
import { BASE_PATH } from '../../pluginId';
import { LeavingText } from './WayOut';
import { eventTone, wordKey } from './words';

/** What happened between us and a person, newest first: mails, opens, clicks, consent. */
export function Timeline({ id }: { id: string }) {
  const t = useText();
  const { data, isLoading, error, refetch } = useGetSubscriberTimelineQuery(id);
  return (
    <Panel title={t('subscribers.timeline')}>
      {isLoading ? (
        <Flex justifyContent="center" padding={6}>
          <Loader>{t('audience.loading')}</Loader>
        </Flex>
      ) : data === undefined ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : data.length === 0 ? (
        <Typography textColor="neutral600">{t('subscribers.timeline.none')}</Typography>
      ) : (
        <Flex tag="ol" direction="column" alignItems="stretch">
          {data.map((entry, index) => (
            <Entry key={`${entry.at}-${entry.type}-${index}`} entry={entry} />
          ))}
        </Flex>
      )}
    </Panel>
  );
}

function Entry({ entry }: { entry: TimelineEntry }) {
  const t = useText();
  const key = wordKey('event', entry.type);
  const detailKey =
    entry.detail === null
      ? null
      : entry.type === 'unsubscribed'
        ? wordKey('way', entry.detail)
        : wordKey('source', entry.detail);
  return (
    <Flex
      tag="li"
      gap={4}
      paddingTop={3}
      paddingBottom={3}
      alignItems="baseline"
      borderColor="neutral150"
      borderStyle="solid"
      borderWidth="1px 0 0"
    >
      <Typography variant="pi" textColor="neutral600" style={{ flex: '0 0 14rem' }}>
        <RelativeTime iso={entry.at} />
      </Typography>
      <Flex gap={2} wrap="wrap" alignItems="baseline" flex={1}>
        <Badge variant={eventTone(entry.type)}>{key === null ? entry.type : t(key)}</Badge>
        {entry.machine && (
          <Badge title={t('subscribers.timeline.machine.hint')}>{t('subscribers.timeline.machine')}</Badge>
        )}
        {entry.campaign !== null && (
          <Link tag={NavLink} to={`${BASE_PATH}/campaigns/${entry.campaign.documentId}`}>
            {entry.campaign.name}
          </Link>
        )}
        {entry.list !== null && <Typography textColor="neutral800">{entry.list.name}</Typography>}
        {entry.detail !== null && (
          <Typography textColor="neutral600" style={{ overflowWrap: 'anywhere' }}>
            {detailKey === null ? entry.detail : t(detailKey)}
          </Typography>
        )}
        {entry.leaving !== null && <LeavingText leaving={entry.leaving} />}
      </Flex>
    </Flex>
  );
}
