import {
  Box,
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
import type { RuleCondition, RuleField } from '../../../../../shared/contracts';
import { useText } from '../../../components/useText';
import type { PartProps, RuleContentType } from './parts';

const OPERATORS = ['eq', 'ne', 'contains', 'isSet', 'isNotSet'] as const;

/** Conditions on fields of the entry; all must hold. */
export function Conditions({ values, change, editable, type }: PartProps & { type: RuleContentType }) {
  const t = useText();
  const { conditions } = values;
  const put = (index: number, condition: RuleCondition) =>
    change({ conditions: conditions.map((one, at) => (at === index ? condition : one)) });
  const add = () => {
    const field = type.fields.find(({ kind }) => kind === 'boolean') ?? type.fields[0];
    if (field) change({ conditions: [...conditions, startFor(field)] });
  };
  return (
    <Box tag="fieldset" borderWidth={0} padding={0} minWidth={0}>
      <Typography tag="legend" variant="pi" fontWeight="bold" textColor="neutral800" style={{ padding: 0 }}>
        {t('rules.conditions')}
      </Typography>
      <Flex direction="column" alignItems="stretch" gap={3} paddingTop={2}>
        <Typography variant="pi" textColor="neutral600">
          {t(conditions.length === 0 ? 'rules.conditions.none' : 'rules.conditions.all')}
        </Typography>
        {conditions.map((condition, index) => (
          <ConditionRow
            key={index}
            condition={condition}
            number={index + 1}
            type={type}
            editable={editable}
            onChange={(next) => put(index, next)}
            onRemove={() => change({ conditions: conditions.filter((_one, at) => at !== index) })}
          />
        ))}
        {editable && conditions.length < 20 && (
          <Box>
            <Button variant="tertiary" size="S" startIcon={<Plus />} onClick={add}>
              {t('rules.conditions.add')}
            </Button>
          </Box>
        )}
      </Flex>
    </Box>
  );
}

function startFor(field: RuleField): RuleCondition {
  if (field.kind === 'boolean') return { field: field.path, operator: 'eq', value: true };
  if (field.values) return { field: field.path, operator: 'eq', value: field.values[0] ?? '' };
  return { field: field.path, operator: 'isSet' };
}

function ConditionRow({
  condition,
  number,
  type,
  editable,
  onChange,
  onRemove,
}: {
  condition: RuleCondition;
  number: number;
  type: RuleContentType;
  editable: boolean;
  onChange: (condition: RuleCondition) => void;
  onRemove: () => void;
}) {
  const t = useText();
  const field = type.fields.find(({ path }) => path === condition.field);
  const setOperator = (operator: RuleCondition['operator']) =>
    onChange(
      operator === 'isSet' || operator === 'isNotSet'
        ? { field: condition.field, operator }
        : {
            field: condition.field,
            operator,
            value: 'value' in condition ? condition.value : defaultValue(field),
          },
    );
  return (
    <Flex gap={2} alignItems="flex-end" wrap="wrap">
      <Box style={{ flex: '2 1 14rem' }}>
        <Field.Root name={`condition-${number}-field`}>
          <Field.Label>{t('rules.conditions.field', { number })}</Field.Label>
          <SingleSelect
            size="S"
            value={condition.field}
            disabled={!editable}
            onChange={(path) => {
              const chosen = type.fields.find((one) => one.path === path);
              if (chosen) onChange(startFor(chosen));
            }}
          >
            {!field && <SingleSelectOption value={condition.field}>{condition.field}</SingleSelectOption>}
            {type.fields.map(({ path }) => (
              <SingleSelectOption key={path} value={path}>
                {path}
              </SingleSelectOption>
            ))}
          </SingleSelect>
        </Field.Root>
      </Box>
      <Box style={{ flex: '1 1 11rem' }}>
        <SingleSelect
          size="S"
          aria-label={t('rules.conditions.operator', { number })}
          value={condition.operator}
          disabled={!editable}
          onChange={(operator) => setOperator(operator as RuleCondition['operator'])}
        >
          {OPERATORS.map((operator) => (
            <SingleSelectOption key={operator} value={operator}>
              {t(`rules.operator.${operator}`)}
            </SingleSelectOption>
          ))}
        </SingleSelect>
      </Box>
      {'value' in condition && (
        <Box style={{ flex: '2 1 11rem' }}>
          <ConditionValue
            label={t('rules.conditions.value', { number })}
            value={condition.value}
            field={field}
            editable={editable}
            onChange={(value) => onChange({ ...condition, value })}
          />
        </Box>
      )}
      {editable && (
        <IconButton label={t('rules.conditions.remove', { number })} onClick={onRemove}>
          <Trash />
        </IconButton>
      )}
    </Flex>
  );
}

const defaultValue = (field: RuleField | undefined): string | boolean =>
  field?.kind === 'boolean' ? true : (field?.values?.[0] ?? '');

function ConditionValue({
  label,
  value,
  field,
  editable,
  onChange,
}: {
  label: string;
  value: string | number | boolean;
  field: RuleField | undefined;
  editable: boolean;
  onChange: (value: string | boolean) => void;
}) {
  const t = useText();
  const choices =
    field?.kind === 'boolean'
      ? [
          { value: 'true', label: t('audience.yes') },
          { value: 'false', label: t('audience.no') },
        ]
      : field?.values?.map((one) => ({ value: one, label: one }));
  if (choices)
    return (
      <SingleSelect
        size="S"
        aria-label={label}
        value={String(value)}
        disabled={!editable}
        onChange={(chosen) => onChange(field?.kind === 'boolean' ? chosen === 'true' : String(chosen))}
      >
        {choices.map((choice) => (
          <SingleSelectOption key={choice.value} value={choice.value}>
            {choice.label}
          </SingleSelectOption>
        ))}
      </SingleSelect>
    );
  return (
    <TextInput
      size="S"
      aria-label={label}
      value={String(value)}
      maxLength={500}
      disabled={!editable}
      placeholder={field?.kind === 'date' ? '2026-12-31' : undefined}
      onChange={(event: React.ChangeEvent<HTMLInputElement>) => onChange(event.target.value)}
    />
  );
}
