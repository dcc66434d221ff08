import { useEffect, useState } from 'react';
import { Box, Flex, Typography } from '@strapi/design-system';
import { styled, useTheme } from 'styled-components';
import type { CampaignReport, DeliveryState } from '../../../../../shared/contracts';
import { LiveMessage } from '../../../components/LiveMessage';
import { Panel } from '../../../components/Panel';
import { classSentence } from '../../../components/reasonWords';
import { useFormat, type Format } from '../../../components/useFormat';
import { useText, type Text } from '../../../components/useText';
import { useUrlState } from '../../../components/useUrlState';
import { addsUp, partsOf, settled } from './parts';
import { reasonText } from './reasonText';

const COLORS = {
  accepted: 'success500',
  bounced: 'danger500',
  failed: 'danger700',
  in_doubt: 'warning500',
  skipped: 'neutral400',
  deferred: 'secondary500',
  queued: 'neutral200',
} as const satisfies Record<DeliveryState, string>;

const Bar = styled.div`
  display: flex;
  height: 20px;
  border-radius: ${({ theme }) => theme.borderRadius};
  overflow: hidden;
  background: ${({ theme }) => theme.colors.neutral150};
`;

const Segment = styled.div<{ $color: string }>`
  background: ${({ $color }) => $color};
  transition: width 0.4s;
`;

const Legend = styled.button<{ $active: boolean }>`
  display: flex;
  flex-direction: column;
  align-items: flex-start;
  gap: 2px;
  cursor: pointer;
  text-align: left;
  padding: ${({ theme }) => theme.spaces[3]};
  border: 1px solid ${({ theme, $active }) => ($active ? theme.colors.primary600 : theme.colors.neutral200)};
  border-radius: ${({ theme }) => theme.borderRadius};
  background: ${({ theme, $active }) => ($active ? theme.colors.primary100 : theme.colors.neutral0)};

  &:hover {
    border-color: ${({ theme }) => theme.colors.primary500};
  }
`;

const Parts = styled.div`
  display: grid;
  gap: ${({ theme }) => theme.spaces[3]};
  grid-template-columns: repeat(auto-fit, minmax(132px, 1fr));
`;

const Dot = styled.span<{ $color: string }>`
  display: inline-block;
  width: 10px;
  height: 10px;
  border-radius: 50%;
  background: ${({ $color }) => $color};
  margin-right: 6px;
`;

/** The bar whose parts add up to the candidates; a part filters the recipients below. */
export function OutcomePanel({ report, failed }: { report: CampaignReport; failed: boolean }) {
  const t = useText();
  const format = useFormat();
  const theme = useTheme();
  const url = useUrlState();
  const { counts } = report;
  const parts = partsOf(counts, report.reasons);
  const active = url.get('state');
  return (
    <Panel title={t('campaigns.report.outcome')}>
      <Flex direction="column" alignItems="stretch" gap={4}>
        <Progress report={report} t={t} format={format} />
        {failed && (
          <Typography textColor="neutral800" role="status">
            {t('campaigns.report.stale')}
          </Typography>
        )}
        {report.waiting && isOpen(report) && (
          <Typography textColor="neutral800">
            {t(
              report.waiting.nextAt === report.waiting.lastAt
                ? 'timing.report.waiting-one'
                : 'timing.report.waiting',
              {
                count: report.waiting.count,
                next: format.dateTime(report.waiting.nextAt),
                last: format.dateTime(report.waiting.lastAt),
              },
            )}
          </Typography>
        )}
        <Bar aria-hidden>
          {parts.map((part) => (
            <Segment
              key={part.state}
              $color={theme.colors[COLORS[part.state]]}
              style={{ width: `${part.width}%` }}
            />
          ))}
        </Bar>
        <Parts role="group" aria-label={t('campaigns.report.parts.label')}>
          {parts.map((part) => {
            const isActive = active === part.state;
            return (
              <Legend
                key={part.state}
                type="button"
                $active={isActive}
                aria-pressed={isActive}
                onClick={() => url.set({ state: isActive ? null : part.state, reason: null })}
              >
                <Typography variant="pi" textColor="neutral600">
                  <Dot $color={theme.colors[COLORS[part.state]]} aria-hidden />
                  {t(`campaigns.delivery.${part.state}`)}
                </Typography>
                <Typography variant="beta">{format.number(part.count)}</Typography>
                <Typography variant="pi" textColor="neutral600">
                  {format.percent(part.count, counts.candidates)}
                </Typography>
              </Legend>
            );
          })}
        </Parts>
        <Typography variant="pi" textColor={addsUp(counts) ? 'neutral600' : 'danger600'}>
          {t(addsUp(counts) ? 'campaigns.report.sum' : 'campaigns.report.sum-wrong', {
            count: counts.candidates,
          })}
        </Typography>
        <Typography variant="pi" textColor="neutral600">
          {t('campaigns.report.accepted.explained')}
        </Typography>
        <Reasons report={report} t={t} format={format} />
      </Flex>
    </Panel>
  );
}

