import { useId, useState } from 'react';
import { Flex, Typography } from '@strapi/design-system';
import { useNavigate } from 'react-router-dom';
import { styled } from 'styled-components';
import { IMPORT_LIMITS } from '../../../../shared/import-limits';
import { errorSentence } from '../../api/client';
import { useUploadImportMutation } from '../../api/imports';
import { FormModal } from '../../components/FormModal';
import { useFormat } from '../../components/useFormat';
import { useText } from '../../components/useText';
import { BASE_PATH } from '../../pluginId';

const FileInput = styled.input`
  border: 1px dashed ${({ theme }) => theme.colors.neutral300};
  border-radius: ${({ theme }) => theme.borderRadius};
  color: ${({ theme }) => theme.colors.neutral800};
  font-size: ${({ theme }) => theme.fontSizes[2]};
  padding: ${({ theme }) => theme.spaces[6]};
  width: 100%;
`;

const MIB = 1024 * 1024;

/** Takes a file and leads to the page where its columns are mapped. */
export function UploadDialog({ onClose }: { onClose: () => void }) {
  const t = useText();
  const format = useFormat();
  const navigate = useNavigate();
  const id = useId();
  const [upload, { isLoading }] = useUploadImportMutation();
  const [file, setFile] = useState<File | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  const submit = async () => {
    if (!file) return setProblem(t('imports.error.no-file'));
    if (file.size > IMPORT_LIMITS.fileBytes) {
      const [size, limit] = [Math.ceil(file.size / MIB), IMPORT_LIMITS.fileBytes / MIB].map(format.number);
      return setProblem(t('imports.error.too-large', { size, limit }));
    }
    const outcome = await upload(file);
    if ('error' in outcome) return setProblem(errorSentence(outcome.error) ?? t('common.error.unreachable'));
    void navigate(`${BASE_PATH}/imports/${outcome.data.id}`);
  };

  return (
    <FormModal
      title={t('imports.upload.title')}
      submitLabel={t('imports.upload.button')}
      isSaving={isLoading}
      problem={problem}
      onProblemClose={() => setProblem(null)}
      onSubmit={submit}
      onClose={onClose}
      isLocked={isLoading}
    >
      <Flex direction="column" alignItems="stretch" gap={4}>
        <Typography tag="label" htmlFor={id} fontWeight="bold">
          {t('imports.upload.file')}
        </Typography>
        <FileInput
          id={id}
          type="file"
          accept=".csv,.tsv,.txt,.xlsx,text/csv"
          aria-describedby={`${id}-hint`}
          onChange={(event) => {
            setFile(event.target.files?.[0] ?? null);
            setProblem(null);
          }}
        />
        <Typography id={`${id}-hint`} variant="pi" textColor="neutral600">
          {t('imports.upload.hint', { limit: format.number(IMPORT_LIMITS.fileBytes / MIB) })}
        </Typography>
      </Flex>
    </FormModal>
  );
}
