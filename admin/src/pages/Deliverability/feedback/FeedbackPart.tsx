import { useState } from 'react';
import { Box, Button, Flex, Loader, SingleSelect, SingleSelectOption } from '@strapi/design-system';
import type { FeedbackDecision, FeedbackQuery } from '../../../../../shared/contracts';
import {
  useGetFeedbackCountsQuery,
  useGetFeedbackQuery,
  useGetOneFeedbackQuery,
} from '../../../api/deliverability';
import { ErrorState } from '../../../components/ErrorState';
import { Panel } from '../../../components/Panel';
import { useFormat } from '../../../components/useFormat';
import { useText } from '../../../components/useText';
import { useUrlState } from '../../../components/useUrlState';
import { useCan } from '../../../permissions';
import { FeedbackFacts } from '../FeedbackFacts';
import { ShowModal } from '../ShowModal';
import { useKeyed } from '../useKeyed';
import { KINDS, RESULTS, wordText } from '../words';
import { DecideDialog, type Decision } from './DecideDialog';
import { FeedbackTable } from './FeedbackTable';
import { FullNotice } from './FullNotice';
import { HeldPanel } from './HeldPanel';

const ALL = 'all';

/** What came back: first what waits for a person, then everything, with the report behind each. */
export default function FeedbackPart() {
  const { can } = useCan();
  const [decision, setDecision] = useState<Decision | null>(null);
  const [selected, setSelected] = useState<number[]>([]);
  const [shown, setShown] = useState<number | null>(null);
  const { data: counts } = useGetFeedbackCountsQuery(undefined, { refetchOnMountOrArgChange: true });
  const decide = (action: Decision['action'], data: FeedbackDecision, count: number) =>
    setDecision({ action, data, count });
  return (
    <Flex direction="column" alignItems="stretch" gap={6}>
      {counts && counts.held > 0 && (
        <HeldPanel counts={counts} onDecide={can.feedbackDecide ? decide : undefined} />
      )}
      {counts && counts.unmatched >= counts.unmatchedLimit && (
        <FullNotice
          counts={counts}
          onDiscard={
            can.feedbackDecide
              ? () => decide('discard', { result: 'unmatched' }, counts.unmatched)
              : undefined
          }
        />
      )}
      <List
        selected={selected}
        onSelect={can.feedbackDecide ? setSelected : undefined}
        onDecide={(action) => decide(action, { ids: selected }, selected.length)}
        onShow={setShown}
      />
      {decision && (
        <DecideDialog
          decision={decision}
          onClose={() => {
            setDecision(null);
            setSelected([]);
          }}
        />
      )}
      {shown !== null && <OneFeedback id={shown} onClose={() => setShown(null)} />}
    </Flex>
  );
}

function List({
  selected,
  onSelect,
  onDecide,
  onShow,
}: {
  selected: number[];
  onSelect: ((ids: number[]) => void) | undefined;
  onDecide: (action: Decision['action']) => void;
  onShow: (id: number) => void;
}) {
  const t = useText();
  const format = useFormat();
  const url = useUrlState();
  const keyed = useKeyed();
  const { data: counts } = useGetFeedbackCountsQuery();
  const result = RESULTS.find((one) => one === url.get('result'));
  const query: FeedbackQuery = {
    result,
    kind: KINDS.find((one) => one === url.get('kind')),
    after: keyed.after,
  };
  const answer = useGetFeedbackQuery(query, { refetchOnMountOrArgChange: true });
  const filter = (values: Record<string, string | null>) => {
    keyed.reset();
    onSelect?.([]);
    url.set(values);
  };
  const count = (name: (typeof RESULTS)[number]) =>
    counts && (name === 'held' || name === 'unmatched') ? ` (${format.number(counts[name])})` : '';
  const chosen = answer.data?.results.filter(({ id }) => selected.includes(id)) ?? [];
  return (
    <Panel title={t('deliverability.part.feedback')}>
      <Flex gap={3} wrap="wrap" paddingBottom={4} alignItems="center">
        <Box minWidth="220px">
          <SingleSelect
            size="S"
            aria-label={t('deliverability.feedback.filter-result')}
            value={result ?? ALL}
            onChange={(value) => filter({ result: value === ALL ? null : String(value) })}
          >
            <SingleSelectOption value={ALL}>{t('deliverability.feedback.all-results')}</SingleSelectOption>
            {RESULTS.map((one) => (
              <SingleSelectOption key={one} value={one}>
                {`${wordText(t, 'result', one)}${count(one)}`}
              </SingleSelectOption>
            ))}
          </SingleSelect>
        </Box>
        <Box minWidth="200px">
          <SingleSelect
            size="S"
            aria-label={t('deliverability.feedback.filter-kind')}
            value={query.kind ?? ALL}
            onChange={(value) => filter({ kind: value === ALL ? null : String(value) })}
          >
            <SingleSelectOption value={ALL}>{t('deliverability.feedback.all-kinds')}</SingleSelectOption>
            {KINDS.map((one) => (
              <SingleSelectOption key={one} value={one}>
                {wordText(t, 'kind', one)}
              </SingleSelectOption>
            ))}
          </SingleSelect>
        </Box>
        {chosen.length > 0 && (
          <>
            {chosen.every((one) => one.result === 'held') && (
              <Button size="S" variant="secondary" onClick={() => onDecide('release')}>
                {t('deliverability.feedback.release', { count: chosen.length })}
              </Button>
            )}
            <Button size="S" variant="tertiary" onClick={() => onDecide('discard')}>
              {t('deliverability.feedback.discard', { count: chosen.length })}
            </Button>
          </>
        )}
      </Flex>
      <FeedbackTable
        answer={answer}
        keyed={keyed}
        empty={t(
          result || query.kind ? 'deliverability.feedback.none-found' : 'deliverability.feedback.none',
        )}
        selected={selected}
        onSelect={onSelect}
        onShow={onShow}
      />
    </Panel>
  );
}

function OneFeedback({ id, onClose }: { id: number; onClose: () => void }) {
  const t = useText();
  const { data, error, refetch } = useGetOneFeedbackQuery(id);
  return (
    <ShowModal title={t('deliverability.feedback.one')} onClose={onClose}>
      {error !== undefined && data === undefined ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <Loader>{t('common.loading')}</Loader>
      ) : (
        <FeedbackFacts feedback={data} />
      )}
    </ShowModal>
  );
}
