import { useState } from 'react';
import { Button, EmptyStateLayout } from '@strapi/design-system';
import { Plus } from '@strapi/icons';
import { EmptyDocuments } from '@strapi/icons/symbols';
import { Layouts, Page, Pagination } from '@strapi/strapi/admin';
import type { ListDto } from '../../../../shared/contracts';
import { useGetListsQuery } from '../../api/lists';
import { ErrorState } from '../../components/ErrorState';
import { SearchField } from '../../components/SearchField';
import { useText } from '../../components/useText';
import { useUrlState } from '../../components/useUrlState';
import { permissionsFor, useCan } from '../../permissions';
import { DeleteList } from './DeleteList';
import { ListDialog } from './ListDialog';
import { ListsTable } from './ListsTable';

type OpenDialog = { kind: 'create' } | { kind: 'edit' | 'delete'; list: ListDto };

export default function ListsPage() {
  const t = useText();
  return (
    <Page.Protect permissions={permissionsFor('listsRead')}>
      <Page.Title>{t('lists.title')}</Page.Title>
      <Lists />
    </Page.Protect>
  );
}

function Lists() {
  const t = useText();
  const { can } = useCan();
  const { get, page, pageSize, set } = useUrlState();
  const search = get('_q');
  const { data, isLoading, isFetching, error, refetch } = useGetListsQuery({ page, pageSize, search });
  const [dialog, setDialog] = useState<OpenDialog | null>(null);
  const close = () => setDialog(null);
  const create = can.listsEdit && (
    <Button startIcon={<Plus />} onClick={() => setDialog({ kind: 'create' })}>
      {t('lists.create')}
    </Button>
  );

  return (
    <Page.Main aria-busy={isFetching}>
      <Layouts.Header title={t('lists.title')} subtitle={t('lists.subtitle')} primaryAction={create} />
      <Layouts.Action
        startActions={
          <SearchField label={t('lists.search')} value={search} onSearch={(value) => set({ _q: value })} />
        }
      />
      <Layouts.Content>
        {error !== undefined ? (
          <ErrorState error={error} onRetry={() => void refetch()} />
        ) : isLoading || data === undefined ? (
          <Page.Loading />
        ) : data.results.length === 0 ? (
          <EmptyStateLayout
            icon={<EmptyDocuments width="16rem" />}
            content={t(search === '' ? 'lists.empty' : 'lists.empty.search')}
            action={
              search === '' ? (
                create
              ) : (
                <Button variant="secondary" onClick={() => set({ _q: null })}>
                  {t('common.search.clear')}
                </Button>
              )
            }
          />
        ) : (
          <>
            <ListsTable
              lists={data.results}
              can={can}
              onEdit={(list) => setDialog({ kind: 'edit', list })}
              onDelete={(list) => setDialog({ kind: 'delete', list })}
            />
            <Pagination.Root {...data.pagination} defaultPageSize={20}>
              <Pagination.PageSize options={['20', '50', '100']} />
              <Pagination.Links />
            </Pagination.Root>
          </>
        )}
      </Layouts.Content>
      {dialog?.kind === 'create' && <ListDialog list={null} onClose={close} />}
      {dialog?.kind === 'edit' && <ListDialog list={dialog.list} onClose={close} />}
      {dialog?.kind === 'delete' && <DeleteList list={dialog.list} onClose={close} />}
    </Page.Main>
  );
}
