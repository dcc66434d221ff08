import { Field, Flex, Loader, MultiSelect, MultiSelectOption, Typography } from '@strapi/design-system';
import { styled } from 'styled-components';
import type { AudienceCount, ListDto } from '../../../../../shared/contracts';
import { useGetAllListsQuery, useGetAudienceCountQuery } from '../../../api/campaigns';
import { ErrorState } from '../../../components/ErrorState';
import { Panel } from '../../../components/Panel';
import { TextLink } from '../../../components/TextLink';
import { useFormat } from '../../../components/useFormat';
import { useText } from '../../../components/useText';
import { BASE_PATH } from '../../../pluginId';
import type { PartProps } from './ContentPart';

/** Who gets it: lists in, lists out, and the sum down to the recipients. */
export function AudiencePart({ campaign, draft, editable }: PartProps) {
  const t = useText();
  const lists = useGetAllListsQuery();
  const count = useGetAudienceCountQuery(campaign.documentId);
  const { audience } = draft.values;
  const choose = (side: 'include' | 'exclude') => (ids: string[]) =>
    draft.change({ audience: { ...audience, [side]: { ...audience[side], lists: ids } } });

  return (
    <Flex direction="column" alignItems="stretch" gap={6}>
      <Panel title={t('campaigns.audience.title')}>
        {lists.error ? (
          <ErrorState error={lists.error} onRetry={() => void lists.refetch()} />
        ) : !lists.data ? (
          <Loader>{t('common.loading')}</Loader>
        ) : lists.data.length === 0 ? (
          <Typography>
            {t('campaigns.audience.no-lists')}{' '}
            <TextLink to={`${BASE_PATH}/lists`}>{t('campaigns.audience.to-lists')}</TextLink>
          </Typography>
        ) : (
          <Flex direction="column" alignItems="stretch" gap={5}>
            <ListSelect
              name="include"
              lists={lists.data}
              chosen={audience.include.lists}
              onChange={choose('include')}
              editable={editable}
            />
            <ListSelect
              name="exclude"
              lists={lists.data}
              chosen={audience.exclude.lists}
              onChange={choose('exclude')}
              editable={editable}
            />
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

function ListSelect({
  name,
  lists,
  chosen,
  onChange,
  editable,
}: {
  name: 'include' | 'exclude';
  lists: ListDto[];
  chosen: string[];
  onChange: (ids: string[]) => void;
  editable: boolean;
}) {
  const t = useText();
  const format = useFormat();
  return (
    <Field.Root name={name} hint={t(`campaigns.audience.${name}.hint`)} required={name === 'include'}>
      <Field.Label>{t(`campaigns.audience.${name}`)}</Field.Label>
      <MultiSelect
        value={chosen}
        customizeContent={(ids = []) =>
          lists
            .filter((list) => ids.includes(list.documentId))
            .map((list) => list.name)
            .join(', ')
        }
        onChange={onChange}
        disabled={!editable}
        placeholder={t('campaigns.audience.none-chosen')}
      >
        {lists.map((list) => (
          <MultiSelectOption key={list.documentId} value={list.documentId}>
            {`${list.name} (${format.number(list.counts.subscribed)})`}
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
