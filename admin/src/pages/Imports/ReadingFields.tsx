import { Box, Checkbox, Field, Flex, SingleSelect, SingleSelectOption } from '@strapi/design-system';
import type { ImportPreview, ImportReading } from '../../../../shared/contracts';
import { useReadImportMutation } from '../../api/imports';
import { useFeedback } from '../../components/useFeedback';
import { useText } from '../../components/useText';
import { DELIMITER_KEYS, DELIMITERS, ENCODING_NAMES, ENCODINGS } from './words';

/** What was found out about the file, and can be corrected: the file is read again at once. */
export function ReadingFields({ id, preview }: { id: string; preview: ImportPreview }) {
  const t = useText();
  const feedback = useFeedback();
  const [read, { isLoading }] = useReadImportMutation();
  const change = async (data: ImportReading) => {
    const outcome = await read({ id, data });
    if ('error' in outcome) feedback.failure(outcome.error);
  };
  return (
    <Flex gap={5} wrap="wrap" alignItems="flex-end" aria-busy={isLoading}>
      {preview.encoding !== null && (
        <Box minWidth="22rem">
          <Field.Root name="encoding" hint={t('imports.encoding.hint')}>
            <Field.Label>{t('imports.encoding')}</Field.Label>
            <SingleSelect
              value={preview.encoding}
              onChange={(encoding) => void change({ encoding: encoding as ImportReading['encoding'] })}
            >
              {ENCODINGS.map((encoding) => (
                <SingleSelectOption key={encoding} value={encoding}>
                  {ENCODING_NAMES[encoding]}
                </SingleSelectOption>
              ))}
            </SingleSelect>
            <Field.Hint />
          </Field.Root>
        </Box>
      )}
      {preview.delimiter !== null && (
        <Box minWidth="18rem">
          <Field.Root name="delimiter" hint={t('imports.delimiter.hint')}>
            <Field.Label>{t('imports.delimiter')}</Field.Label>
            <SingleSelect
              value={preview.delimiter}
              onChange={(delimiter) => void change({ delimiter: delimiter as ImportReading['delimiter'] })}
            >
              {DELIMITERS.map((delimiter) => (
                <SingleSelectOption key={delimiter} value={delimiter}>
                  {t(`imports.delimiter.${DELIMITER_KEYS[delimiter]}`)}
                </SingleSelectOption>
              ))}
            </SingleSelect>
            <Field.Hint />
          </Field.Root>
        </Box>
      )}
      <Box paddingBottom={2}>
        <Checkbox
          checked={preview.header}
          onCheckedChange={(state) => void change({ header: state === true })}
        >
          {t('imports.header')}
        </Checkbox>
      </Box>
    </Flex>
  );
}
