import { Box, Field, Flex, Radio, SingleSelect, SingleSelectOption, Typography } from '@strapi/design-system';
import type { FileStatus } from '../../../../shared/contracts';
import { useText } from '../../components/useText';
import { FILE_STATUSES } from './words';

interface Props {
  /** Whether a column says what people are. */
  hasStatus: boolean;
  status: FileStatus;
  onStatus: (status: FileStatus) => void;
  existing: 'update' | 'skip';
  onExisting: (existing: 'update' | 'skip') => void;
}

/** What the people of the file are, and what happens to those who are known already. */
export function PeopleFields({ hasStatus, status, onStatus, existing, onExisting }: Props) {
  const t = useText();
  return (
    <Flex direction="column" alignItems="stretch" gap={5}>
      <Box maxWidth="48rem">
        <Field.Root
          name="status"
          hint={t(hasStatus ? 'imports.status.hint.column' : `imports.status.hint.${status}`)}
        >
          <Field.Label>{t(hasStatus ? 'imports.status.label.column' : 'imports.status.label')}</Field.Label>
          <SingleSelect value={status} onChange={(next) => onStatus(next as FileStatus)}>
            {FILE_STATUSES.map((one) => (
              <SingleSelectOption key={one} value={one}>
                {t(`subscribers.status.${one}`)}
              </SingleSelectOption>
            ))}
          </SingleSelect>
          <Field.Hint />
        </Field.Root>
      </Box>
      <Flex direction="column" alignItems="stretch" gap={2}>
        <Typography id="import-existing" variant="pi" fontWeight="bold" textColor="neutral800">
          {t('imports.existing')}
        </Typography>
        <Radio.Group
          aria-labelledby="import-existing"
          value={existing}
          onValueChange={(next) => onExisting(next as Props['existing'])}
        >
          {(['update', 'skip'] as const).map((one) => (
            <Radio.Item key={one} value={one}>
              {t(`imports.existing.${one}`)}
            </Radio.Item>
          ))}
        </Radio.Group>
        <Typography variant="pi" textColor="neutral600">
          {t('imports.existing.hint')}
        </Typography>
      </Flex>
    </Flex>
  );
}
