import { useState } from 'react';
import { Field, TextInput, Typography } from '@strapi/design-system';
import { errorSentence } from '../../../api/client';
import { useAddSuppressionMutation } from '../../../api/deliverability';
import { FormModal } from '../../../components/FormModal';
import { useFeedback } from '../../../components/useFeedback';
import { useText } from '../../../components/useText';

/** Blocks one address by hand. */
export function AddDialog({ onClose }: { onClose: () => void }) {
  const t = useText();
  const feedback = useFeedback();
  const [add, { isLoading }] = useAddSuppressionMutation();
  const [email, setEmail] = useState('');
  const [note, setNote] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const submit = async () => {
    const outcome = await add({ email: email.trim(), ...(note.trim() === '' ? {} : { note: note.trim() }) });
    if ('error' in outcome) return setProblem(errorSentence(outcome.error) ?? t('common.error.unreachable'));
    feedback.success(
      t(outcome.data.added > 0 ? 'deliverability.suppressions.added' : 'deliverability.suppressions.known'),
    );
    onClose();
  };
  return (
    <FormModal
      title={t('deliverability.suppressions.add')}
      submitLabel={t('deliverability.suppressions.add.submit')}
      isSaving={isLoading}
      problem={problem}
      onProblemClose={() => setProblem(null)}
      onSubmit={submit}
      onClose={onClose}
    >
      <Typography tag="p">{t('deliverability.suppressions.add.text')}</Typography>
      <Field.Root name="email" required>
        <Field.Label>{t('deliverability.suppressions.column.address')}</Field.Label>
        <TextInput
          type="email"
          autoComplete="off"
          value={email}
          onChange={(event: React.ChangeEvent<HTMLInputElement>) => setEmail(event.target.value)}
        />
      </Field.Root>
      <Field.Root name="note">
        <Field.Label>{t('deliverability.suppressions.note')}</Field.Label>
        <TextInput
          value={note}
          maxLength={300}
          onChange={(event: React.ChangeEvent<HTMLInputElement>) => setNote(event.target.value)}
        />
      </Field.Root>
    </FormModal>
  );
}
