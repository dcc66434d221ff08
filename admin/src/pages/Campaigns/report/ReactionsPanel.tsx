import { Box, Typography } from '@strapi/design-system';
import { styled } from 'styled-components';
import type { CampaignReport } from '../../../../../shared/contracts';
import { Panel } from '../../../components/Panel';
import { useFormat } from '../../../components/useFormat';
import { useText } from '../../../components/useText';

const Figures = styled.dl`
  display: grid;
  gap: ${({ theme }) => theme.spaces[5]};
  grid-template-columns: repeat(auto-fit, minmax(150px, 1fr));
`;

/** What people did: opens as the estimate that they are, machines apart. */
export function ReactionsPanel({ report }: { report: CampaignReport }) {
  const t = useText();
  const format = useFormat();
  const { accepted } = report.counts;
  const reasons = report.leavingReasons
    .map(({ reason, count }) => `${t(`subscribers.leaving.${reason}`)}: ${format.number(count)}`)
    .join(' · ');
  const figures = [
    [
      t('campaigns.report.opens'),
      report.opens.people,
      t('campaigns.report.opens.hint', { count: report.opens.machineOnly }),
    ],
    [
      t('campaigns.report.clicks'),
      report.clicks.people,
      t('campaigns.report.clicks.hint', { count: report.clicks.machineOnly }),
    ],
    [t('campaigns.report.unsubscribes'), report.unsubscribes, reasons || null],
    [t('campaigns.report.complaints'), report.complaints, null],
  ] as const;
  return (
    <Panel title={t('campaigns.report.reactions')}>
      <Figures>
        {figures.map(([label, value, hint]) => (
          <Box key={label}>
            <Typography tag="dt" variant="pi" textColor="neutral600">
              {label}
            </Typography>
            <Typography tag="dd" variant="beta">
              {format.number(value)}{' '}
              <Typography variant="pi" textColor="neutral600">
                {format.percent(value, accepted)}
              </Typography>
            </Typography>
            {hint && (
              <Typography tag="dd" variant="pi" textColor="neutral600">
                {hint}
              </Typography>
            )}
          </Box>
        ))}
      </Figures>
    </Panel>
  );
}
