import { useEffect, useRef, useState } from 'react';
import { Layouts, Page, BackButton } from '@strapi/strapi/admin';
import { useDispatch } from 'react-redux';
import { useParams } from 'react-router-dom';
import { importEnded, useGetImportQuery } from '../../api/imports';
import { ErrorState } from '../../components/ErrorState';
import { useText } from '../../components/useText';
import { permissionsFor } from '../../permissions';
import { BASE_PATH } from '../../pluginId';
import { ImportReport } from './ImportReport';
import { MappingForm } from './MappingForm';

const REFRESH_MS = 3000;

export default function ImportPage() {
  return (
    <Page.Protect permissions={permissionsFor('subscribersImport')}>
      <OneImport />
    </Page.Protect>
  );
}

/** One import: first how it is mapped, then its progress, then its report. */
function OneImport() {
  const t = useText();
  const { id = '' } = useParams();
  const [isRunning, setIsRunning] = useState(false);
  const { data, isLoading, error, refetch } = useGetImportQuery(id, {
    pollingInterval: isRunning ? REFRESH_MS : 0,
    refetchOnMountOrArgChange: true,
  });
  const runs = data?.state === 'running';
  if (runs !== isRunning) setIsRunning(runs);
  useRefreshAtEnd(runs);

  if (error !== undefined && data === undefined)
    return (
      <Page.Main>
        <ErrorState error={error} onRetry={() => void refetch()} />
      </Page.Main>
    );
  if (isLoading || data === undefined) return <Page.Loading />;
  return (
    <Page.Main>
      <Page.Title>{t('imports.title')}</Page.Title>
      <Layouts.Header
        title={data.fileName}
        subtitle={t(`imports.page.${data.state}`)}
        navigationAction={<BackButton fallback={`${BASE_PATH}/imports`} />}
      />
      <Layouts.Content>
        {data.preview ? (
          <MappingForm key={readingKey(data.preview)} detail={data} preview={data.preview} />
        ) : (
          <ImportReport entry={data} />
        )}
      </Layouts.Content>
    </Page.Main>
  );
}

/** Another reading has other columns: the mapping begins anew. */
const readingKey = ({
  encoding,
  delimiter,
  header,
}: object & Record<'encoding' | 'delimiter' | 'header', unknown>) =>
  `${String(encoding)} ${String(delimiter)} ${String(header)}`;

/** Lists, subscribers and overview have changed once the import is through. */
function useRefreshAtEnd(runs: boolean): void {
  const dispatch = useDispatch();
  const ran = useRef(false);
  useEffect(() => {
    if (ran.current && !runs) dispatch(importEnded());
    ran.current = runs;
  }, [runs, dispatch]);
}
