import { useState } from 'react';
import { Flex, Typography } from '@strapi/design-system';
import { WarningCircle } from '@strapi/icons';
import type { ListDto } from '../../../../shared/contracts';
import { errorSentence } from '../../api/client';
import { useDeleteListMutation } from '../../api/lists';
import { ConfirmAction } from '../../components/ConfirmAction';
import { useFeedback } from '../../components/useFeedback';
import { useText } from '../../components/useText';

/** Asks before a list goes; a refusal of the server (a campaign still needs it, say) is shown in place. */
export function DeleteList({ list, onClose }: { list: ListDto; onClose: () => void }) {
  const t = useText();
  const feedback = useFeedback();
  const [deleteList] = useDeleteListMutation();
  const [refusal, setRefusal] = useState<string | null>(null);
  const confirm = async () => {
    const outcome = await deleteList(list.documentId);
    if ('error' in outcome) {
      setRefusal(errorSentence(outcome.error) ?? t('common.error.unreachable'));
      return false;
    }
    feedback.success(t('lists.done.delete', { name: list.name }));
    return true;
  };
  return (
    <ConfirmAction
      open
      onOpenChange={(open) => !open && onClose()}
      title={t('lists.confirm-delete.title', { name: list.name })}
      confirmLabel={t('subscribers.delete')}
      icon={<WarningCircle />}
      disabled={refusal !== null}
      onConfirm={confirm}
    >
      <Flex direction="column" gap={3}>
        <Typography textAlign="center">
          {t('lists.confirm-delete.text', { count: list.counts.subscribed + list.counts.pending })}
        </Typography>
        {refusal !== null && (
          <Typography role="alert" textColor="danger600" textAlign="center">
            {refusal}
          </Typography>
        )}
      </Flex>
    </ConfirmAction>
  );
}
