import { useCallback } from 'react';
import { Page } from '@strapi/strapi/admin';
import { useParams } from 'react-router-dom';
import { useGetCampaignQuery } from '../../api/campaigns';
import { ErrorState } from '../../components/ErrorState';
import { permissionsFor, useCan } from '../../permissions';
import { CampaignWorkspace } from './CampaignWorkspace';

function Loaded({ id }: { id: string }) {
  const { can, isLoading: isLoadingRights } = useCan();
  const { data, error, isLoading, refetch } = useGetCampaignQuery(id);
  const reload = useCallback(() => void refetch(), [refetch]);
  if (isLoading || isLoadingRights) return <Page.Loading />;
  if (!data)
    return (
      <Page.Main>
        <ErrorState error={error} onRetry={reload} />
      </Page.Main>
    );
  // A draft that becomes something else (or is one again) starts over with the values of the server.
  return (
    <CampaignWorkspace key={String(data.state === 'draft')} campaign={data} can={can} refetch={reload} />
  );
}

/** One campaign: the editor while it is a draft or scheduled, its report afterwards. */
export default function CampaignPage() {
  const { id = '' } = useParams();
  return (
    <Page.Protect permissions={permissionsFor('campaignsRead')}>
      <Loaded key={id} id={id} />
    </Page.Protect>
  );
}
