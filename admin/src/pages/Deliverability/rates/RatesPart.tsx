import { useState } from 'react';
import { Box, Flex, SingleSelect, SingleSelectOption, Typography } from '@strapi/design-system';
import { Page } from '@strapi/strapi/admin';
import type { DeliverabilityDto, DeliverabilityQuery } from '../../../../../shared/contracts';
import { useGetDeliverabilityQuery } from '../../../api/deliverability';
import { ErrorState } from '../../../components/ErrorState';
import { Panel } from '../../../components/Panel';
import { RelativeTime } from '../../../components/RelativeTime';
import { useText } from '../../../components/useText';
import { useUrlState } from '../../../components/useUrlState';
import { DaysTable } from './DaysTable';
import { linesOf, METRICS, sumDays } from './rates';
import { RateChart } from './RateChart';
import { SeriesTable } from './SeriesTable';

const BY = ['sender', 'destination', 'campaign'] as const;
const DAYS = [7, 30, 90, 365] as const;

/** Bounces and complaints over time, by who sent, who received, or which campaign. */
export default function RatesPart() {
  const t = useText();
  const url = useUrlState();
  const by = BY.find((one) => one === url.get('by')) ?? 'sender';
  const days = DAYS.find((one) => String(one) === url.get('days')) ?? 30;
  const query: DeliverabilityQuery = { by, days };
  const { data, error, refetch } = useGetDeliverabilityQuery(query, { refetchOnMountOrArgChange: true });
  return (
    <Flex direction="column" alignItems="stretch" gap={6}>
      <Flex gap={3} wrap="wrap">
        <Box minWidth="220px">
          <SingleSelect
            size="S"
            aria-label={t('deliverability.rates.by')}
            value={by}
            onChange={(value) => url.set({ by: String(value) })}
          >
            {BY.map((one) => (
              <SingleSelectOption key={one} value={one}>
                {t(`deliverability.rates.by.${one}`)}
              </SingleSelectOption>
            ))}
          </SingleSelect>
        </Box>
        <Box minWidth="180px">
          <SingleSelect
            size="S"
            aria-label={t('deliverability.rates.days')}
            value={String(days)}
            onChange={(value) => url.set({ days: String(value) })}
          >
            {DAYS.map((one) => (
              <SingleSelectOption key={one} value={String(one)}>
                {t('deliverability.rates.last', { count: one })}
              </SingleSelectOption>
            ))}
          </SingleSelect>
        </Box>
      </Flex>
      {error !== undefined && data === undefined ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <Page.Loading />
      ) : data.series.length === 0 ? (
        <Panel title={t('deliverability.part.rates')}>
          <Typography>{t('deliverability.rates.empty')}</Typography>
        </Panel>
      ) : (
        <Rates key={`${by} ${days}`} data={data} />
      )}
    </Flex>
  );
}

function Rates({ data }: { data: DeliverabilityDto }) {
  const t = useText();
  /** The series in the charts; null: all together. */
  const [chosen, setChosen] = useState<string | null>(null);
  const series = data.series.find(({ key }) => key === chosen) ?? null;
  const days = series ? series.days : sumDays(data.series);
  const name = series ? series.label || t('deliverability.rates.others') : t('deliverability.rates.all');
  return (
    <>
      <Panel
        title={name}
        action={
          data.asOf !== null && (
            <Typography variant="pi" textColor="neutral600">
              {t('deliverability.rates.as-of')} <RelativeTime iso={data.asOf} />
            </Typography>
          )
        }
      >
        <Flex gap={6} wrap="wrap" alignItems="flex-start">
          {METRICS.map((metric) => (
            <Box key={metric} flex="1 1 360px" minWidth={0}>
              <RateChart metric={metric} days={days} lines={linesOf(data, metric)} name={name} />
            </Box>
          ))}
        </Flex>
        <DaysTable days={days} name={name} />
      </Panel>
      <SeriesTable data={data} chosen={chosen} onChoose={setChosen} />
    </>
  );
}
