import { useState } from 'react';
import { Field, SingleSelect, SingleSelectOption, TextInput, Toggle } from '@strapi/design-system';
import type { AttributeDeclaration } from '../../../../shared/contracts';
import { FormModal } from '../../components/FormModal';
import { useText } from '../../components/useText';
import { useSaveSettings } from './useSaveSettings';

const TYPES = [
  'string',
  'number',
  'boolean',
  'date',
] as const satisfies readonly AttributeDeclaration['type'][];
/** As the contract's declaration. */
const NAME = /^[a-z][a-z0-9_]{0,39}$/i;

interface Props {
  /** Null: a new one. Of an existing one, name and type stay: people have values under them. */
  attribute: AttributeDeclaration | null;
  attributes: AttributeDeclaration[];
  onClose: () => void;
}

export function AttributeDialog({ attribute, attributes, onClose }: Props) {
  const t = useText();
  const { save, isSaving } = useSaveSettings();
  const [values, setValues] = useState<AttributeDeclaration>(
    attribute ?? { name: '', label: '', type: 'string', public: false },
  );
  const [wasSubmitted, setWasSubmitted] = useState(false);
  const set = (patch: Partial<AttributeDeclaration>) => setValues((before) => ({ ...before, ...patch }));
  const isTaken = attribute === null && attributes.some(({ name }) => name === values.name);
  const nameError = !NAME.test(values.name)
    ? t('imports.attribute.error.name')
    : isTaken && t('imports.attribute.error.taken');
  const labelError = values.label.trim() === '' && t('imports.attribute.error.label');

  const submit = async () => {
    setWasSubmitted(true);
    if (nameError || labelError) return;
    const next = { ...values, label: values.label.trim() };
    const all =
      attribute === null
        ? [...attributes, next]
        : attributes.map((one) => (one.name === attribute.name ? next : one));
    if (await save({ attributes: all })) onClose();
  };

  return (
    <FormModal
      title={t(attribute === null ? 'attributes.add' : 'attributes.edit.title')}
      submitLabel={t('audience.save')}
      isSaving={isSaving}
      onSubmit={submit}
      onClose={onClose}
    >
      <Field.Root name="label" required hint={t('attributes.label.hint')} error={wasSubmitted && labelError}>
        <Field.Label>{t('attributes.label')}</Field.Label>
        <TextInput
          value={values.label}
          maxLength={100}
          onChange={(event) => set({ label: event.target.value })}
        />
        <Field.Hint />
        <Field.Error />
      </Field.Root>
      <Field.Root
        name="name"
        required
        hint={t(attribute === null ? 'imports.attribute.name.hint' : 'attributes.fixed')}
        error={wasSubmitted && nameError}
      >
        <Field.Label>{t('attributes.name')}</Field.Label>
        <TextInput
          value={values.name}
          maxLength={40}
          disabled={attribute !== null}
          onChange={(event) => set({ name: event.target.value.trim() })}
        />
        <Field.Hint />
        <Field.Error />
      </Field.Root>
      <Field.Root name="type">
        <Field.Label>{t('attributes.type')}</Field.Label>
        <SingleSelect
          value={values.type}
          disabled={attribute !== null}
          onChange={(type) => set({ type: type as AttributeDeclaration['type'] })}
        >
          {TYPES.map((type) => (
            <SingleSelectOption key={type} value={type}>
              {t(`imports.attribute.type.${type}`)}
            </SingleSelectOption>
          ))}
        </SingleSelect>
      </Field.Root>
      <Field.Root name="public" hint={t('attributes.public.hint')}>
        <Field.Label>{t('attributes.public')}</Field.Label>
        <Toggle
          onLabel={t('audience.yes')}
          offLabel={t('audience.no')}
          checked={values.public}
          onChange={(event) => set({ public: event.target.checked })}
        />
        <Field.Hint />
      </Field.Root>
    </FormModal>
  );
}
