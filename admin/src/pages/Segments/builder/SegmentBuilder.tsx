import { useMemo } from 'react';
import { QueryBuilder, type RuleGroupType, type Translations } from 'react-querybuilder';
import { styled } from 'styled-components';
import type { SegmentFields } from '../../../../../shared/contracts';
import { useText } from '../../../components/useText';
import type { TextKey } from '../../../translations';
import { AddAction, NotSwitch, RemoveAction, Select } from './controls';
import {
  ACTIVITIES,
  attributeFields,
  attributeOf,
  DATE_FIELDS,
  kindOf,
  OPERATORS,
  TEXT_FIELDS,
  type Operator,
} from './fields';
import { fieldsOf, type QueryGroup, type QueryRule } from './tree';
import { ValueEditor, type BuilderContext } from './ValueEditor';

/** As the server takes them. */
const MAX_LEVELS = 8;

const CONTROLS = {
  fieldSelector: Select,
  operatorSelector: Select,
  combinatorSelector: Select,
  addRuleAction: AddAction,
  addGroupAction: AddAction,
  removeRuleAction: RemoveAction,
  removeGroupAction: RemoveAction,
  notToggle: NotSwitch,
  valueEditor: ValueEditor,
};

/** The rules of a segment as a tree of groups, each rule a field, an operator and a value. */
export function SegmentBuilder({
  query,
  onChange,
  known,
  showMissing,
  disabled,
}: {
  query: QueryGroup;
  onChange: (query: QueryGroup) => void;
  known: SegmentFields;
  showMissing: boolean;
  disabled: boolean;
}) {
  const t = useText();
  const named = fieldsOf(query)
    .filter((field) => attributeOf(field) !== null)
    .join(' ');
  const fields = useMemo(() => {
    const entry = (name: (typeof TEXT_FIELDS)[number] | (typeof DATE_FIELDS)[number]) => ({
      name,
      label: t(`segments.field.${name}`),
    });
    const attributes = attributeFields(known.attributes, named === '' ? [] : named.split(' '));
    return [
      {
        label: t('segments.group.person'),
        options: [
          { name: 'status', label: t('segments.field.status') },
          { name: 'list', label: t('segments.field.list') },
          ...TEXT_FIELDS.map(entry),
          entry('createdAt'),
          entry('confirmedAt'),
        ],
      },
      ...(attributes.length > 0 ? [{ label: t('segments.group.attributes'), options: attributes }] : []),
      {
        label: t('segments.group.activity'),
        options: [
          ...ACTIVITIES.map((name) => ({ name, label: t(`segments.field.${name}`) })),
          entry('lastSentAt'),
          entry('lastOpenedAt'),
          entry('lastClickedAt'),
        ],
      },
    ];
  }, [t, known.attributes, named]);

  const combinators = useMemo(
    () => [
      { name: 'and', label: t('segments.combinator.and') },
      { name: 'or', label: t('segments.combinator.or') },
    ],
    [t],
  );
  const translations = useMemo((): Partial<Translations> => {
    const remove = { title: t('segments.remove-rule'), label: t('segments.remove-rule') };
    const removeGroup = { title: t('segments.remove-group'), label: t('segments.remove-group') };
    return {
      fields: { title: t('segments.field') },
      operators: { title: t('segments.operator') },
      value: { title: t('segments.value') },
      combinators: { title: t('segments.combinator') },
      notToggle: { title: t('segments.not.title'), label: t('segments.not') },
      addRule: { title: t('segments.add-rule'), label: t('segments.add-rule') },
      addGroup: { title: t('segments.add-group'), label: t('segments.add-group') },
      removeRule: remove,
      removeGroup,
    };
  }, [t]);
  const context: BuilderContext = { known, showMissing };

  return (
    <Tree>
      <QueryBuilder
        query={query as RuleGroupType}
        onQueryChange={(next) => onChange(next as QueryGroup)}
        fields={fields}
        combinators={combinators}
        getOperators={(field) => {
          const kind = kindOf(field);
          const names: readonly Operator[] = OPERATORS[kind];
          return names.map((name) => ({
            name,
            value: name,
            label: t(`segments.operator.${kind}.${name}` as TextKey),
          }));
        }}
        getDefaultField="status"
        getDefaultValue={(rule) => defaultValue(rule)}
        controlElements={CONTROLS}
        translations={translations}
        context={context}
        showNotToggle
        addRuleToNewGroups
        resetOnFieldChange
        maxLevels={MAX_LEVELS}
        disabled={disabled}
      />
    </Tree>
  );
}

function defaultValue({ field }: Pick<QueryRule, 'field'>): unknown {
  switch (kindOf(field)) {
    case 'status':
      return ['subscribed'];
    case 'list':
      return null;
    case 'activity':
      return { campaign: null, link: null, days: '' };
    default:
      return '';
  }
}

const Tree = styled.div`
  .ruleGroup {
    display: grid;
    gap: ${({ theme }) => theme.spaces[3]};
    padding: ${({ theme }) => theme.spaces[4]};
    border: 1px solid ${({ theme }) => theme.colors.neutral200};
    border-radius: ${({ theme }) => theme.borderRadius};
    background: ${({ theme }) => theme.colors.neutral0};
  }

  .ruleGroup .ruleGroup {
    background: ${({ theme }) => theme.colors.neutral100};
    border-left: 3px solid ${({ theme }) => theme.colors.primary500};
  }

  .ruleGroup-header {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: ${({ theme }) => theme.spaces[2]};
  }

  .ruleGroup-header > :first-child {
    min-width: 18rem;
  }

  .ruleGroup-body {
    display: grid;
    gap: ${({ theme }) => theme.spaces[3]};
  }

  .rule {
    display: grid;
    grid-template-columns: minmax(0, 5fr) minmax(0, 4fr) minmax(0, 6fr) auto;
    align-items: start;
    gap: ${({ theme }) => theme.spaces[2]};
  }

  .rule > button,
  .rule > :last-child {
    grid-column: -2;
  }

  @media (max-width: 900px) {
    .rule {
      grid-template-columns: minmax(0, 1fr) auto;
    }

    .rule > * {
      grid-column: 1;
    }

    .rule > :last-child {
      grid-column: 2;
      grid-row: 1;
    }
  }
`;
