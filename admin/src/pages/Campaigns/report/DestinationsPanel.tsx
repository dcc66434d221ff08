import { useEffect, useState } from 'react';
import { Button, Flex, Table, Tbody, Td, Tr, Typography } from '@strapi/design-system';
import type { DestinationDto, PacingWhy } from '../../../../../shared/contracts';
import { useGetDestinationsQuery, useResumeDestinationMutation } from '../../../api/destinations';
import { ConfirmAction } from '../../../components/ConfirmAction';
import { ErrorState } from '../../../components/ErrorState';
import { Panel } from '../../../components/Panel';
import { ReadableBadge } from '../../../components/ReadableBadge';
import { RelativeTime } from '../../../components/RelativeTime';
import { TableHead } from '../../../components/TableHead';
import { useFeedback } from '../../../components/useFeedback';
import { useFormat } from '../../../components/useFormat';
import { useText, type Text } from '../../../components/useText';
import { en, type TextKey } from '../../../translations';
import { reasonText } from './reasonText';

const REFRESH_MS = 3000;
/** What receivers say, and sets of mail servers, are long. */
const WRAP = { overflowWrap: 'anywhere', whiteSpace: 'normal' } as const;

/**
 * What goes to which receiver, how fast, what holds it back and why. Nothing is shown before something was sent.
 * @param campaignId null: over all campaigns that are being sent or paused
 * @param active whether the campaign is being sent: asked again while it is, or while a suspension runs
 */
export function DestinationsPanel({
  campaignId,
  active,
  canResume,
}: {
  campaignId: string | null;
  active: boolean;
  canResume: boolean;
}) {
  const t = useText();
  const [moving, setMoving] = useState(false);
  const { data, error, refetch } = useGetDestinationsQuery(campaignId, {
    pollingInterval: moving || active ? REFRESH_MS : 0,
    refetchOnMountOrArgChange: true,
  });
  useEffect(() => setMoving(data?.moving === true), [data]);
  if (error && !data) {
    return (
      <Panel title={t('destinations.title')}>
        <ErrorState error={error} onRetry={() => void refetch()} />
      </Panel>
    );
  }
  if (!data || data.destinations.length === 0) return null;
  const several = new Set(data.destinations.map(({ source }) => source)).size > 1;
  const columns = [
    t('destinations.destination'),
    t('destinations.accepted'),
    t('destinations.limit'),
    t('destinations.waiting'),
  ];
  return (
    <Panel title={t('destinations.title')}>
      <Table colCount={columns.length} rowCount={data.destinations.length + 1}>
        <TableHead columns={columns} />
        <Tbody>
          {data.destinations.map((one) => (
            <Row
              key={`${one.source} ${one.destination}`}
              one={one}
              withSource={several}
              canResume={canResume}
            />
          ))}
        </Tbody>
      </Table>
    </Panel>
  );
}

/** A provider in words; a domain, a set of mail servers or a name of the configuration as it is. */
function nameOf({ source, destination }: DestinationDto, t: Text): string {
  if (destination === '*') return t('destinations.whole', { source });
  const key = `destinations.name.${destination}`;
  return key in en ? t(key as TextKey) : destination;
}

