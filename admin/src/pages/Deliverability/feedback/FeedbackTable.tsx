import type { ReactNode } from 'react';
import { Button, Typography } from '@strapi/design-system';
import type { FeedbackDto, Keyed } from '../../../../../shared/contracts';
import { DataTable, type Column } from '../../../components/DataTable';
import { LongText } from '../../../components/LongText';
import { RelativeTime } from '../../../components/RelativeTime';
import { ReadableBadge } from '../../../components/ReadableBadge';
import { TextLink } from '../../../components/TextLink';
import { useText, type Text } from '../../../components/useText';
import { BASE_PATH } from '../../../pluginId';
import { reasonText } from '../../Campaigns/report/reasonText';
import { KeyedPages } from '../KeyedPages';
import type { useKeyed } from '../useKeyed';
import { RESULT_TONES, wordText } from '../words';

interface Props {
  answer: { data?: Keyed<FeedbackDto>; error?: unknown; refetch: () => unknown };
  keyed: ReturnType<typeof useKeyed>;
  empty: string;
  selected: number[];
  /** None: without the right to decide. */
  onSelect: ((ids: number[]) => void) | undefined;
  onShow: (id: number) => void;
}

export function FeedbackTable({ answer, keyed, empty, selected, onSelect, onShow }: Props) {
  const t = useText();
  const nameOf = ({ recipient, kind }: FeedbackDto) => recipient ?? wordText(t, 'kind', kind);
  return (
    <DataTable
      answer={answer}
      idOf={({ id }) => id}
      columns={columnsOf(t)}
      selection={
        onSelect && {
          ids: selected,
          onChange: onSelect,
          nameOf,
          allows: ({ result }) => result === 'held' || result === 'unmatched',
        }
      }
      actions={(row) => (
        <Button
          size="S"
          variant="tertiary"
          aria-label={t('deliverability.show-one', { name: nameOf(row) })}
          onClick={() => onShow(row.id)}
        >
          {t('deliverability.show')}
        </Button>
      )}
      empty={empty}
      pages={({ next }) => <KeyedPages keyed={keyed} next={next} />}
    />
  );
}

function columnsOf(t: Text): Column<FeedbackDto>[] {
  const head = (name: 'what' | 'recipient' | 'result' | 'reporter' | 'when') =>
    t(`deliverability.feedback.column.${name}`);
  return [
    {
      head: head('what'),
      cell: (row) => (
        <>
          <Typography tag="p">{wordText(t, 'kind', row.kind)}</Typography>
          {(row.kind === 'bounce' || row.kind === 'delayed') && <Small>{reasonText(row.class, t)}</Small>}
        </>
      ),
    },
    {
      head: head('recipient'),
      cell: ({ subscriber, recipient, campaign }) => (
        <>
          {subscriber === null ? (
            <OptionalText>{recipient}</OptionalText>
          ) : (
            <LongText>
              <TextLink to={`${BASE_PATH}/subscribers/${subscriber}`}>
                {recipient ?? t('deliverability.feedback.person')}
              </TextLink>
            </LongText>
          )}
          {campaign && (
            <Typography tag="p" variant="pi" style={{ whiteSpace: 'normal' }}>
              <TextLink to={`${BASE_PATH}/campaigns/${campaign.documentId}`}>{campaign.name}</TextLink>
            </Typography>
          )}
        </>
      ),
    },
    {
      head: head('result'),
      cell: ({ result, why }) => (
        <>
          <ReadableBadge variant={RESULT_TONES[result]}>{wordText(t, 'result', result)}</ReadableBadge>
          <Small>{wordText(t, 'why', why)}</Small>
        </>
      ),
    },
    { head: head('reporter'), cell: ({ reporter }) => <OptionalText>{reporter}</OptionalText> },
    {
      head: head('when'),
      cell: ({ receivedAt }) => (
        <Typography variant="pi">
          <RelativeTime iso={receivedAt} />
        </Typography>
      ),
    },
  ];
}

const Small = ({ children }: { children: ReactNode }) => (
  <Typography tag="p" variant="pi" textColor="neutral600" style={{ whiteSpace: 'normal' }}>
    {children}
  </Typography>
);

const OptionalText = ({ children }: { children: string | null }) =>
  children === null ? <Typography>–</Typography> : <LongText variant="pi">{children}</LongText>;
