import { useState } from 'react';
import { Checkbox, Field, Flex, Radio, Textarea, TextInput, Typography } from '@strapi/design-system';
import type { ListDto, ListInput } from '../../../../shared/contracts';
import { errorSentence } from '../../api/client';
import { useCreateListMutation, useUpdateListMutation } from '../../api/lists';
import { FormModal } from '../../components/FormModal';
import { useFeedback } from '../../components/useFeedback';
import { useText } from '../../components/useText';

/** As the contract's `slugSchema`. */
const SLUG = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

interface Values {
  name: string;
  slug: string;
  description: string;
  public: boolean;
  optIn: 'double' | 'single';
  isDefault: boolean;
}

const valuesOf = (list: ListDto | null): Values => ({
  name: list?.name ?? '',
  slug: list?.slug ?? '',
  description: list?.description ?? '',
  public: list?.public ?? true,
  optIn: list?.optIn ?? 'double',
  isDefault: list?.isDefault ?? false,
});

/** Creates (`list` is null) or edits a list. */
export function ListDialog({ list, onClose }: { list: ListDto | null; onClose: () => void }) {
  const t = useText();
  const feedback = useFeedback();
  const [create, creating] = useCreateListMutation();
  const [update, updating] = useUpdateListMutation();
  const [values, setValues] = useState(() => valuesOf(list));
  const [wasSubmitted, setWasSubmitted] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const set = (patch: Partial<Values>) => setValues((before) => ({ ...before, ...patch }));
  const nameError = values.name.trim() === '';
  const slugError = values.slug !== '' && !SLUG.test(values.slug);

  const submit = async () => {
    setWasSubmitted(true);
    if (nameError || slugError) return;
    const { slug, ...rest } = values;
    const data: ListInput = {
      ...rest,
      name: values.name.trim(),
      description: values.description.trim() || null,
      ...(slug === '' ? {} : { slug }),
    };
    const outcome = list === null ? await create(data) : await update({ id: list.documentId, data });
    if ('error' in outcome) {
      setProblem(errorSentence(outcome.error) ?? t('common.error.unreachable'));
      return;
    }
    feedback.success(t('lists.done.save', { name: data.name }));
    onClose();
  };

  return (
    <FormModal
      title={t(list === null ? 'lists.create.title' : 'lists.edit.title')}
      submitLabel={t(list === null ? 'lists.create' : 'audience.save')}
      isSaving={creating.isLoading || updating.isLoading}
      problem={problem}
      onProblemClose={() => setProblem(null)}
      onSubmit={submit}
      onClose={onClose}
    >
      <Field.Root name="name" required error={wasSubmitted && nameError && t('lists.error.name')}>
        <Field.Label>{t('lists.field.name')}</Field.Label>
        <TextInput
          value={values.name}
          maxLength={200}
          onChange={(event) => set({ name: event.target.value })}
        />
        <Field.Error />
      </Field.Root>
      <Field.Root name="slug" hint={t('lists.field.slug.hint')} error={slugError && t('lists.error.slug')}>
        <Field.Label>{t('lists.field.slug')}</Field.Label>
        <TextInput
          value={values.slug}
          maxLength={100}
          placeholder={list === null ? t('lists.field.slug.placeholder') : undefined}
          onChange={(event) => set({ slug: event.target.value })}
        />
        <Field.Hint />
        <Field.Error />
      </Field.Root>
      <Field.Root name="description" hint={t('lists.field.description.hint')}>
        <Field.Label>{t('lists.field.description')}</Field.Label>
        <Textarea
          value={values.description}
          maxLength={2000}
          onChange={(event) => set({ description: event.target.value })}
        />
        <Field.Hint />
      </Field.Root>
      <OptInField value={values.optIn} onChange={(optIn) => set({ optIn })} />
      <Option
        label={t('lists.field.public')}
        hint={t('lists.field.public.hint')}
        checked={values.public}
        onChange={(checked) => set({ public: checked })}
      />
      <Option
        label={t('lists.field.default')}
        hint={t('lists.field.default.hint')}
        checked={values.isDefault}
        onChange={(checked) => set({ isDefault: checked })}
      />
    </FormModal>
  );
}

function OptInField({
  value,
  onChange,
}: {
  value: Values['optIn'];
  onChange: (value: Values['optIn']) => void;
}) {
  const t = useText();
  return (
    <Flex direction="column" alignItems="stretch" gap={2}>
      <Typography id="list-opt-in" variant="pi" fontWeight="bold" textColor="neutral800">
        {t('lists.field.opt-in')}
      </Typography>
      <Radio.Group
        aria-labelledby="list-opt-in"
        value={value}
        onValueChange={(next) => onChange(next as Values['optIn'])}
      >
        {(['double', 'single'] as const).map((optIn) => (
          <Radio.Item key={optIn} value={optIn}>
            <Explained label={t(`lists.opt-in.${optIn}`)} hint={t(`lists.opt-in.${optIn}.hint`)} />
          </Radio.Item>
        ))}
      </Radio.Group>
    </Flex>
  );
}

interface OptionProps {
  label: string;
  hint: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
}

function Option({ label, hint, checked, onChange }: OptionProps) {
  return (
    <Checkbox checked={checked} onCheckedChange={(state) => onChange(state === true)}>
      <Explained label={label} hint={hint} />
    </Checkbox>
  );
}

function Explained({ label, hint }: { label: string; hint: string }) {
  return (
    <Flex tag="span" direction="column" alignItems="flex-start">
      <Typography>{label}</Typography>
      <Typography variant="pi" textColor="neutral600">
        {hint}
      </Typography>
    </Flex>
  );
}
