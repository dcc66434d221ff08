import { useState } from 'react';
import { Field, TextInput, Typography } from '@strapi/design-system';
import { errorSentence } from '../../../api/client';
import { useLiftSuppressionsMutation } from '../../../api/deliverability';
import { FormModal } from '../../../components/FormModal';
import { useFeedback } from '../../../components/useFeedback';
import { useText } from '../../../components/useText';

/** Takes addresses off the list, with the reason for it: it stays in their history. */
export function LiftDialog({
  ids,
  onClose,
  onDone,
}: {
  ids: string[];
  onClose: () => void;
  onDone: () => void;
}) {
  const t = useText();
  const feedback = useFeedback();
  const [lift, { isLoading }] = useLiftSuppressionsMutation();
  const [note, setNote] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const submit = async () => {
    if (note.trim() === '') return setProblem(t('deliverability.suppressions.lift.error'));
    const outcome = await lift({ ids, note: note.trim() });
    if ('error' in outcome) return setProblem(errorSentence(outcome.error) ?? t('common.error.unreachable'));
    feedback.success(t('deliverability.suppressions.lifted', { count: outcome.data.lifted }));
    onDone();
  };
  return (
    <FormModal
      title={t('deliverability.suppressions.lift', { count: ids.length })}
      submitLabel={t('deliverability.suppressions.lift.submit')}
      isSaving={isLoading}
      problem={problem}
      onProblemClose={() => setProblem(null)}
      onSubmit={submit}
      onClose={onClose}
    >
      <Typography tag="p">{t('deliverability.suppressions.lift.text')}</Typography>
      <Field.Root name="note" required hint={t('deliverability.suppressions.lift.hint')}>
        <Field.Label>{t('deliverability.suppressions.lift.why')}</Field.Label>
        <TextInput
          value={note}
          maxLength={300}
          onChange={(event: React.ChangeEvent<HTMLInputElement>) => setNote(event.target.value)}
        />
        <Field.Hint />
      </Field.Root>
    </FormModal>
  );
}
