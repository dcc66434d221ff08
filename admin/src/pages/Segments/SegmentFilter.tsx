import { Box, SingleSelect, SingleSelectOption } from '@strapi/design-system';
import { useGetSegmentsQuery } from '../../api/segments';
import { useText } from '../../components/useText';

/** Shows only the people of one segment. */
export function SegmentFilter({
  value,
  onChange,
}: {
  value: string | undefined;
  onChange: (segment: string | null) => void;
}) {
  const t = useText();
  const { data } = useGetSegmentsQuery({ pageSize: 100 });
  const segments = data?.results ?? [];
  if (segments.length === 0 && value === undefined) return null;
  return (
    <Box minWidth="20rem">
      <SingleSelect
        size="S"
        aria-label={t('segments.filter')}
        placeholder={t('segments.all')}
        value={value ?? ''}
        onChange={(segment) => onChange(String(segment))}
        onClear={() => onChange(null)}
        clearLabel={t('segments.clear')}
      >
        {segments.map((segment) => (
          <SingleSelectOption key={segment.documentId} value={segment.documentId}>
            {segment.name}
          </SingleSelectOption>
        ))}
      </SingleSelect>
    </Box>
  );
}
