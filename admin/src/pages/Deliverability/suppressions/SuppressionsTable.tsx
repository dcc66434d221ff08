import { Button, Typography } from '@strapi/design-system';
import type { Keyed, SuppressionDto } from '../../../../../shared/contracts';
import { DataTable, type Column } from '../../../components/DataTable';
import { LongText } from '../../../components/LongText';
import { RelativeTime } from '../../../components/RelativeTime';
import { ReadableBadge } from '../../../components/ReadableBadge';
import { TextLink } from '../../../components/TextLink';
import { useText, type Text } from '../../../components/useText';
import { BASE_PATH } from '../../../pluginId';
import { KeyedPages } from '../KeyedPages';
import type { useKeyed } from '../useKeyed';
import { REASON_TONES, wordText } from '../words';

interface Props {
  answer: { data?: Keyed<SuppressionDto>; error?: unknown; refetch: () => unknown };
  keyed: ReturnType<typeof useKeyed>;
  empty: string;
  selected: string[];
  /** None: without the right to lift. */
  onSelect: ((ids: string[]) => void) | undefined;
  onShow: (entry: SuppressionDto) => void;
}

export function SuppressionsTable({ answer, keyed, empty, selected, onSelect, onShow }: Props) {
  const t = useText();
  const nameOf = ({ email }: SuppressionDto) => email ?? t('deliverability.suppressions.hash-only');
  return (
    <DataTable
      answer={answer}
      idOf={({ id }) => id}
      columns={columnsOf(t, nameOf)}
      selection={onSelect && { ids: selected, onChange: onSelect, nameOf }}
      actions={(entry) => (
        <Button
          size="S"
          variant="tertiary"
          aria-label={t('deliverability.suppressions.show', { email: nameOf(entry) })}
          onClick={() => onShow(entry)}
        >
          {t('deliverability.show')}
        </Button>
      )}
      empty={empty}
      pages={({ next }) => <KeyedPages keyed={keyed} next={next} />}
    />
  );
}

function columnsOf(t: Text, nameOf: (entry: SuppressionDto) => string): Column<SuppressionDto>[] {
  const head = (name: 'address' | 'reason' | 'since' | 'campaign') =>
    t(`deliverability.suppressions.column.${name}`);
  return [
    {
      head: head('address'),
      cell: (entry) => (
        <LongText>
          {entry.subscriber === null ? (
            nameOf(entry)
          ) : (
            <TextLink to={`${BASE_PATH}/subscribers/${entry.subscriber}`}>{nameOf(entry)}</TextLink>
          )}
        </LongText>
      ),
    },
    {
      head: head('reason'),
      cell: ({ reason, detail }) => (
        <>
          <ReadableBadge variant={REASON_TONES[reason]}>{wordText(t, 'reason', reason)}</ReadableBadge>
          {detail !== null && (
            <Typography
              tag="p"
              variant="pi"
              textColor="neutral600"
              style={{ overflowWrap: 'anywhere', whiteSpace: 'normal' }}
            >
              {wordText(t, 'note', detail)}
            </Typography>
          )}
        </>
      ),
    },
    {
      head: head('since'),
      cell: ({ since, addedBy }) => (
        <>
          <Typography variant="pi">
            <RelativeTime iso={since} />
          </Typography>
          {addedBy !== null && (
            <Typography tag="p" variant="pi" textColor="neutral600">
              {addedBy}
            </Typography>
          )}
        </>
      ),
    },
    {
      head: head('campaign'),
      cell: ({ campaign }) =>
        campaign && (
          <Typography variant="pi" style={{ whiteSpace: 'normal' }}>
            <TextLink to={`${BASE_PATH}/campaigns/${campaign.documentId}`}>{campaign.name}</TextLink>
          </Typography>
        ),
    },
  ];
}
