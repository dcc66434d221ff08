import { useEffect, useState } from 'react';
import { Button, Flex, Loader, Typography } from '@strapi/design-system';
import type { CampaignDto } from '../../../../../shared/contracts';
import { useUnscheduleCampaignMutation } from '../../../api/campaigns';
import { LiveMessage } from '../../../components/LiveMessage';
import { useFeedback } from '../../../components/useFeedback';
import { useText } from '../../../components/useText';
import { endUndo, undoDeadline } from './undo';

/** Counts down to the start and offers Undo; the report opens by itself once sending has begun. */
export function UndoBanner({ campaign, canSend }: { campaign: CampaignDto; canSend: boolean }) {
  const t = useText();
  const feedback = useFeedback();
  const [unschedule, { isLoading }] = useUnscheduleCampaignMutation();
  const scheduled = campaign.state === 'scheduled';
  const now = useNow(scheduled);
  const deadline = scheduled ? undoDeadline(campaign.documentId, campaign.scheduledAt, now) : null;
  if (deadline === null) return null;
  const seconds = Math.max(0, Math.ceil((deadline - now) / 1000));
  const undo = async () => {
    const answer = await unschedule(campaign.documentId);
    if ('error' in answer) return feedback.failure(answer.error);
    endUndo(campaign.documentId);
    feedback.success(t('campaigns.undo.done'));
  };
  return (
    <Flex background="primary100" hasRadius padding={4} gap={3} justifyContent="space-between" wrap="wrap">
      <Flex gap={3}>
        {seconds === 0 && <Loader small>{t('campaigns.undo.starting')}</Loader>}
        <Typography fontWeight="semiBold" role="timer" aria-live="off">
          {seconds > 0 ? t('campaigns.undo.countdown', { seconds }) : t('campaigns.undo.starting')}
        </Typography>
      </Flex>
      <LiveMessage>
        {seconds > 0 ? t('campaigns.undo.announcement') : t('campaigns.undo.starting')}
      </LiveMessage>
      {canSend && (
        <Button variant="secondary" loading={isLoading} onClick={() => void undo()}>
          {t('campaigns.undo.button')}
        </Button>
      )}
    </Flex>
  );
}

/** The time, each second while `running`. */
function useNow(running: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!running) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [running]);
  return now;
}
