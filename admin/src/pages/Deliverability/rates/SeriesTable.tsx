import { Box, Button, Table, Tbody, Td, Tr, Typography } from '@strapi/design-system';
import type { DeliverabilityDto, RateCounts, RateSeries } from '../../../../../shared/contracts';
import { Panel } from '../../../components/Panel';
import { ReadableBadge } from '../../../components/ReadableBadge';
import { TableHead } from '../../../components/TableHead';
import { TextLink } from '../../../components/TextLink';
import { useFormat } from '../../../components/useFormat';
import { useText } from '../../../components/useText';
import { BASE_PATH } from '../../../pluginId';
import { levelOf, linesOf, rateOf, settledOf, type Metric } from './rates';
import { useRateFormat } from './useRateFormat';

const TONES = { ok: 'success', warn: 'warning', high: 'danger' } as const;

/** All series with their sums; one of them can be put into the charts. */
export function SeriesTable({
  data,
  chosen,
  onChoose,
}: {
  data: DeliverabilityDto;
  chosen: string | null;
  onChoose: (key: string | null) => void;
}) {
  const t = useText();
  const heads = [
    t(`deliverability.rates.column.${data.by}`),
    ...(['sent', 'bounces', 'soft', 'block', 'complaints'] as const).map((name) =>
      t(`deliverability.rates.column.${name}`),
    ),
  ];
  return (
    <Panel title={t(`deliverability.rates.by.${data.by}`)}>
      <Box style={{ overflowX: 'auto' }}>
        <Table colCount={heads.length + 1} rowCount={data.series.length + 2}>
          <TableHead columns={heads} hasActions />
          <Tbody>
            <Row
              data={data}
              counts={data.total}
              label={t('deliverability.rates.all')}
              isShown={chosen === null}
              onShow={() => onChoose(null)}
            />
            {data.series.map((series) => (
              <Row
                key={series.key}
                data={data}
                counts={series}
                series={series}
                label={series.label || t('deliverability.rates.others')}
                isShown={chosen === series.key}
                onShow={() => onChoose(series.key)}
              />
            ))}
          </Tbody>
        </Table>
      </Box>
    </Panel>
  );
}

function Row({
  data,
  counts,
  series,
  label,
  isShown,
  onShow,
}: {
  data: DeliverabilityDto;
  counts: RateCounts;
  series?: RateSeries;
  label: string;
  isShown: boolean;
  onShow: () => void;
}) {
  const t = useText();
  const format = useFormat();
  return (
    <Tr>
      <Td>
        <Typography
          style={{ overflowWrap: 'anywhere', whiteSpace: 'normal' }}
          fontWeight={series ? undefined : 'semiBold'}
        >
          {data.by === 'campaign' && series?.key ? (
            <TextLink to={`${BASE_PATH}/campaigns/${series.key}`}>{label}</TextLink>
          ) : (
            label
          )}
        </Typography>
      </Td>
      <Td>
        <Typography>{format.number(settledOf(counts))}</Typography>
      </Td>
      <Td>
        <Rate data={data} metric="bounces" counts={counts} />
      </Td>
      <Td>
        <Typography>{format.number(counts.soft)}</Typography>
      </Td>
      <Td>
        <Typography>{format.number(counts.block)}</Typography>
      </Td>
      <Td>
        <Rate data={data} metric="complaints" counts={counts} />
      </Td>
      <Td>
        <Button
          size="S"
          variant={isShown ? 'secondary' : 'tertiary'}
          aria-pressed={isShown}
          aria-label={t('deliverability.rates.show-one', { name: label })}
          onClick={onShow}
        >
          {t('deliverability.rates.show')}
        </Button>
      </Td>
    </Tr>
  );
}

/** The number and its share; a word beside the colour says where it stands. */
function Rate({ data, metric, counts }: { data: DeliverabilityDto; metric: Metric; counts: RateCounts }) {
  const t = useText();
  const format = useFormat();
  const text = useRateFormat();
  const rate = rateOf(metric, counts);
  const level = levelOf(rate, linesOf(data, metric));
  const number = format.number(metric === 'bounces' ? counts.hard : counts.complaints);
  return (
    <Typography>
      {`${number} (${text(rate)}) `}
      {level !== 'ok' && (
        <ReadableBadge variant={TONES[level]}>{t(`deliverability.rates.level.${level}`)}</ReadableBadge>
      )}
    </Typography>
  );
}
