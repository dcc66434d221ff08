import { Box, SingleSelect, SingleSelectOption } from '@strapi/design-system';
import { useText } from '../../components/useText';
import { wordKey, WAYS } from './words';

/** Narrows people who left down to one way of leaving. */
export function WayFilter({
  value,
  onChange,
}: {
  value: string | undefined;
  onChange: (way: string | null) => void;
}) {
  const t = useText();
  return (
    <Box minWidth="20rem">
      <SingleSelect
        size="S"
        aria-label={t('subscribers.filter.way')}
        placeholder={t('subscribers.filter.way.all')}
        value={value ?? ''}
        onChange={(way) => onChange(String(way))}
        onClear={() => onChange(null)}
        clearLabel={t('subscribers.filter.way.all')}
      >
        {WAYS.map((way) => {
          const key = wordKey('way', way);
          return (
            <SingleSelectOption key={way} value={way}>
              {key === null ? way : t(key)}
            </SingleSelectOption>
          );
        })}
      </SingleSelect>
    </Box>
  );
}
