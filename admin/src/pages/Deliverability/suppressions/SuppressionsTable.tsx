import { Box, Button, Checkbox, Table, Tbody, Td, Th, Tr, Typography } from '@strapi/design-system';
import type { SuppressionDto } from '../../../../../shared/contracts';
import { LongText } from '../../../components/LongText';
import { RelativeTime } from '../../../components/RelativeTime';
import { ReadableBadge } from '../../../components/ReadableBadge';
import { TableHead } from '../../../components/TableHead';
import { TextLink } from '../../../components/TextLink';
import { useText } from '../../../components/useText';
import { BASE_PATH } from '../../../pluginId';
import { REASON_TONES, wordText } from '../words';

interface Props {
  rows: SuppressionDto[];
  selected: string[];
  /** None: without the right to lift. */
  onSelect: ((ids: string[]) => void) | undefined;
  onShow: (entry: SuppressionDto) => void;
}

export function SuppressionsTable({ rows, selected, onSelect, onShow }: Props) {
  const t = useText();
  const heads = (['address', 'reason', 'since', 'campaign'] as const).map((name) =>
    t(`deliverability.suppressions.column.${name}`),
  );
  const all = rows.every(({ id }) => selected.includes(id));
  const select = onSelect && (
    <Th key="select">
      <Checkbox
        aria-label={t('deliverability.select-all')}
        checked={all ? true : rows.some(({ id }) => selected.includes(id)) ? 'indeterminate' : false}
        onCheckedChange={() => onSelect(all ? [] : rows.map(({ id }) => id))}
      />
    </Th>
  );
  return (
    <Box style={{ overflowX: 'auto' }}>
      <Table colCount={heads.length + (onSelect ? 2 : 1)} rowCount={rows.length + 1}>
        <TableHead columns={[...(select ? [select] : []), ...heads]} hasActions />
        <Tbody>
          {rows.map((entry) => (
            <Row
              key={entry.id}
              entry={entry}
              isSelected={selected.includes(entry.id)}
              onToggle={
                onSelect &&
                (() =>
                  onSelect(
                    selected.includes(entry.id)
                      ? selected.filter((id) => id !== entry.id)
                      : [...selected, entry.id],
                  ))
              }
              onShow={() => onShow(entry)}
            />
          ))}
        </Tbody>
      </Table>
    </Box>
  );
}

function Row({
  entry,
  isSelected,
  onToggle,
  onShow,
}: {
  entry: SuppressionDto;
  isSelected: boolean;
  onToggle: (() => void) | undefined;
  onShow: () => void;
}) {
  const t = useText();
  const address = entry.email ?? t('deliverability.suppressions.hash-only');
  return (
    <Tr>
      {onToggle && (
        <Td>
          <Checkbox
            aria-label={t('deliverability.select-one', { name: address })}
            checked={isSelected}
            onCheckedChange={onToggle}
          />
        </Td>
      )}
      <Td>
        <LongText>
          {entry.subscriber === null ? (
            address
          ) : (
            <TextLink to={`${BASE_PATH}/subscribers/${entry.subscriber}`}>{address}</TextLink>
          )}
        </LongText>
      </Td>
      <Td>
        <ReadableBadge variant={REASON_TONES[entry.reason]}>
          {wordText(t, 'reason', entry.reason)}
        </ReadableBadge>
        {entry.detail !== null && (
          <Typography
            tag="p"
            variant="pi"
            textColor="neutral600"
            style={{ overflowWrap: 'anywhere', whiteSpace: 'normal' }}
          >
            {wordText(t, 'note', entry.detail)}
          </Typography>
        )}
      </Td>
      <Td>
        <Typography variant="pi">
          <RelativeTime iso={entry.since} />
        </Typography>
        {entry.addedBy !== null && (
          <Typography tag="p" variant="pi" textColor="neutral600">
            {entry.addedBy}
          </Typography>
        )}
      </Td>
      <Td>
        {entry.campaign && (
          <Typography variant="pi" style={{ whiteSpace: 'normal' }}>
            <TextLink to={`${BASE_PATH}/campaigns/${entry.campaign.documentId}`}>
              {entry.campaign.name}
            </TextLink>
          </Typography>
        )}
      </Td>
      <Td>
        <Button
          size="S"
          variant="tertiary"
          aria-label={t('deliverability.suppressions.show', { email: address })}
          onClick={onShow}
        >
          {t('deliverability.show')}
        </Button>
      </Td>
    </Tr>
  );
}
