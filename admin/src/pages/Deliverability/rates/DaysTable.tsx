import { Box, Table, Tbody, Td, Tr, Typography } from '@strapi/design-system';
import { TableHead } from '../../../components/TableHead';
import { useFormat } from '../../../components/useFormat';
import { useText } from '../../../components/useText';
import { rateOf, settledOf, type RateDay } from './rates';
import { useRateFormat } from './useRateFormat';

/** The numbers behind the charts, day by day, newest first. Folded away for those who see the charts. */
export function DaysTable({ days, name }: { days: readonly RateDay[]; name: string }) {
  const t = useText();
  const format = useFormat();
  const rate = useRateFormat();
  const heads = (['day', 'sent', 'bounces', 'complaints'] as const).map((head) =>
    t(`deliverability.rates.column.${head}`),
  );
  return (
    <Box tag="details" paddingTop={4}>
      <Typography tag="summary" style={{ cursor: 'pointer' }}>
        {t('deliverability.rates.table', { name })}
      </Typography>
      <Box paddingTop={3}>
        <Table colCount={heads.length} rowCount={days.length + 1}>
          <TableHead columns={heads} />
          <Tbody>
            {[...days].reverse().map((day) => (
              <Tr key={day.day}>
                <Td>
                  <Typography>{format.day(day.day)}</Typography>
                </Td>
                <Td>
                  <Typography>{format.number(settledOf(day))}</Typography>
                </Td>
                <Td>
                  <Typography>{`${format.number(day.hard)} (${rate(rateOf('bounces', day))})`}</Typography>
                </Td>
                <Td>
                  <Typography>
                    {`${format.number(day.complaints)} (${rate(rateOf('complaints', day))})`}
                  </Typography>
                </Td>
              </Tr>
            ))}
          </Tbody>
        </Table>
      </Box>
    </Box>
  );
}
