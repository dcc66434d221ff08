import { Field, Flex, Loader, MultiSelect, MultiSelectOption, Typography } from '@strapi/design-system';
import { styled } from 'styled-components';
import type { AudienceCount } from '../../../../../shared/contracts';
import { useGetAllListsQuery, useGetAudienceCountQuery } from '../../../api/campaigns';
import { useGetSegmentsQuery } from '../../../api/segments';
import { ErrorState } from '../../../components/ErrorState';
import { Panel } from '../../../components/Panel';
import { TextLink } from '../../../components/TextLink';
import { useFormat } from '../../../components/useFormat';
import { useText } from '../../../components/useText';
import { useCan } from '../../../permissions';
import { BASE_PATH } from '../../../pluginId';
import type { PartProps } from './ContentPart';

type Side = 'include' | 'exclude';

/** Who gets it: lists and segments in, lists and segments out, and the sum down to the recipients. */
export function AudiencePart({ campaign, draft, editable }: PartProps) {
  const t = useText();
  const { can } = useCan();
  const format = useFormat();
  const lists = useGetAllListsQuery();
  const segments = useGetSegmentsQuery({ pageSize: 100 }, { skip: !can.segmentsRead });
  const count = useGetAudienceCountQuery(campaign.documentId);
  const { audience } = draft.values;
  const choose = (side: Side, kind: 'lists' | 'segments') => (ids: string[]) =>
    draft.change({ audience: { ...audience, [side]: { ...audience[side], [kind]: ids } } });
  const listEntries = (lists.data ?? []).map((list) => ({
    id: list.documentId,
    name: list.name,
    label: `${list.name} (${format.number(list.counts.subscribed)})`,
  }));
  const segmentEntries = (segments.data?.results ?? []).map(({ documentId, name }) => ({
    id: documentId,
    name,
    label: name,
  }));
  const failed = lists.error !== undefined ? lists : segments.error !== undefined ? segments : null;
  const noSegments =
    segmentEntries.length + audience.include.segments.length + audience.exclude.segments.length === 0;
  const pickers = (side: Side) => (
    <>
      <Picker
        name={`${side}-lists`}
        label={t(`campaigns.audience.${side}`)}
        hint={t(`campaigns.audience.${side}.hint`)}
        entries={listEntries}
        chosen={audience[side].lists}
        placeholder={t('campaigns.audience.none-chosen')}
        onChange={choose(side, 'lists')}
        editable={editable}
      />
      {can.segmentsRead && !noSegments && (
        <Picker
          name={`${side}-segments`}
          label={t(`campaigns.audience.segments.${side}`)}
          hint={t(`campaigns.audience.segments.${side}.hint`)}
          entries={segmentEntries}
          chosen={audience[side].segments}
          placeholder={t('campaigns.audience.segments.none-chosen')}
          onChange={choose(side, 'segments')}
          editable={editable}
        />
      )}
    </>
  );

  return (
    <Flex direction="column" alignItems="stretch" gap={6}>
      <Panel title={t('campaigns.audience.title')}>
        {failed ? (
          <ErrorState error={failed.error} onRetry={() => void failed.refetch()} />
        ) : !lists.data || segments.isLoading ? (
          <Loader>{t('common.loading')}</Loader>
        ) : lists.data.length === 0 && noSegments ? (
          <Typography>
            {t('campaigns.audience.no-lists')}{' '}
            <TextLink to={`${BASE_PATH}/lists`}>{t('campaigns.audience.to-lists')}</TextLink>
          </Typography>
        ) : (
          <Flex direction="column" alignItems="stretch" gap={5}>
            {pickers('include')}
            {pickers('exclude')}
            {can.segmentsEdit && noSegments && (
              <Typography variant="pi" textColor="neutral600">
                {t('campaigns.audience.segments.none')}{' '}
                <TextLink to={`${BASE_PATH}/segments/new`}>{t('campaigns.audience.segments.to')}</TextLink>
              </Typography>
            )}
          </Flex>
        )}
      </Panel>
      <Panel title={t('campaigns.audience.count')}>
        {count.error ? (
          <ErrorState error={count.error} onRetry={() => void count.refetch()} />
        ) : count.data ? (
          <Sum count={count.data} busy={count.isFetching} />
        ) : (
          <Loader>{t('common.loading')}</Loader>
        )}
      </Panel>
    </Flex>
  );
}

function Picker({
  name,
  label,
  hint,
  entries,
  chosen,
  placeholder,
  onChange,
  editable,
}: {
  name: string;
  label: string;
  hint: string;
  placeholder: string;
  entries: { id: string; name: string; label: string }[];
  chosen: string[];
  onChange: (ids: string[]) => void;
  editable: boolean;
}) {
  const t = useText();
  // What was deleted since can be taken out, and is not just missing from the text.
  const gone = chosen
    .filter((id) => !entries.some((entry) => entry.id === id))
    .map((id) => ({ id, name: t('campaigns.audience.gone'), label: t('campaigns.audience.gone') }));
  const all = [...entries, ...gone];
  return (
    <Field.Root name={name} hint={hint}>
      <Field.Label>{label}</Field.Label>
      <MultiSelect
        value={chosen}
        customizeContent={(ids = []) =>
          all
            .filter((entry) => ids.includes(entry.id))
            .map((entry) => entry.name)
            .join(', ')
        }
        onChange={onChange}
        disabled={!editable}
        placeholder={placeholder}
      >
        {all.map((entry) => (
          <MultiSelectOption key={entry.id} value={entry.id}>
            {entry.label}
          </MultiSelectOption>
        ))}
      </MultiSelect>
      <Field.Hint />
    </Field.Root>
  );
}

/** matched − suppressed − duplicates = recipients. */
function Sum({ count, busy }: { count: AudienceCount; busy: boolean }) {
  const t = useText();
  const format = useFormat();
  const terms = [
    ['', count.matched, t('campaigns.audience.matched'), t('campaigns.audience.matched.hint')],
    ['−', count.suppressed, t('campaigns.audience.suppressed'), t('campaigns.audience.suppressed.hint')],
    ['−', count.duplicates, t('campaigns.audience.duplicates'), t('campaigns.audience.duplicates.hint')],
    ['=', count.recipients, t('campaigns.audience.recipients'), t('campaigns.audience.recipients.hint')],
  ] as const;
  return (
    <Terms aria-live="polite" aria-busy={busy}>
      {terms.map(([sign, value, label, hint]) => (
        <div key={label} data-sign={sign}>
          <Typography tag="dt" variant="pi" textColor="neutral600">
            {label}
          </Typography>
          <Typography tag="dd" variant="alpha" textColor={sign === '=' ? 'primary700' : 'neutral800'}>
            {format.number(value)}
          </Typography>
          <Typography tag="dd" variant="pi" textColor="neutral600">
            {hint}
          </Typography>
        </div>
      ))}
    </Terms>
  );
}

/** The sign of each term stands before it, for the eye only. */
const Terms = styled.dl`
  display: grid;
  gap: ${({ theme }) => theme.spaces[4]};
  grid-template-columns: repeat(auto-fit, minmax(132px, 1fr));

  > div {
    position: relative;
    padding-left: ${({ theme }) => theme.spaces[6]};
  }

  > div:first-child {
    padding-left: 0;
  }

  > div::before {
    content: attr(data-sign) / '';
    position: absolute;
    left: 0;
    top: 18px;
    color: ${({ theme }) => theme.colors.neutral500};
    font-size: ${({ theme }) => theme.fontSizes[4]};
    font-weight: 600;
  }
`;
