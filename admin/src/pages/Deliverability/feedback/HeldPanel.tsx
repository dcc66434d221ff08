import { Button, Flex, Table, Tbody, Td, Tr, Typography } from '@strapi/design-system';
import type { FeedbackCounts, FeedbackDecision } from '../../../../../shared/contracts';
import { Panel } from '../../../components/Panel';
import { TableHead } from '../../../components/TableHead';
import { useFormat } from '../../../components/useFormat';
import { useText } from '../../../components/useText';
import type { Decision } from './DecideDialog';

/** Bounces that came in a flood, by who reported them: one decision per reporter. */
export function HeldPanel({
  counts,
  onDecide,
}: {
  counts: FeedbackCounts;
  onDecide: ((action: Decision['action'], data: FeedbackDecision, count: number) => void) | undefined;
}) {
  const t = useText();
  const format = useFormat();
  const heads = [t('deliverability.feedback.column.reporter'), t('deliverability.held.count')];
  return (
    <Panel title={t('deliverability.held', { count: counts.held })}>
      <Typography tag="p" textColor="neutral600" paddingBottom={4}>
        {t('deliverability.held.text')}
      </Typography>
      <Table colCount={heads.length + (onDecide ? 1 : 0)} rowCount={counts.reporters.length + 1}>
        <TableHead columns={heads} hasActions={onDecide !== undefined} />
        <Tbody>
          {counts.reporters.map(({ reporter, held }) => (
            <Tr key={reporter ?? ''}>
              <Td>
                <Typography style={{ overflowWrap: 'anywhere', whiteSpace: 'normal' }}>
                  {reporter ?? t('deliverability.held.nobody')}
                </Typography>
              </Td>
              <Td>
                <Typography>{format.number(held)}</Typography>
              </Td>
              {onDecide && (
                <Td>
                  <Flex gap={2} wrap="wrap">
                    <Button
                      size="S"
                      variant="secondary"
                      onClick={() => onDecide('release', { reporter }, held)}
                    >
                      {t('deliverability.feedback.release', { count: held })}
                    </Button>
                    <Button
                      size="S"
                      variant="tertiary"
                      onClick={() => onDecide('discard', { reporter }, held)}
                    >
                      {t('deliverability.feedback.discard', { count: held })}
                    </Button>
                  </Flex>
                </Td>
              )}
            </Tr>
          ))}
        </Tbody>
      </Table>
    </Panel>
  );
}
