import { Button, Flex } from '@strapi/design-system';
import { Check } from '@strapi/icons';
import { useText } from '../../components/useText';

interface Props {
  mayEdit: boolean;
  isDirty: boolean;
  isSaving: boolean;
}

/** The submit button at the end of a settings form; not there for people who may only look. */
export function SaveBar({ mayEdit, isDirty, isSaving }: Props) {
  const t = useText();
  if (!mayEdit) return null;
  return (
    <Flex justifyContent="flex-end">
      <Button type="submit" startIcon={<Check />} disabled={!isDirty} loading={isSaving}>
        {t('audience.save')}
      </Button>
    </Flex>
  );
}
