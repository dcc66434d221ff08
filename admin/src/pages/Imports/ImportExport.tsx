import { useState } from 'react';
import { Button } from '@strapi/design-system';
import { Download, Upload } from '@strapi/icons';
import type { SubscriberQuery } from '../../../../shared/contracts';
import { useDownload } from '../../api/useDownload';
import { useText } from '../../components/useText';
import { useCan } from '../../permissions';
import { UploadDialog } from './UploadDialog';

/** Beside the list of subscribers: people in, and those that the filter shows out. */
export function ImportExport({ filter }: { filter: SubscriberQuery }) {
  const t = useText();
  const { can } = useCan();
  const { download, isLoading } = useDownload();
  const [isUploading, setIsUploading] = useState(false);
  const save = () => {
    const { page: _page, pageSize: _pageSize, sort: _sort, ...people } = filter;
    const today = new Date().toISOString().slice(0, 10);
    return download('subscribers/export', people, `subscribers-${today}.csv`);
  };
  return (
    <>
      {can.subscribersExport && (
        <Button variant="tertiary" startIcon={<Download />} loading={isLoading} onClick={() => void save()}>
          {t('imports.export')}
        </Button>
      )}
      {can.subscribersImport && (
        <Button variant="secondary" startIcon={<Upload />} onClick={() => setIsUploading(true)}>
          {t('imports.upload')}
        </Button>
      )}
      {isUploading && <UploadDialog onClose={() => setIsUploading(false)} />}
    </>
  );
}
