import { useState } from 'react';
import { Box, Button, Flex, SingleSelect, SingleSelectOption } from '@strapi/design-system';
import { Plus } from '@strapi/icons';
import { Layouts, Page, Pagination } from '@strapi/strapi/admin';
import { useGetAllListsQuery } from '../../api/campaigns';
import { useGetSubscriberCountsQuery, useGetSubscribersQuery } from '../../api/subscribers';
import { ErrorState } from '../../components/ErrorState';
import { SearchField } from '../../components/SearchField';
import { useText } from '../../components/useText';
import { permissionsFor, useCan } from '../../permissions';
import { ImportExport } from '../Imports/ImportExport';
import { NobodyHere } from './NobodyHere';
import { SegmentFilter } from '../Segments/SegmentFilter';
import { PeopleDialogs, type PeopleDialog } from './PeopleDialogs';
import { StatusTabs } from './StatusTabs';
import { SubscribersTable } from './SubscribersTable';
import { useSubscriberActions } from './useSubscriberActions';
import { hasLeft, useSubscriberQuery } from './useSubscriberQuery';
import { WayFilter } from './WayFilter';

export default function SubscribersPage() {
  const t = useText();
  return (
    <Page.Protect permissions={permissionsFor('subscribersRead')}>
      <Page.Title>{t('subscribers.title')}</Page.Title>
      <Subscribers />
    </Page.Protect>
  );
}

function Subscribers() {
  const t = useText();
  const { can } = useCan();
  const url = useSubscriberQuery();
  const people = useGetSubscribersQuery(url.request);
  const { data: counts } = useGetSubscriberCountsQuery();
  const { invite } = useSubscriberActions();
  const [dialog, setDialog] = useState<PeopleDialog | null>(null);
  const [selected, setSelected] = useState<string[]>([]);

  const rows = people.data?.results ?? [];
  // A person who moved to another page or tab is not part of what the editor sees selected.
  const visible = selected.filter((id) => rows.some((row) => row.documentId === id));
  const add = () => setDialog({ kind: 'add' });

  return (
    <Page.Main aria-busy={people.isFetching}>
      <Layouts.Header
        title={t('subscribers.title')}
        subtitle={counts && t('subscribers.subtitle', { count: counts.all })}
        primaryAction={
          <Flex gap={2} wrap="wrap">
            <ImportExport filter={url.request} />
            {can.subscribersEdit && (
              <Button startIcon={<Plus />} onClick={add}>
                {t('subscribers.add')}
              </Button>
            )}
          </Flex>
        }
      />
      <Layouts.Action
        startActions={
          <>
            <SearchField label={t('subscribers.search')} value={url.search} onSearch={url.setSearch} />
            {can.listsRead && <ListFilter value={url.request.list} onChange={url.setList} />}
            {can.segmentsRead && <SegmentFilter value={url.request.segment} onChange={url.setSegment} />}
            {hasLeft(url.tab) && <WayFilter value={url.request.way} onChange={url.setWay} />}
          </>
        }
      />
      <Layouts.Content>
        <StatusTabs value={url.tab} counts={counts} onChange={url.setTab}>
          <Box paddingTop={4}>
            {people.isError ? (
              <ErrorState error={people.error} onRetry={() => void people.refetch()} />
            ) : people.isLoading ? (
              <Page.Loading />
            ) : rows.length === 0 ? (
              <NobodyHere
                isFiltered={url.isFiltered}
                onClear={url.clear}
                onAdd={can.subscribersEdit ? add : undefined}
              />
            ) : (
              <>
                <SubscribersTable
                  rows={rows}
                  tab={url.tab}
                  list={url.request.list}
                  can={can}
                  selected={visible}
                  onSelect={setSelected}
                  onAction={(action, chosen) => {
                    if (action === 'invite') void (chosen[0] && invite(chosen[0]));
                    else setDialog({ kind: action, people: chosen });
                  }}
                />
                <Pagination.Root {...people.data?.pagination} defaultPageSize={20}>
                  <Pagination.PageSize options={['20', '50', '100']} />
                  <Pagination.Links />
                </Pagination.Root>
              </>
            )}
          </Box>
        </StatusTabs>
      </Layouts.Content>
      <PeopleDialogs
        dialog={dialog}
        onClose={() => setDialog(null)}
        onDone={(done) => {
          if (done.kind !== 'edit' && done.kind !== 'add') setSelected([]);
        }}
      />
    </Page.Main>
  );
}

function ListFilter({
  value,
  onChange,
}: {
  value: string | undefined;
  onChange: (list: string | null) => void;
}) {
  const t = useText();
  const { data } = useGetAllListsQuery();
  return (
    <Box minWidth="20rem">
      <SingleSelect
        size="S"
        aria-label={t('subscribers.filter.list')}
        placeholder={t('subscribers.filter.list.all')}
        value={value ?? ''}
        onChange={(list) => onChange(String(list))}
        onClear={() => onChange(null)}
        clearLabel={t('subscribers.filter.list.clear')}
      >
        {(data ?? []).map((list) => (
          <SingleSelectOption key={list.documentId} value={list.documentId}>
            {list.name}
          </SingleSelectOption>
        ))}
      </SingleSelect>
    </Box>
  );
}
