import { Typography } from '@strapi/design-system';
import { WarningCircle } from '@strapi/icons';
import type { HygieneRunDto } from '../../../../../shared/contracts';
import { useDeleteCheckMutation } from '../../../api/hygiene';
import { ConfirmAction } from '../../../components/ConfirmAction';
import { useFeedback } from '../../../components/useFeedback';
import { useText } from '../../../components/useText';

/** Asks before a report goes, with the record of what was decided. */
export function DeleteCheck({ check, onClose }: { check: HygieneRunDto; onClose: () => void }) {
  const t = useText();
  const feedback = useFeedback();
  const [remove] = useDeleteCheckMutation();
  const confirm = async () => {
    const outcome = await remove(check.id);
    if ('error' in outcome) feedback.failure(outcome.error);
    return !('error' in outcome);
  };
  return (
    <ConfirmAction
      open
      onOpenChange={(open) => !open && onClose()}
      title={t('hygiene.confirm-delete.title')}
      confirmLabel={t('subscribers.delete')}
      icon={<WarningCircle />}
      onConfirm={confirm}
    >
      <Typography textAlign="center">{t('hygiene.confirm-delete.text')}</Typography>
    </ConfirmAction>
  );
}
