import { useId, useState } from 'react';
import { Box, Typography } from '@strapi/design-system';
import type { SuppressionImportResult } from '../../../../../shared/contracts';
import { errorSentence } from '../../../api/client';
import { useImportSuppressionsMutation } from '../../../api/deliverability';
import { FormModal } from '../../../components/FormModal';
import { useFormat } from '../../../components/useFormat';
import { useText } from '../../../components/useText';

/** Takes a CSV of another product's suppression list; the result stands in the dialog until it is closed. */
export function ImportDialog({ onClose }: { onClose: () => void }) {
  const t = useText();
  const id = useId();
  const [upload, { isLoading }] = useImportSuppressionsMutation();
  const [file, setFile] = useState<File | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [result, setResult] = useState<SuppressionImportResult | null>(null);
  const submit = async () => {
    if (result) return onClose();
    if (!file) return setProblem(t('imports.error.no-file'));
    const outcome = await upload(file);
    if ('error' in outcome) return setProblem(errorSentence(outcome.error) ?? t('common.error.unreachable'));
    setResult(outcome.data);
  };
  return (
    <FormModal
      title={t('deliverability.suppressions.import')}
      submitLabel={t(result ? 'common.close' : 'imports.upload.button')}
      isSaving={isLoading}
      problem={problem}
      onProblemClose={() => setProblem(null)}
      onSubmit={submit}
      onClose={onClose}
      isLocked={isLoading}
    >
      {result ? (
        <Result result={result} />
      ) : (
        <>
          <Typography tag="p">{t('deliverability.suppressions.import.text')}</Typography>
          <Box>
            <Typography tag="label" htmlFor={id} fontWeight="bold">
              {t('imports.upload.file')}
            </Typography>
            <Box paddingTop={2}>
              <input
                id={id}
                type="file"
                accept=".csv,text/csv"
                onChange={(event) => setFile(event.target.files?.[0] ?? null)}
              />
            </Box>
          </Box>
        </>
      )}
    </FormModal>
  );
}

function Result({ result }: { result: SuppressionImportResult }) {
  const t = useText();
  const format = useFormat();
  const { rows, added, known, invalid, invalidCount } = result;
  return (
    <Box role="status">
      <Typography tag="p" fontWeight="semiBold">
        {t('deliverability.suppressions.import.result', { rows, added, known, invalid: invalidCount })}
      </Typography>
      {invalid.length > 0 && (
        <Box tag="ul" paddingTop={3} maxHeight="20rem" overflow="auto" tabIndex={0}>
          {invalid.map(({ line, value, message }) => (
            <Typography key={line} tag="li" variant="pi" style={{ overflowWrap: 'anywhere' }}>
              {t('deliverability.suppressions.import.line', { line: format.number(line) })} {value}: {message}
            </Typography>
          ))}
        </Box>
      )}
    </Box>
  );
}
