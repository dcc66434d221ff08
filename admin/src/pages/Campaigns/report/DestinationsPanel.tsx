import { useEffect, useState } from 'react';
import { Flex, Typography, type FlexProps } from '@strapi/design-system';
import type { DestinationDto, DestinationsDto, PacingWhy } from '../../../../../shared/contracts';
import { useGetDestinationsQuery, useResumeDestinationMutation } from '../../../api/destinations';
import { ConfirmButton } from '../../../components/ConfirmButton';
import { DataTable } from '../../../components/DataTable';
import { Panel } from '../../../components/Panel';
import { ReadableBadge } from '../../../components/ReadableBadge';
import { RelativeTime } from '../../../components/RelativeTime';
import { useFormat, type Format } from '../../../components/useFormat';
import { useText, type Text } from '../../../components/useText';
import { en, type TextKey } from '../../../translations';
import { reasonText } from './reasonText';

const REFRESH_MS = 3000;
/** What receivers say, and sets of mail servers, are long. */
const WRAP = { overflowWrap: 'anywhere', whiteSpace: 'normal' } as const;

/**
 * What goes to which receiver, how fast, what holds it back and why. Nothing is shown before something was sent or is held back.
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
  const format = useFormat();
  const [moving, setMoving] = useState(false);
  const answer = useGetDestinationsQuery(campaignId, {
    pollingInterval: moving || active ? REFRESH_MS : 0,
    refetchOnMountOrArgChange: true,
  });
  const { data, error } = answer;
  useEffect(() => setMoving(data?.moving === true), [data]);
  const destinations = data?.destinations ?? [];
  const overall = data ? overallLimits(data, t, format) : [];
  if (destinations.length === 0 && overall.length === 0 && (data || !error)) return null;
  const several = new Set(destinations.map(({ source }) => source)).size > 1;
  return (
    <Panel title={t('destinations.title')}>
      {overall.length > 0 && (
        <Flex direction="column" alignItems="flex-start" gap={2} paddingBottom={4}>
          {overall.map((sentence) => (
            <Typography key={sentence}>{sentence}</Typography>
          ))}
        </Flex>
      )}
      {(destinations.length > 0 || overall.length === 0) && (
        <DataTable
          answer={{ ...answer, data: data && { results: destinations } }}
          idOf={({ source, destination }) => `${source} ${destination}`}
          columns={[
            {
              head: t('destinations.destination'),
              cell: (one) => <Name one={one} withSource={several && one.destination !== '*'} />,
            },
            { head: t('destinations.accepted'), cell: (one) => <Accepted one={one} active={active} /> },
            { head: t('destinations.limit'), cell: (one) => <Held one={one} canResume={canResume} /> },
            { head: t('destinations.waiting'), cell: (one) => <Waiting one={one} /> },
          ]}
          empty=""
        />
      )}
    </Panel>
  );
}

/** What holds back all of it although nobody refuses it, as sentences. */
function overallLimits(
  { pacePerHour, senderDomains, warmUps }: DestinationsDto,
  t: Text,
  format: Format,
): string[] {
  return [
    ...(pacePerHour === null ? [] : [t('destinations.pace', { count: pacePerHour })]),
    ...senderDomains.map(({ domain, messagesPerSecond }) =>
      t('destinations.sender-domain', { domain, rate: rateText(messagesPerSecond, t) }),
    ),
    ...warmUps.map(({ source, quota, perSecond, nextAt }) =>
      nextAt === null
        ? t('destinations.warm-up.running', { source, quota, rate: rateText(perSecond, t) })
        : t('destinations.warm-up', { source, quota, time: format.shortDateTime(nextAt) }),
    ),
  ];
}

/** A provider in words; a domain, a set of mail servers or a name of the configuration as it is. */
function nameOf({ source, destination }: DestinationDto, t: Text): string {
  if (destination === '*') return t('destinations.whole', { source });
  const key = `destinations.name.${destination}`;
  return key in en ? t(key as TextKey) : destination;
}

