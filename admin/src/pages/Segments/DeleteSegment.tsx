import { useState } from 'react';
import { Flex, Typography } from '@strapi/design-system';
import { WarningCircle } from '@strapi/icons';
import type { SegmentDto } from '../../../../shared/contracts';
import { errorSentence } from '../../api/client';
import { useDeleteSegmentMutation } from '../../api/segments';
import { ConfirmAction } from '../../components/ConfirmAction';
import { useFeedback } from '../../components/useFeedback';
import { useText } from '../../components/useText';

/** Asks before a segment goes; a refusal of the server (a campaign still needs it, say) is shown in place. */
export function DeleteSegment({ segment, onClose }: { segment: SegmentDto; onClose: () => void }) {
  const t = useText();
  const feedback = useFeedback();
  const [deleteSegment] = useDeleteSegmentMutation();
  const [refusal, setRefusal] = useState<string | null>(null);
  const confirm = async () => {
    const outcome = await deleteSegment(segment.documentId);
    if ('error' in outcome) {
      setRefusal(errorSentence(outcome.error) ?? t('common.error.unreachable'));
      return false;
    }
    feedback.success(t('segments.done.delete', { name: segment.name }));
    return true;
  };
  return (
    <ConfirmAction
      open
      onOpenChange={(open) => !open && onClose()}
      title={t('segments.confirm-delete.title', { name: segment.name })}
      confirmLabel={t('subscribers.delete')}
      icon={<WarningCircle />}
      disabled={refusal !== null}
      onConfirm={confirm}
    >
      <Flex direction="column" gap={3}>
        <Typography textAlign="center">{t('segments.confirm-delete.text')}</Typography>
        {refusal !== null && (
          <Typography role="alert" textColor="danger600" textAlign="center">
            {refusal}
          </Typography>
        )}
      </Flex>
    </ConfirmAction>
  );
}
