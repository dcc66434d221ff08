import { useState } from 'react';
import {
  Box,
  Checkbox,
  Combobox,
  ComboboxOption,
  Field,
  MultiSelect,
  MultiSelectOption,
  SingleSelect,
  SingleSelectOption,
  Typography,
} from '@strapi/design-system';
import { useIntl } from 'react-intl';
import type { ListDto } from '../../../../shared/contracts';
import { useText } from '../../components/useText';
import { languageName, LANGUAGES } from './words';

interface TextFieldProps {
  value: string;
  onChange: (value: string) => void;
}

export function LanguageField({ value, onChange }: TextFieldProps) {
  const t = useText();
  const { locale } = useIntl();
  const tags = value === '' || LANGUAGES.includes(value) ? LANGUAGES : [value, ...LANGUAGES];
  return (
    <Field.Root name="language" hint={t('subscribers.field.language.hint')}>
      <Field.Label>{t('subscribers.field.language')}</Field.Label>
      <SingleSelect
        value={value}
        onChange={(tag) => onChange(String(tag))}
        onClear={() => onChange('')}
        clearLabel={t('audience.clear')}
        placeholder={t('subscribers.field.unknown')}
      >
        {tags.map((tag) => (
          <SingleSelectOption key={tag} value={tag}>
            {languageName(tag, locale)}
          </SingleSelectOption>
        ))}
      </SingleSelect>
      <Field.Hint />
    </Field.Root>
  );
}

const ZONES = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')];

export function TimezoneField({ value, onChange }: TextFieldProps) {
  const t = useText();
  // Strapi's combobox shows no text for a value that it is given unless it is told the text, too.
  const [text, setText] = useState(value);
  const zones = value === '' || ZONES.includes(value) ? ZONES : [value, ...ZONES];
  return (
    <Field.Root name="timezone">
      <Field.Label>{t('subscribers.field.timezone')}</Field.Label>
      <Combobox
        autocomplete={{ type: 'list', filter: 'contains' }}
        value={value}
        textValue={text}
        onTextValueChange={setText}
        onChange={(zone) => onChange(zone ?? '')}
        onClear={() => {
          setText('');
          onChange('');
        }}
        clearLabel={t('audience.clear')}
        placeholder={t('subscribers.field.unknown')}
      >
        {zones.map((zone) => (
          <ComboboxOption key={zone} value={zone}>
            {zone}
          </ComboboxOption>
        ))}
      </Combobox>
    </Field.Root>
  );
}

interface ListsFieldProps {
  lists: ListDto[];
  value: string[];
  onChange: (value: string[]) => void;
}

export function ListsField({ lists, value, onChange }: ListsFieldProps) {
  const t = useText();
  return (
    <Field.Root name="lists" hint={lists.length === 0 ? t('subscribers.field.lists.none') : undefined}>
      <Field.Label>{t('subscribers.field.lists')}</Field.Label>
      <MultiSelect
        value={value}
        onChange={onChange}
        placeholder={t('subscribers.choose-lists')}
        customizeContent={(ids = []) =>
          lists
            .filter(({ documentId }) => ids.includes(documentId))
            .map(({ name }) => name)
            .join(', ')
        }
      >
        {lists.map((list) => (
          <MultiSelectOption key={list.documentId} value={list.documentId}>
            {list.name}
          </MultiSelectOption>
        ))}
      </MultiSelect>
      <Field.Hint />
    </Field.Root>
  );
}

interface ConsentFieldProps {
  checked: boolean;
  onChange: (checked: boolean) => void;
}

/** The editor's statement that the person agreed. Without it the person has to confirm by mail. */
export function ConsentField({ checked, onChange }: ConsentFieldProps) {
  const t = useText();
  return (
    <Box padding={4} background="neutral100" hasRadius>
      <Checkbox checked={checked} onCheckedChange={(state) => onChange(state === true)}>
        {t('subscribers.consent.statement')}
      </Checkbox>
      <Box paddingTop={2}>
        <Typography variant="pi" textColor="neutral600">
          {t(checked ? 'subscribers.consent.given' : 'subscribers.consent.not-given')}
        </Typography>
      </Box>
    </Box>
  );
}
