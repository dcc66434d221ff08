import { useState } from 'react';
import { Box, Button, Flex, SingleSelect, SingleSelectOption } from '@strapi/design-system';
import { Download, Plus, Upload } from '@strapi/icons';
import type { SuppressionDto, SuppressionQuery } from '../../../../../shared/contracts';
import { useGetSuppressionCountsQuery, useGetSuppressionsQuery } from '../../../api/deliverability';
import { useDownload } from '../../../api/useDownload';
import { Panel } from '../../../components/Panel';
import { SearchField } from '../../../components/SearchField';
import { useFormat } from '../../../components/useFormat';
import { useText } from '../../../components/useText';
import { useUrlState } from '../../../components/useUrlState';
import { useCan } from '../../../permissions';
import { useKeyed } from '../useKeyed';
import { REASONS, wordText } from '../words';
import { AddDialog } from './AddDialog';
import { DetailDialog } from './DetailDialog';
import { ImportDialog } from './ImportDialog';
import { LiftDialog } from './LiftDialog';
import { SuppressionsTable } from './SuppressionsTable';

const ALL = 'all';

type Dialog = 'add' | 'import' | 'lift' | { show: string };

/** Addresses that get nothing: why, since when, by what evidence; added, lifted, imported and exported here. */
export default function SuppressionsPart() {
  const t = useText();
  const { can } = useCan();
  const [dialog, setDialog] = useState<Dialog | null>(null);
  const [selected, setSelected] = useState<string[]>([]);
  const { download, isLoading } = useDownload();
  const close = () => setDialog(null);
  return (
    <Panel
      title={t('deliverability.part.suppressions')}
      action={
        <Flex gap={2} wrap="wrap">
          {can.subscribersExport && (
            <Button
              variant="tertiary"
              startIcon={<Download />}
              loading={isLoading}
              onClick={() => void download('suppressions/export', {}, 'suppressions.csv')}
            >
              {t('deliverability.suppressions.export')}
            </Button>
          )}
          {can.suppressionsEdit && (
            <>
              <Button variant="tertiary" startIcon={<Upload />} onClick={() => setDialog('import')}>
                {t('deliverability.suppressions.import')}
              </Button>
              <Button startIcon={<Plus />} onClick={() => setDialog('add')}>
                {t('deliverability.suppressions.add')}
              </Button>
            </>
          )}
        </Flex>
      }
    >
      <List
        selected={selected}
        onSelect={can.suppressionsEdit ? setSelected : undefined}
        onLift={() => setDialog('lift')}
        onShow={({ id }) => setDialog({ show: id })}
      />
      {dialog === 'add' && <AddDialog onClose={close} />}
      {dialog === 'import' && <ImportDialog onClose={close} />}
      {dialog === 'lift' && (
        <LiftDialog
          ids={selected}
          onClose={close}
          onDone={() => {
            setSelected([]);
            close();
          }}
        />
      )}
      {typeof dialog === 'object' && dialog !== null && <DetailDialog id={dialog.show} onClose={close} />}
    </Panel>
  );
}

function List({
  selected,
  onSelect,
  onLift,
  onShow,
}: {
  selected: string[];
  onSelect: ((ids: string[]) => void) | undefined;
  onLift: () => void;
  onShow: (entry: SuppressionDto) => void;
}) {
  const t = useText();
  const format = useFormat();
  const url = useUrlState();
  const keyed = useKeyed();
  const query: SuppressionQuery = {
    search: url.get('search') || undefined,
    reason: REASONS.find((one) => one === url.get('reason')),
    after: keyed.after,
  };
  const answer = useGetSuppressionsQuery(query, { refetchOnMountOrArgChange: true });
  const { data: counts } = useGetSuppressionCountsQuery();
  const filter = (values: Record<string, string | null>) => {
    keyed.reset();
    onSelect?.([]);
    url.set(values);
  };
  const isFiltered = query.search !== undefined || query.reason !== undefined;
  const count = (name: (typeof REASONS)[number] | typeof ALL) =>
    counts ? ` (${format.number(counts[name])})` : '';
  return (
    <>
      <Flex gap={3} wrap="wrap" paddingBottom={4} alignItems="center">
        <SearchField
          label={t('deliverability.suppressions.search')}
          value={url.get('search')}
          onSearch={(search) => filter({ search })}
        />
        <Box minWidth="260px">
          <SingleSelect
            size="S"
            aria-label={t('deliverability.suppressions.reason')}
            value={query.reason ?? ALL}
            onChange={(value) => filter({ reason: value === ALL ? null : String(value) })}
          >
            <SingleSelectOption
              value={ALL}
            >{`${t('deliverability.reason.all')}${count(ALL)}`}</SingleSelectOption>
            {REASONS.map((reason) => (
              <SingleSelectOption key={reason} value={reason}>
                {`${wordText(t, 'reason', reason)}${count(reason)}`}
              </SingleSelectOption>
            ))}
          </SingleSelect>
        </Box>
        {selected.length > 0 && (
          <Button size="S" variant="secondary" onClick={onLift}>
            {t('deliverability.suppressions.lift', { count: selected.length })}
          </Button>
        )}
      </Flex>
      <SuppressionsTable
        answer={answer}
        keyed={keyed}
        empty={t(isFiltered ? 'deliverability.suppressions.none-found' : 'deliverability.suppressions.none')}
        selected={selected}
        onSelect={onSelect}
        onShow={onShow}
      />
    </>
  );
}
