import {
  Button,
  Field,
  Flex,
  IconButton,
  SingleSelect,
  SingleSelectOption,
  TextInput,
  Typography,
} from '@strapi/design-system';
import { Plus, Trash } from '@strapi/icons';
import { useText } from '../../components/useText';
import { emptyAttribute, type AttributeRow, type AttributeType } from './attributes';

interface Props {
  rows: AttributeRow[];
  /** Whether declared attributes have fields of their own beside this. */
  areFurther: boolean;
  onChange: (rows: AttributeRow[]) => void;
}

const TYPES: AttributeType[] = ['text', 'number', 'boolean'];

/** Attributes that nobody declared: name, type and value in a row each. */
export function AttributesField({ rows, areFurther, onChange }: Props) {
  const t = useText();
  const change = (index: number, patch: Partial<AttributeRow>) =>
    onChange(rows.map((row, at) => (at === index ? { ...row, ...patch } : row)));
  return (
    <Flex
      direction="column"
      alignItems="stretch"
      gap={2}
      tag="fieldset"
      style={{ border: 0, margin: 0, padding: 0, minWidth: 0 }}
    >
      <Typography tag="legend" variant="pi" fontWeight="bold">
        {t(areFurther ? 'subscribers.attribute.others' : 'subscribers.field.attributes')}
      </Typography>
      {rows.map((row, index) => (
        <Flex key={row.key} gap={2} alignItems="flex-start">
          <Field.Root
            name={`attribute-${index}`}
            error={row.error ? t(`subscribers.attribute.${row.error}`) : false}
            flex={2}
          >
            <TextInput
              aria-label={t('subscribers.attribute.name')}
              placeholder={t('subscribers.attribute.name')}
              value={row.name}
              onChange={(event) => change(index, { name: event.target.value, error: null })}
            />
            <Field.Error />
          </Field.Root>
          <SingleSelect
            aria-label={t('subscribers.attribute.type')}
            value={row.type}
            onChange={(type) => change(index, { type: type as AttributeType, error: null })}
          >
            {TYPES.map((type) => (
              <SingleSelectOption key={type} value={type}>
                {t(`subscribers.attribute.type.${type}`)}
              </SingleSelectOption>
            ))}
          </SingleSelect>
          {row.type === 'boolean' ? (
            <SingleSelect
              aria-label={t('subscribers.attribute.value')}
              value={row.value === 'true' ? 'true' : 'false'}
              onChange={(value) => change(index, { value: String(value) })}
            >
              <SingleSelectOption value="true">{t('audience.yes')}</SingleSelectOption>
              <SingleSelectOption value="false">{t('audience.no')}</SingleSelectOption>
            </SingleSelect>
          ) : (
            <TextInput
              aria-label={t('subscribers.attribute.value')}
              placeholder={t('subscribers.attribute.value')}
              value={row.value}
              onChange={(event) => change(index, { value: event.target.value, error: null })}
            />
          )}
          <IconButton
            label={t('subscribers.attribute.remove', { name: row.name })}
            onClick={() => onChange(rows.filter((_, at) => at !== index))}
          >
            <Trash />
          </IconButton>
        </Flex>
      ))}
      <Flex>
        <Button
          variant="tertiary"
          size="S"
          startIcon={<Plus />}
          onClick={() => onChange([...rows, emptyAttribute()])}
        >
          {t('subscribers.attribute.add')}
        </Button>
      </Flex>
    </Flex>
  );
}
