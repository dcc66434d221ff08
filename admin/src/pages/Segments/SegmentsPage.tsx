import { useState } from 'react';
import { Button, EmptyStateLayout, LinkButton } from '@strapi/design-system';
import { Plus } from '@strapi/icons';
import { EmptyDocuments } from '@strapi/icons/symbols';
import { Layouts, Page, Pagination } from '@strapi/strapi/admin';
import { NavLink } from 'react-router-dom';
import type { SegmentDto } from '../../../../shared/contracts';
import { useCreateSegmentMutation, useGetSegmentsQuery } from '../../api/segments';
import { ErrorState } from '../../components/ErrorState';
import { SearchField } from '../../components/SearchField';
import { useFeedback } from '../../components/useFeedback';
import { useText } from '../../components/useText';
import { useUrlState } from '../../components/useUrlState';
import { permissionsFor, useCan } from '../../permissions';
import { BASE_PATH } from '../../pluginId';
import { DeleteSegment } from './DeleteSegment';
import { SegmentsTable } from './SegmentsTable';

export default function SegmentsPage() {
  const t = useText();
  return (
    <Page.Protect permissions={permissionsFor('segmentsRead')}>
      <Page.Title>{t('segments.title')}</Page.Title>
      <Segments />
    </Page.Protect>
  );
}

function Segments() {
  const t = useText();
  const { can } = useCan();
  const feedback = useFeedback();
  const { get, page, pageSize, set } = useUrlState();
  const search = get('_q');
  const { data, isLoading, isFetching, error, refetch } = useGetSegmentsQuery({ page, pageSize, search });
  const [create] = useCreateSegmentMutation();
  const [deleting, setDeleting] = useState<SegmentDto | null>(null);
  const createLink = can.segmentsEdit && (
    <LinkButton tag={NavLink} to={`${BASE_PATH}/segments/new`} startIcon={<Plus />}>
      {t('segments.create')}
    </LinkButton>
  );
  const duplicate = async ({ name, description, rules }: SegmentDto) => {
    if (rules === null) return;
    const copy = t('segments.copy-of', { name: name.slice(0, 180) });
    const outcome = await create({ name: copy, description, rules });
    if ('error' in outcome) feedback.failure(outcome.error);
    else feedback.success(t('segments.done.duplicate'));
  };

  return (
    <Page.Main aria-busy={isFetching}>
      <Layouts.Header
        title={t('segments.title')}
        subtitle={t('segments.subtitle')}
        primaryAction={createLink}
      />
      <Layouts.Action
        startActions={
          <SearchField label={t('segments.search')} value={search} onSearch={(value) => set({ _q: value })} />
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
            content={t(search === '' ? 'segments.empty' : 'segments.empty.search')}
            action={
              search === '' ? (
                createLink
              ) : (
                <Button variant="secondary" onClick={() => set({ _q: null })}>
                  {t('common.search.clear')}
                </Button>
              )
            }
          />
        ) : (
          <>
            <SegmentsTable
              segments={data.results}
              can={can}
              onDuplicate={(segment) => void duplicate(segment)}
              onDelete={setDeleting}
            />
            <Pagination.Root {...data.pagination} defaultPageSize={20}>
              <Pagination.PageSize options={['20', '50', '100']} />
              <Pagination.Links />
            </Pagination.Root>
          </>
        )}
      </Layouts.Content>
      {deleting && <DeleteSegment segment={deleting} onClose={() => setDeleting(null)} />}
    </Page.Main>
  );
}
