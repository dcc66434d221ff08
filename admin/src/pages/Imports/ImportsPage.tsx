import { useState } from 'react';
import { Button, EmptyStateLayout } from '@strapi/design-system';
import { Upload } from '@strapi/icons';
import { EmptyDocuments } from '@strapi/icons/symbols';
import { Layouts, Page, Pagination } from '@strapi/strapi/admin';
import type { ImportDto } from '../../../../shared/contracts';
import { useGetImportsQuery } from '../../api/imports';
import { ErrorState } from '../../components/ErrorState';
import { useText } from '../../components/useText';
import { useUrlState } from '../../components/useUrlState';
import { permissionsFor } from '../../permissions';
import { DeleteImport } from './DeleteImport';
import { ImportsTable } from './ImportsTable';
import { UploadDialog } from './UploadDialog';

const REFRESH_MS = 3000;

export default function ImportsPage() {
  const t = useText();
  return (
    <Page.Protect permissions={permissionsFor('subscribersImport')}>
      <Page.Title>{t('imports.title')}</Page.Title>
      <Imports />
    </Page.Protect>
  );
}

function Imports() {
  const t = useText();
  const { page, pageSize } = useUrlState();
  const [isMoving, setIsMoving] = useState(false);
  const { data, isLoading, error, refetch } = useGetImportsQuery(
    { page, pageSize },
    { pollingInterval: isMoving ? REFRESH_MS : 0, refetchOnMountOrArgChange: true },
  );
  const runs = data?.results.some(({ state }) => state === 'running') ?? false;
  if (runs !== isMoving) setIsMoving(runs);
  const [dialog, setDialog] = useState<'upload' | ImportDto | null>(null);
  const close = () => setDialog(null);
  const upload = (
    <Button startIcon={<Upload />} onClick={() => setDialog('upload')}>
      {t('imports.upload')}
    </Button>
  );

  return (
    <Page.Main>
      <Layouts.Header title={t('imports.title')} subtitle={t('imports.subtitle')} primaryAction={upload} />
      <Layouts.Content>
        {error !== undefined ? (
          <ErrorState error={error} onRetry={() => void refetch()} />
        ) : isLoading || data === undefined ? (
          <Page.Loading />
        ) : data.results.length === 0 ? (
          <EmptyStateLayout
            icon={<EmptyDocuments width="16rem" />}
            content={t('imports.empty')}
            action={upload}
          />
        ) : (
          <>
            <ImportsTable imports={data.results} onDelete={setDialog} />
            <Pagination.Root {...data.pagination} defaultPageSize={20}>
              <Pagination.PageSize options={['20', '50', '100']} />
              <Pagination.Links />
            </Pagination.Root>
          </>
        )}
      </Layouts.Content>
      {dialog === 'upload' && <UploadDialog onClose={close} />}
      {dialog !== null && dialog !== 'upload' && <DeleteImport import={dialog} onClose={close} />}
    </Page.Main>
  );
}
