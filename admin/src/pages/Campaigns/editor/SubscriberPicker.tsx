import { useState } from 'react';
import { Combobox, ComboboxOption, Field } from '@strapi/design-system';
import { useDebounce } from '@strapi/strapi/admin';
import type { SubscriberDto } from '../../../../../shared/contracts';
import { useGetSubscribersQuery } from '../../../api/subscribers';
import { useText } from '../../../components/useText';

export interface PickedSubscriber {
  documentId: string;
  /** Name and address. */
  label: string;
}

function labelOf({ email, firstName, lastName }: SubscriberDto): string {
  const name = [firstName, lastName].filter(Boolean).join(' ');
  return name === '' ? email : `${name} <${email}>`;
}

/** Chooses a subscriber by name or address; nobody means sample data. */
export function SubscriberPicker({
  value,
  onChange,
}: {
  value: PickedSubscriber | null;
  onChange: (subscriber: PickedSubscriber | null) => void;
}) {
  const t = useText();
  const [typed, setTyped] = useState('');
  const search = useDebounce(typed, 300);
  const { data, isFetching } = useGetSubscribersQuery({ search, pageSize: 10 });
  const found = (data?.results ?? []).map((one) => ({ documentId: one.documentId, label: labelOf(one) }));
  const options =
    value && !found.some((one) => one.documentId === value.documentId) ? [value, ...found] : found;
  return (
    <Field.Root name="preview-subscriber" width="100%">
      <Field.Label>{t('campaigns.preview.as')}</Field.Label>
      <Combobox
        size="S"
        // What matches is for the server to say: it also searches names.
        autocomplete="none"
        placeholder={t('campaigns.preview.sample')}
        value={value?.documentId ?? ''}
        loading={isFetching}
        loadingMessage={t('common.loading')}
        clearLabel={t('campaigns.preview.clear')}
        noOptionsMessage={() => t('common.search.nothing')}
        onInputChange={(event) => setTyped(event.target.value)}
        onClear={() => {
          setTyped('');
          onChange(null);
        }}
        onChange={(id) => {
          const picked = options.find((one) => one.documentId === id);
          if (picked) onChange(picked);
        }}
      >
        {options.map((one) => (
          <ComboboxOption key={one.documentId} value={one.documentId}>
            {one.label}
          </ComboboxOption>
        ))}
      </Combobox>
    </Field.Root>
  );
}
