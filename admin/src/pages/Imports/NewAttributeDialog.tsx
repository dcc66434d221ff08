import { useState } from 'react';
import { Field, SingleSelect, SingleSelectOption, TextInput, Typography } from '@strapi/design-system';
import type { AttributeDeclaration } from '../../../../shared/contracts';
import { FormModal } from '../../components/FormModal';
import { useText } from '../../components/useText';
import { attributeName } from './words';

const TYPES = [
  'string',
  'number',
  'boolean',
  'date',
] as const satisfies readonly AttributeDeclaration['type'][];
/** As the contract's declaration. */
const NAME = /^[a-z][a-z0-9_]{0,39}$/i;

interface Props {
  /** Head of the column that it is for. */
  head: string;
  taken: string[];
  onClose: () => void;
  onCreate: (declaration: AttributeDeclaration) => void;
}

/** Describes an attribute that is declared when the import starts. */
export function NewAttributeDialog({ head, taken, onClose, onCreate }: Props) {
  const t = useText();
  const [label, setLabel] = useState(head.slice(0, 100));
  const [name, setName] = useState(attributeName(head));
  const [type, setType] = useState<AttributeDeclaration['type']>('string');
  const [wasSubmitted, setWasSubmitted] = useState(false);
  const nameError = !NAME.test(name)
    ? t('imports.attribute.error.name')
    : taken.includes(name)
      ? t('imports.attribute.error.taken')
      : undefined;
  const labelError = label.trim() === '' ? t('imports.attribute.error.label') : undefined;
  const submit = () => {
    setWasSubmitted(true);
    if (nameError === undefined && labelError === undefined)
      onCreate({ name, label: label.trim(), type, public: false });
  };
  return (
    <FormModal
      title={t('imports.attribute.title')}
      submitLabel={t('imports.attribute.button')}
      onSubmit={submit}
      onClose={onClose}
    >
      <Typography textColor="neutral600">{t('imports.attribute.text')}</Typography>
      <Field.Root name="label" required error={wasSubmitted && labelError}>
        <Field.Label>{t('imports.attribute.label')}</Field.Label>
        <TextInput value={label} maxLength={100} onChange={(event) => setLabel(event.target.value)} />
        <Field.Error />
      </Field.Root>
      <Field.Root
        name="name"
        required
        hint={t('imports.attribute.name.hint')}
        error={wasSubmitted && nameError}
      >
        <Field.Label>{t('imports.attribute.name')}</Field.Label>
        <TextInput value={name} maxLength={40} onChange={(event) => setName(event.target.value)} />
        <Field.Hint />
        <Field.Error />
      </Field.Root>
      <Field.Root name="type">
        <Field.Label>{t('imports.attribute.type')}</Field.Label>
        <SingleSelect value={type} onChange={(next) => setType(next as AttributeDeclaration['type'])}>
          {TYPES.map((one) => (
            <SingleSelectOption key={one} value={one}>
              {t(`imports.attribute.type.${one}`)}
            </SingleSelectOption>
          ))}
        </SingleSelect>
      </Field.Root>
    </FormModal>
  );
}
