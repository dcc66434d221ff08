import type { ReactNode } from 'react';
import { Badge, Box, Flex, Tabs } from '@strapi/design-system';
import { useIntl } from 'react-intl';
import { styled } from 'styled-components';
import type { SubscriberCounts } from '../../../../shared/contracts';
import { useText } from '../../components/useText';
import { STATUSES } from './words';

const TABS = ['all', ...STATUSES] as const;
export type StatusTab = (typeof TABS)[number];

interface Props {
  value: StatusTab;
  counts: SubscriberCounts | undefined;
  onChange: (tab: StatusTab) => void;
  children: ReactNode;
}

/** The tabs scroll sideways where the window is too narrow for all of them. */
const Scroller = styled(Box)`
  overflow-x: auto;
`;

/** One tab per status with the number of people, so that those who left are seen without a search. */
export function StatusTabs({ value, counts, onChange, children }: Props) {
  const t = useText();
  const { formatNumber } = useIntl();
  return (
    <Tabs.Root variant="simple" value={value} onValueChange={(tab) => onChange(tab as StatusTab)}>
      <Scroller>
        <Tabs.List aria-label={t('subscribers.tabs.label')}>
          {TABS.map((tab) => (
            <Tabs.Trigger key={tab} value={tab}>
              <Flex tag="span" gap={2} inline>
                {t(`subscribers.status.${tab}`)}
                {counts && <Badge size="S">{formatNumber(counts[tab])}</Badge>}
              </Flex>
            </Tabs.Trigger>
          ))}
        </Tabs.List>
      </Scroller>
      <Tabs.Content value={value}>{children}</Tabs.Content>
    </Tabs.Root>
  );
}
