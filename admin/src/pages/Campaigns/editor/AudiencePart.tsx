import { Box, Field, Flex, Loader, MultiSelect, MultiSelectOption, Typography } from '@strapi/design-system';
import { Link } from 'react-router-dom';
import type { AudienceCount, ListDto } from '../../../../../shared/contracts';
import { useGetAllListsQuery, useGetAudienceCountQuery } from '../../../api/campaigns';
import { ErrorState } from '../../../components/ErrorState';
import { Panel } from '../../../components/Panel';
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
            <Link to={`${BASE_PATH}/lists`}>{t('campaigns.audience.to-lists')}</Link>
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
        withTags
        value={chosen}
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
    <Flex tag="dl" gap={5} wrap="wrap" alignItems="start" aria-live="polite" aria-busy={busy}>
      {terms.map(([sign, value, label, hint]) => (
        <Flex key={label} gap={4} alignItems="start">
          {sign !== '' && (
            <Typography variant="alpha" textColor="neutral500" aria-hidden>
              {sign}
            </Typography>
          )}
          <Box maxWidth="180px">
            <Typography tag="dt" variant="pi" textColor="neutral600">
              {label}
            </Typography>
            <Typography tag="dd" variant="alpha" textColor={sign === '=' ? 'primary700' : 'neutral800'}>
              {format.number(value)}
            </Typography>
            <Typography tag="dd" variant="pi" textColor="neutral600">
              {hint}
            </Typography>
          </Box>
        </Flex>
      ))}
    </Flex>
  );
}
