import { useState } from 'react';
import { Field, NumberInput } from '@strapi/design-system';
import { useFormat } from '../../../components/useFormat';
import { useText } from '../../../components/useText';

/** A whole number between bounds. What is typed outside of them stays in the field, with a sentence, and is not taken. */
export function BoundedNumber({
  name,
  label,
  value,
  min,
  max,
  disabled,
  onChange,
}: {
  name: string;
  label: string;
  value: number;
  min: number;
  max: number;
  disabled: boolean;
  onChange: (value: number) => void;
}) {
  const t = useText();
  const format = useFormat();
  const [typed, setTyped] = useState<number | undefined>(value);
  const fits = (number: number | undefined): number is number =>
    number !== undefined && Number.isInteger(number) && number >= min && number <= max;
  return (
    <Field.Root
      name={name}
      maxWidth="130px"
      error={
        fits(typed) ? undefined : t('timing.bounds', { min: format.number(min), max: format.number(max) })
      }
    >
      <Field.Label>{label}</Field.Label>
      <NumberInput
        value={typed}
        min={min}
        max={max}
        disabled={disabled}
        onValueChange={(next) => {
          setTyped(next);
          if (fits(next)) onChange(next);
        }}
      />
      <Field.Error />
    </Field.Root>
  );
}
