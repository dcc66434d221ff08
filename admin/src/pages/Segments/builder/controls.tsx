import { Button, Checkbox, IconButton, SingleSelect, SingleSelectOption } from '@strapi/design-system';
import { Plus, Trash } from '@strapi/icons';
import type { ActionProps, NotToggleProps, ValueSelectorProps } from 'react-querybuilder';

interface Entry {
  name: string;
  label: string;
  options?: Entry[];
}

/** Field, operator and combinator: a select of the design system. Groups of options are named before their entries. */
export function Select({ options, value, handleOnChange, title, disabled = false }: ValueSelectorProps) {
  const entries = (options as Entry[]).flatMap((entry) =>
    entry.options
      ? entry.options.map((inner) => ({ ...inner, label: `${entry.label}: ${inner.label}` }))
      : [entry],
  );
  return (
    <SingleSelect
      size="S"
      aria-label={title}
      value={value ?? ''}
      disabled={disabled}
      onChange={(next) => handleOnChange(String(next))}
    >
      {entries.map(({ name, label }) => (
        <SingleSelectOption key={name} value={name}>
          {label}
        </SingleSelectOption>
      ))}
    </SingleSelect>
  );
}

export function AddAction({ label, handleOnClick, disabled = false }: ActionProps) {
  return (
    <Button
      size="S"
      variant="tertiary"
      startIcon={<Plus />}
      disabled={disabled}
      onClick={(event) => handleOnClick(event)}
    >
      {label}
    </Button>
  );
}

export function RemoveAction({ title, handleOnClick, disabled = false }: ActionProps) {
  return (
    <IconButton
      variant="ghost"
      label={title ?? ''}
      disabled={disabled}
      onClick={(event) => handleOnClick(event)}
    >
      <Trash />
    </IconButton>
  );
}

export function NotSwitch({
  checked = false,
  handleOnChange,
  label,
  title,
  disabled = false,
}: NotToggleProps) {
  return (
    <Checkbox
      checked={checked}
      aria-label={title}
      disabled={disabled}
      onCheckedChange={(state) => handleOnChange(state === true)}
    >
      {label}
    </Checkbox>
  );
}