const isOpen = ({ campaign }: CampaignReport) => campaign.state === 'sending' || campaign.state === 'paused';

function Reasons({ report, t, format }: { report: CampaignReport; t: Text; format: Format }) {
  const url = useUrlState();
  if (report.reasons.length === 0) return null;
  return (
    <Box>
      <Typography variant="sigma" textColor="neutral600" tag="h3">
        {t('campaigns.report.reasons')}
      </Typography>
      <Flex tag="ul" direction="column" alignItems="stretch" gap={1} paddingTop={2}>
        {report.reasons.map(({ state, reason, count }) => (
          <Flex tag="li" key={`${state}-${reason}`} gap={2} wrap="wrap">
            <ReasonButton type="button" onClick={() => url.set({ state, reason })}>
              <Typography variant="pi" textColor="primary700">
                {t(`campaigns.delivery.${state}`)} · {reasonText(reason, t)}
              </Typography>
            </ReasonButton>
            <Typography variant="pi">{format.number(count)}</Typography>
            <Typography variant="pi" textColor="neutral600">
              {classSentence(reason, t)}
            </Typography>
          </Flex>
        ))}
      </Flex>
    </Box>
  );
}

const ReasonButton = styled.button`
  cursor: pointer;
  background: none;
  border: none;
  padding: 2px 0;
  text-align: left;
  text-decoration: underline;
`;

function Progress({ report, t, format }: { report: CampaignReport; t: Text; format: Format }) {
  const { counts, speed, campaign, freezing } = report;
  const done = settled(counts);
  const text = freezing
    ? t('campaigns.report.freezing', { count: counts.candidates })
    : t('campaigns.report.progress', { done, count: counts.candidates });
  const tenth = counts.candidates > 0 ? Math.floor((done / counts.candidates) * 10) * 10 : 0;
  return (
    <Flex justifyContent="space-between" gap={3} wrap="wrap">
      <Typography variant="delta" tag="p">
        {text}
      </Typography>
      {campaign.state === 'sending' && speed && (
        <Typography textColor="neutral600">
          {t('campaigns.report.speed', { speed: format.number(Math.round(speed.perSecond * 10) / 10) })}
          {speed.secondsLeft !== null && ` · ${timeLeft(speed.secondsLeft, t)}`}
        </Typography>
      )}
      <Spoken state={campaign.state} tenth={tenth} t={t} />
    </Flex>
  );
}

const timeLeft = (seconds: number, t: Text) =>
  seconds < 90
    ? t('campaigns.report.seconds-left', { count: Math.max(1, Math.round(seconds)) })
    : seconds < 5400
      ? t('campaigns.report.minutes-left', { count: Math.round(seconds / 60) })
      : t('campaigns.report.hours-left', { count: Math.round(seconds / 3600) });

/** Spoken at each change of state and each tenth, not every three seconds. */
function Spoken({ state, tenth, t }: { state: CampaignReport['campaign']['state']; tenth: number; t: Text }) {
  const [message, setMessage] = useState('');
  useEffect(() => {
    setMessage(t('campaigns.report.spoken', { state: t(`campaigns.state.${state}`), percent: tenth }));
  }, [state, tenth, t]);
  return <LiveMessage>{message}</LiveMessage>;
}
