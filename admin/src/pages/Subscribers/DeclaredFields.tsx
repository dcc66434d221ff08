import { useState } from 'react';
import { Field, Grid, SingleSelect, SingleSelectOption, TextInput } from '@strapi/design-system';
import type { AttributeDeclaration } from '../../../../shared/contracts';
import { useText } from '../../components/useText';
import { fits, type DeclaredValues } from './attributes';

interface Props {
  declared: readonly AttributeDeclaration[];
  values: DeclaredValues;
  /** Names whose values do not fit. */
  wrong: readonly string[];
  onChange: (values: DeclaredValues) => void;
}

/** A field for each declared attribute, under its label. */
export function DeclaredFields({ declared, values, wrong, onChange }: Props) {
  const t = useText();
  return (
    <Grid.Root gap={5}>
      {declared.map((one) => (
        <Grid.Item key={one.name} col={6} xs={12} direction="column" alignItems="stretch">
          <Field.Root
            name={`declared-${one.name}`}
            error={wrong.includes(one.name) && t(`subscribers.attribute.wrong.${one.type}`)}
          >
            <Field.Label>{one.label}</Field.Label>
            <ValueInput
              declaration={one}
              value={values[one.name] ?? ''}
              onChange={(value) => onChange({ ...values, [one.name]: value })}
            />
            <Field.Error />
          </Field.Root>
        </Grid.Item>
      ))}
    </Grid.Root>
  );
}

interface InputProps {
  declaration: AttributeDeclaration;
  value: string;
  onChange: (value: string) => void;
}

function ValueInput({ declaration, value, onChange }: InputProps) {
  const t = useText();
  // A value from before the declaration would vanish in an input of its type: it is shown as it is, to be mended.
  const [isOlder] = useState(!fits(declaration, value));
  if (declaration.type === 'boolean' && !isOlder)
    return (
      <SingleSelect
        value={value}
        onChange={(chosen) => onChange(String(chosen))}
        onClear={() => onChange('')}
        clearLabel={t('audience.clear')}
        placeholder={t('subscribers.attribute.unset')}
      >
        <SingleSelectOption value="true">{t('audience.yes')}</SingleSelectOption>
        <SingleSelectOption value="false">{t('audience.no')}</SingleSelectOption>
      </SingleSelect>
    );
  return (
    <TextInput
      type={declaration.type === 'date' && !isOlder ? 'date' : 'text'}
      inputMode={declaration.type === 'number' ? 'decimal' : undefined}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}
