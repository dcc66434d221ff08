import { Box, Button, Divider, Flex, Typography } from '@strapi/design-system';
import { Cross, Play } from '@strapi/icons';
import type { CampaignDto } from '../../../../../shared/contracts';
import {
  useCancelCampaignMutation,
  useGetReportQuery,
  usePauseCampaignMutation,
  useResumeCampaignMutation,
} from '../../../api/campaigns';
import { CampaignStateBadge } from '../../../components/CampaignStateBadge';
import { ConfirmButton } from '../../../components/ConfirmButton';
import { useFeedback } from '../../../components/useFeedback';
import { useFormat } from '../../../components/useFormat';
import { useText } from '../../../components/useText';
import type { Can } from '../../../permissions';
import { settled } from './parts';

/** State and counts of a campaign that has started; Pause or Resume, and Cancel, for those who may send. */
export function SendingActions({ campaign, can }: { campaign: CampaignDto; can: Can }) {
  const t = useText();
  const format = useFormat();
  const { data: report } = useGetReportQuery(campaign.documentId);
  const counts = report?.counts ?? campaign.counts;
  const state = report?.campaign.state ?? campaign.state;
  const isOpen = state === 'sending' || state === 'paused';
  return (
    <>
      <Flex justifyContent="space-between">
        <Typography variant="sigma" textColor="neutral600" tag="h2">
          {t('campaigns.side.state')}
        </Typography>
        <CampaignStateBadge state={state} />
      </Flex>
      <Divider role="separator" />
      <Box>
        <Typography variant="sigma" textColor="neutral600" tag="h2">
          {t('campaigns.side.accepted')}
        </Typography>
        <Typography variant="alpha" tag="p" paddingTop={1}>
          {format.number(counts.accepted)}
        </Typography>
        <Typography variant="pi" textColor="neutral600" tag="p">
          {t('campaigns.side.of-candidates', { count: counts.candidates })}
        </Typography>
      </Box>
      {isOpen && can.campaignsSend && (
        <Flex direction="column" alignItems="stretch" gap={2}>
          <PauseOrResume id={campaign.documentId} isPaused={state === 'paused'} />
          <Cancel id={campaign.documentId} went={settled(counts)} left={counts.unfinished} />
        </Flex>
      )}
    </>
  );
}

function PauseOrResume({ id, isPaused }: { id: string; isPaused: boolean }) {
  const t = useText();
  const feedback = useFeedback();
  const [pause, pausing] = usePauseCampaignMutation();
  const [resume, resuming] = useResumeCampaignMutation();
  const act = async () => {
    const answer = await (isPaused ? resume(id) : pause(id));
    if ('error' in answer) feedback.failure(answer.error);
  };
  return (
    <Button
      fullWidth
      variant={isPaused ? 'default' : 'secondary'}
      startIcon={isPaused ? <Play /> : undefined}
      loading={pausing.isLoading || resuming.isLoading}
      onClick={() => void act()}
    >
      {t(isPaused ? 'campaigns.resume' : 'campaigns.pause')}
    </Button>
  );
}

function Cancel({ id, went, left }: { id: string; went: number; left: number }) {
  const t = useText();
  const [cancel] = useCancelCampaignMutation();
  return (
    <ConfirmButton
      fullWidth
      variant="danger-light"
      startIcon={<Cross />}
      label={t('campaigns.cancel')}
      act={() => cancel(id)}
    >
      {t('campaigns.cancel.text', { went, left })}
    </ConfirmButton>
  );
}
