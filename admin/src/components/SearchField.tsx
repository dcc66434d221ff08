import { useEffect, useState } from 'react';
import { SearchForm, Searchbar } from '@strapi/design-system';
import { useText } from './useText';

/** A search box that reports on Enter and on clearing, for searches that live in the URL. */
export function SearchField({
  label,
  value,
  onSearch,
}: {
  label: string;
  value: string;
  onSearch: (value: string) => void;
}) {
  const t = useText();
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  return (
    <SearchForm
      onSubmit={(event: React.FormEvent) => {
        event.preventDefault();
        onSearch(typed.trim());
      }}
    >
      <Searchbar
        name="search"
        size="S"
        value={typed}
        placeholder={label}
        clearLabel={t('common.search.clear')}
        onChange={(event) => setTyped(event.target.value)}
        onClear={() => {
          setTyped('');
          onSearch('');
        }}
      >
        {label}
      </Searchbar>
    </SearchForm>
  );
}
