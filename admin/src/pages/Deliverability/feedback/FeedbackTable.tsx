import {
  Box,
  Button,
  Checkbox,
  Table,
  Tbody,
  Td,
  Th,
  Tr,
  Typography,
  VisuallyHidden,
} from '@strapi/design-system';
import type { FeedbackDto } from '../../../../../shared/contracts';
import { LongText } from '../../../components/LongText';
import { RelativeTime } from '../../../components/RelativeTime';
import { ReadableBadge } from '../../../components/ReadableBadge';
import { TableHead } from '../../../components/TableHead';
import { TextLink } from '../../../components/TextLink';
import { useText } from '../../../components/useText';
import { BASE_PATH } from '../../../pluginId';
import { reasonText } from '../../Campaigns/report/reasonText';
import { RESULT_TONES, wordText } from '../words';

interface Props {
  rows: FeedbackDto[];
  selected: number[];
  /** None: without the right to decide. */
  onSelect: ((ids: number[]) => void) | undefined;
  onShow: (id: number) => void;
}

export function FeedbackTable({ rows, selected, onSelect, onShow }: Props) {
  const t = useText();
  const heads = (['what', 'recipient', 'result', 'reporter', 'when'] as const).map((name) =>
    t(`deliverability.feedback.column.${name}`),
  );
  const select = (
    <Th key="select">
      <VisuallyHidden>{t('deliverability.select')}</VisuallyHidden>
    </Th>
  );
  return (
    <Box style={{ overflowX: 'auto' }}>
      <Table colCount={heads.length + (onSelect ? 2 : 1)} rowCount={rows.length + 1}>
        <TableHead columns={[...(onSelect ? [select] : []), ...heads]} hasActions />
        <Tbody>
          {rows.map((row) => (
            <Row
              key={row.id}
              row={row}
              isSelected={selected.includes(row.id)}
              hasSelect={onSelect !== undefined}
              onToggle={() =>
                onSelect?.(
                  selected.includes(row.id) ? selected.filter((id) => id !== row.id) : [...selected, row.id],
                )
              }
              onShow={() => onShow(row.id)}
            />
          ))}
        </Tbody>
      </Table>
    </Box>
  );
}

function Row({
  row,
  isSelected,
  hasSelect,
  onToggle,
  onShow,
}: {
  row: FeedbackDto;
  isSelected: boolean;
  hasSelect: boolean;
  onToggle: () => void;
  onShow: () => void;
}) {
  const t = useText();
  const kind = wordText(t, 'kind', row.kind);
  const waits = row.result === 'held' || row.result === 'unmatched';
  return (
    <Tr>
      {hasSelect && (
        <Td>
          {waits && (
            <Checkbox
              aria-label={t('deliverability.select-one', { name: row.recipient ?? kind })}
              checked={isSelected}
              onCheckedChange={onToggle}
            />
          )}
        </Td>
      )}
      <Td>
        <Typography tag="p">{kind}</Typography>
        {(row.kind === 'bounce' || row.kind === 'delayed') && (
          <Typography tag="p" variant="pi" textColor="neutral600" style={{ whiteSpace: 'normal' }}>
            {reasonText(row.class, t)}
          </Typography>
        )}
      </Td>
      <Td>
        {row.subscriber === null ? (
          <OptionalText>{row.recipient}</OptionalText>
        ) : (
          <LongText>
            <TextLink to={`${BASE_PATH}/subscribers/${row.subscriber}`}>
              {row.recipient ?? t('deliverability.feedback.person')}
            </TextLink>
          </LongText>
        )}
        {row.campaign && (
          <Typography tag="p" variant="pi" style={{ whiteSpace: 'normal' }}>
            <TextLink to={`${BASE_PATH}/campaigns/${row.campaign.documentId}`}>{row.campaign.name}</TextLink>
          </Typography>
        )}
      </Td>
      <Td>
        <ReadableBadge variant={RESULT_TONES[row.result]}>{wordText(t, 'result', row.result)}</ReadableBadge>
        <Typography tag="p" variant="pi" textColor="neutral600" style={{ whiteSpace: 'normal' }}>
          {wordText(t, 'why', row.why)}
        </Typography>
      </Td>
      <Td>
        <OptionalText>{row.reporter}</OptionalText>
      </Td>
      <Td>
        <Typography variant="pi">
          <RelativeTime iso={row.receivedAt} />
        </Typography>
      </Td>
      <Td>
        <Button
          size="S"
          variant="tertiary"
          aria-label={t('deliverability.show-one', { name: row.recipient ?? kind })}
          onClick={onShow}
        >
          {t('deliverability.show')}
        </Button>
      </Td>
    </Tr>
  );
}

const OptionalText = ({ children }: { children: string | null }) =>
  children === null ? <Typography>–</Typography> : <LongText variant="pi">{children}</LongText>;