function Row({
  one,
  withSource,
  canResume,
}: {
  one: DestinationDto;
  withSource: boolean;
  canResume: boolean;
}) {
  const t = useText();
  const format = useFormat();
  const name = nameOf(one, t);
  const isLearned = one.limit !== null && one.limit.why.reason !== 'configured';
  return (
    <Tr>
      <Td>
        <Flex direction="column" alignItems="flex-start" gap={1} style={{ minWidth: '9rem' }}>
          <Typography fontWeight="bold" style={WRAP}>
            {name}
          </Typography>
          {withSource && one.destination !== '*' && (
            <Typography variant="pi" textColor="neutral600">
              {t('destinations.over', { source: one.source })}
            </Typography>
          )}
        </Flex>
      </Td>
      <Td>
        <Flex direction="column" alignItems="flex-start" gap={1}>
          <Typography>{format.number(one.accepted)}</Typography>
          {one.perSecond > 0 && (
            <Typography variant="pi" textColor="neutral600">
              {t('destinations.rate-now', { rate: rateText(one.perSecond, t) })}
            </Typography>
          )}
        </Flex>
      </Td>
      <Td>
        <Flex direction="column" alignItems="flex-start" gap={1}>
          {one.suspension && (
            <>
              <ReadableBadge variant="warning">
                {t('destinations.suspended', { time: format.shortDateTime(one.suspension.until) })}
              </ReadableBadge>
              <Why why={one.suspension.why} />
            </>
          )}
          {!one.suspension && one.limit && <Limit limit={one.limit} />}
          {!one.suspension && !one.limit && (
            <Typography textColor="neutral600">{t('destinations.unlimited')}</Typography>
          )}
          {canResume && (one.suspension || isLearned) && <Resume one={one} name={name} />}
        </Flex>
      </Td>
      <Td>
        <Flex direction="column" alignItems="flex-start" gap={1}>
          {one.deferred.length === 0 && <Typography textColor="neutral600">–</Typography>}
          {one.deferred.map(({ reason, count }) => (
            <Typography key={reason} variant="pi" style={WRAP}>
              {t('destinations.deferred', { count, reason: reasonText(reason, t) })}
            </Typography>
          ))}
          {one.nextAt && <NextAt iso={one.nextAt} />}
        </Flex>
      </Td>
    </Tr>
  );
}

/** What was due and is not taken yet is due now, not some seconds ago. */
function NextAt({ iso }: { iso: string }) {
  const t = useText();
  const isDue = new Date(iso).getTime() <= Date.now();
  return (
    <Typography variant="pi" textColor="neutral600">
      {t('destinations.next')} {isDue ? t('destinations.now') : <RelativeTime iso={iso} />}
    </Typography>
  );
}

function Limit({ limit }: { limit: NonNullable<DestinationDto['limit']> }) {
  const t = useText();
  const format = useFormat();
  const { messagesPerSecond, connections, until, why } = limit;
  return (
    <>
      {messagesPerSecond !== null && <Typography>{rateText(messagesPerSecond, t)}</Typography>}
      {connections !== null && <Typography>{t('destinations.at-a-time', { count: connections })}</Typography>}
      {until !== null && (
        <Typography variant="pi" textColor="neutral600">
          {t('destinations.until', { time: format.shortDateTime(until) })}
        </Typography>
      )}
      <Why why={why} />
    </>
  );
}

function Why({ why }: { why: PacingWhy }) {
  const t = useText();
  return (
    <Flex direction="column" alignItems="flex-start" gap={1}>
      <Typography variant="pi" textColor="neutral600" style={WRAP}>
        {t(`destinations.why.${why.reason}`)}
      </Typography>
      {why.reply !== null && why.reply !== '' && (
        <Typography variant="pi" textColor="neutral600" style={WRAP}>
          {t('destinations.said', { reply: why.reply })}
        </Typography>
      )}
    </Flex>
  );
}

function Resume({ one, name }: { one: DestinationDto; name: string }) {
  const t = useText();
  const feedback = useFeedback();
  const [open, setOpen] = useState(false);
  const [resume] = useResumeDestinationMutation();
  const confirm = async () => {
    const { source, destination } = one;
    const answer = await resume({ source, destination });
    if ('error' in answer) {
      feedback.failure(answer.error);
      return false;
    }
    feedback.success(t('destinations.resume.done', { name, count: answer.data.released }));
    return true;
  };
  return (
    <ConfirmAction
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button variant="secondary" size="S" aria-label={t('destinations.resume.label', { name })}>
          {t('destinations.resume')}
        </Button>
      }
      title={t('destinations.resume.label', { name })}
      confirmLabel={t('destinations.resume')}
      variant="default"
      onConfirm={confirm}
    >
      {t('destinations.resume.text', { name })}
    </ConfirmAction>
  );
}

function rateText(perSecond: number, t: Text): string {
  if (perSecond === 0) return '–';
  return perSecond >= 1
    ? t('destinations.per-second', { rate: Math.round(perSecond * 10) / 10 })
    : t('destinations.per-minute', { rate: Math.round(perSecond * 600) / 10 });
}
