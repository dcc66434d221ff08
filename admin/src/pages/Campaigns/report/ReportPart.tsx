import { useEffect, useRef, useState } from 'react';
import { Flex, Loader } from '@strapi/design-system';
import type { CampaignDto, CampaignReport } from '../../../../../shared/contracts';
import { useGetReportQuery, useLazyGetCampaignQuery } from '../../../api/campaigns';
import { ErrorState } from '../../../components/ErrorState';
import { useText } from '../../../components/useText';
import type { Can } from '../../../permissions';
import { DestinationsPanel } from './DestinationsPanel';
import { InDoubtPanel } from './InDoubtPanel';
import { LinksPanel } from './LinksPanel';
import { OutcomePanel } from './OutcomePanel';
import { ReactionsPanel } from './ReactionsPanel';
import { RecipientsPanel } from './RecipientsPanel';
import { RepliesPanel } from './RepliesPanel';

const REFRESH_MS = 3000;

/** Counts that differ between two answers: something still moves, whatever the state says. */
const fingerprint = (report: CampaignReport) => JSON.stringify([report.campaign.state, report.counts]);

/** Progress while it is sent and the report afterwards: the same page. */
export function ReportPart({ campaign, can }: { campaign: CampaignDto; can: Can }) {
  const t = useText();
  const id = campaign.documentId;
  const [moving, setMoving] = useState(true);
  const last = useRef<string | null>(null);
  const {
    data: report,
    error,
    refetch,
    fulfilledTimeStamp,
  } = useGetReportQuery(id, {
    pollingInterval: moving ? REFRESH_MS : 0,
    refetchOnMountOrArgChange: true,
  });
  const [reloadCampaign] = useLazyGetCampaignQuery();

  useEffect(() => {
    if (!report) return;
    const now = fingerprint(report);
    // Paused with messages still on the wire moves on for some seconds: until an answer is like the one before.
    setMoving(report.campaign.state === 'sending' || report.freezing || now !== last.current);
    last.current = now;
  }, [report, fulfilledTimeStamp]);

  const state = report?.campaign.state;
  useEffect(() => {
    if (state && state !== campaign.state) void reloadCampaign(id);
  }, [campaign.state, id, reloadCampaign, state]);

  if (!report) {
    return error ? (
      <ErrorState error={error} onRetry={() => void refetch()} />
    ) : (
      <Flex justifyContent="center" padding={8}>
        <Loader>{t('common.loading')}</Loader>
      </Flex>
    );
  }
  return (
    <Flex direction="column" alignItems="stretch" gap={6}>
      <OutcomePanel report={report} failed={Boolean(error)} />
      <DestinationsPanel campaignId={id} active={state === 'sending'} canResume={can.campaignsSend} />
      <InDoubtPanel report={report} can={can} />
      <ReactionsPanel report={report} />
      <LinksPanel links={report.links} />
      <RepliesPanel report={report} />
      <RecipientsPanel id={id} moving={state === 'sending'} canReadSubscribers={can.subscribersRead} />
    </Flex>
  );
}
