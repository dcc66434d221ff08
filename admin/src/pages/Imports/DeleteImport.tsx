import { Typography } from '@strapi/design-system';
import { WarningCircle } from '@strapi/icons';
import type { ImportDto } from '../../../../shared/contracts';
import { useDeleteImportMutation } from '../../api/imports';
import { ConfirmAction } from '../../components/ConfirmAction';
import { useFeedback } from '../../components/useFeedback';
import { useText } from '../../components/useText';

/** Asks before an import and its report go; people who were imported stay. */
export function DeleteImport({
  import: entry,
  onClose,
  onDeleted,
}: {
  import: ImportDto;
  onClose: () => void;
  onDeleted?: () => void;
}) {
  const t = useText();
  const feedback = useFeedback();
  const [remove] = useDeleteImportMutation();
  const confirm = async () => {
    const outcome = await remove(entry.id);
    if ('error' in outcome) {
      feedback.failure(outcome.error);
      return false;
    }
    feedback.success(t('imports.done.delete', { name: entry.fileName }));
    onDeleted?.();
    return true;
  };
  return (
    <ConfirmAction
      open
      onOpenChange={(open) => !open && onClose()}
      title={t('imports.confirm-delete.title', { name: entry.fileName })}
      confirmLabel={t('subscribers.delete')}
      icon={<WarningCircle />}
      onConfirm={confirm}
    >
      <Typography textAlign="center">
        {t(entry.state === 'mapping' ? 'imports.confirm-delete.file' : 'imports.confirm-delete.text')}
      </Typography>
    </ConfirmAction>
  );
}