function Name({ one, withSource }: { one: DestinationDto; withSource: boolean }) {
  const t = useText();
  return (
    <Lines minWidth="9rem">
      <Typography fontWeight="bold" style={WRAP}>
        {nameOf(one, t)}
      </Typography>
      {withSource && (
        <Typography variant="pi" textColor="neutral600">
          {t('destinations.over', { source: one.source })}
        </Typography>
      )}
    </Lines>
  );
}

function Accepted({ one, active }: { one: DestinationDto; active: boolean }) {
  const t = useText();
  const format = useFormat();
  return (
    <Lines>
      <Typography>{format.number(one.accepted)}</Typography>
      {(active || one.perSecond > 0) && (
        <Typography variant="pi" textColor="neutral600">
          {t('destinations.rate-now', { rate: rateText(one.perSecond, t) })}
        </Typography>
      )}
    </Lines>
  );
}

/** What holds it back, and the way to let it go on. */
function Held({ one, canResume }: { one: DestinationDto; canResume: boolean }) {
  const t = useText();
  const format = useFormat();
  const { suspension, limit } = one;
  const isLearned = limit !== null && limit.why.reason !== 'configured';
  return (
    <Lines>
      {suspension ? (
        <>
          <ReadableBadge variant="warning">{t('destinations.suspended')}</ReadableBadge>
          <Typography variant="pi" fontWeight="bold">
            {t('destinations.until', { time: format.shortDateTime(suspension.until) })}
          </Typography>
          <Why why={suspension.why} />
        </>
      ) : limit ? (
        <Limit limit={limit} />
      ) : (
        <Typography textColor="neutral600">{t('destinations.unlimited')}</Typography>
      )}
      {canResume && (suspension || isLearned) && <Resume one={one} name={nameOf(one, t)} />}
    </Lines>
  );
}

function Waiting({ one: { deferred, nextAt } }: { one: DestinationDto }) {
  const t = useText();
  return (
    <Lines>
      {deferred.length === 0 && <Typography textColor="neutral600">–</Typography>}
      {deferred.map(({ reason, count }) => (
        <Typography key={reason} variant="pi" style={WRAP}>
          {t('destinations.deferred', { count, reason: reasonText(reason, t) })}
        </Typography>
      ))}
      {nextAt && <NextAt iso={nextAt} />}
    </Lines>
  );
}

const Lines = (props: FlexProps) => <Flex direction="column" alignItems="flex-start" gap={1} {...props} />;

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
  const { messagesPerSecond, connections, firstConnections, until, why } = limit;
  return (
    <>
      {messagesPerSecond !== null && <Typography>{rateText(messagesPerSecond, t)}</Typography>}
      {connections !== null && (
        <Typography>
          {firstConnections === null
            ? t('destinations.at-a-time', { count: connections })
            : t('destinations.begins-with', { first: firstConnections, count: connections })}
        </Typography>
      )}
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
    <Lines>
      <Typography variant="pi" textColor="neutral600" style={WRAP}>
        {t(`destinations.why.${why.reason}`)}
      </Typography>
      {why.reply !== null && why.reply !== '' && (
        <Typography variant="pi" textColor="neutral600" style={WRAP}>
          {t('destinations.said', { reply: why.reply })}
        </Typography>
      )}
    </Lines>
  );
}

function Resume({ one: { source, destination }, name }: { one: DestinationDto; name: string }) {
  const t = useText();
  const [resume] = useResumeDestinationMutation();
  return (
    <ConfirmButton
      variant="secondary"
      size="S"
      aria-label={t('destinations.resume.label', { name })}
      label={t('destinations.resume')}
      title={t('destinations.resume.label', { name })}
      confirmVariant="default"
      act={() => resume({ source, destination })}
      doneText={({ released }) => t('destinations.resume.done', { name, count: released })}
    >
      {t('destinations.resume.text', { name })}
    </ConfirmButton>
  );
}

function rateText(perSecond: number, t: Text): string {
  if (perSecond === 0 || perSecond >= 1)
    return t('destinations.per-second', { rate: Math.round(perSecond * 10) / 10 });
  const perMinute = Math.round(perSecond * 600) / 10;
  return perMinute >= 1
    ? t('destinations.per-minute', { rate: perMinute })
    : t('destinations.per-hour', { rate: Math.round(perSecond * 36_000) / 10 });
}
