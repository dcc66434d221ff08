import { Box, Typography } from '@strapi/design-system';
import { styled } from 'styled-components';
import type { OverviewDto } from '../../../../shared/contracts';
import { Panel } from '../../components/Panel';
import { TextLink } from '../../components/TextLink';
import { useFormat } from '../../components/useFormat';
import { useText } from '../../components/useText';
import { useCan } from '../../permissions';
import { BASE_PATH } from '../../pluginId';

const Figures = styled.dl`
  display: grid;
  gap: ${({ theme }) => theme.spaces[5]};
  grid-template-columns: repeat(auto-fit, minmax(104px, 1fr));
`;

const STATUSES = ['subscribed', 'pending', 'unsubscribed', 'bounced', 'complained'] as const;

/** People by status, and who came and went in the last 30 days. */
export function NumbersPanel({ subscribers, growth }: Pick<OverviewDto, 'subscribers' | 'growth'>) {
  const t = useText();
  const format = useFormat();
  const { can } = useCan();
  return (
    <Panel title={t('overview.numbers')}>
      <Figures>
        {STATUSES.map((status) => {
          const value = format.number(subscribers[status] ?? 0);
          return (
            <Figure key={status} label={t(`overview.status.${status}`)}>
              {can.subscribersRead ? (
                <TextLink to={`${BASE_PATH}/subscribers?status=${status}`}>{value}</TextLink>
              ) : (
                value
              )}
            </Figure>
          );
        })}
        <Figure label={t('overview.joined')}>
          {growth.joined > 0 ? `+${format.number(growth.joined)}` : '0'}
        </Figure>
        <Figure label={t('overview.left')}>{growth.left > 0 ? `−${format.number(growth.left)}` : '0'}</Figure>
      </Figures>
    </Panel>
  );
}

const Figure = ({ label, children }: { label: string; children: React.ReactNode }) => (
  <Box>
    <Typography tag="dt" variant="pi" textColor="neutral600">
      {label}
    </Typography>
    <Typography tag="dd" variant="alpha">
      {children}
    </Typography>
  </Box>
);
