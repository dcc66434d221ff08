import type { AttributeDeclaration } from '../../../../../shared/contracts';

/** What a rule can ask about; decides its operators and how its value is entered. */
export type Kind = 'status' | 'list' | 'text' | 'date' | 'number' | 'boolean' | 'activity';

export const TEXT_FIELDS = [
  'email',
  'emailDomain',
  'firstName',
  'lastName',
  'language',
  'timezone',
  'source',
] as const;
export const DATE_FIELDS = [
  'createdAt',
  'confirmedAt',
  'lastSentAt',
  'lastOpenedAt',
  'lastClickedAt',
] as const;
export const ACTIVITIES = ['received', 'opened', 'clicked'] as const;

const SET = ['isSet', 'isNotSet'] as const;
export const OPERATORS = {
  status: ['oneOf', 'noneOf'],
  list: [
    'on.subscribed',
    'notOn.subscribed',
    'on.pending',
    'notOn.pending',
    'on.unsubscribed',
    'notOn.unsubscribed',
  ],
  text: ['is', 'isNot', 'contains', 'notContains', 'startsWith', 'endsWith', 'oneOf', 'noneOf', ...SET],
  date: [
    'inLast',
    'notInLast',
    'moreThanAgo',
    'exactlyAgo',
    'inNext',
    'exactlyAhead',
    'on',
    'before',
    'after',
    'between',
    ...SET,
  ],
  number: ['equals', 'notEquals', 'less', 'lessOrEqual', 'greater', 'greaterOrEqual', 'between', ...SET],
  boolean: ['isTrue', 'isFalse', ...SET],
  activity: ['did', 'didNot'],
} as const satisfies Record<Kind, readonly string[]>;

export type Operator = (typeof OPERATORS)[Kind][number];

const ATTRIBUTE_KINDS = { string: 'text', number: 'number', boolean: 'boolean', date: 'date' } as const;
export type AttributeType = keyof typeof ATTRIBUTE_KINDS;

/** Field of an attribute: `attribute.string.city`. Two types of a name are two fields. */
export const attributeField = (type: AttributeType, name: string): string => `attribute.${type}.${name}`;

export function attributeOf(field: string): { type: AttributeType; name: string } | null {
  const [kind, type, name] = field.split('.');
  return kind === 'attribute' && type && name && type in ATTRIBUTE_KINDS
    ? { type: type as AttributeType, name }
    : null;
}

export function kindOf(field: string): Kind {
  const attribute = attributeOf(field);
  if (attribute) return ATTRIBUTE_KINDS[attribute.type];
  if (field === 'status' || field === 'list') return field;
  if (ACTIVITIES.some((name) => name === field)) return 'activity';
  return DATE_FIELDS.some((name) => name === field) ? 'date' : 'text';
}

/** Operators that ask for nothing more. */
export const takesNoValue = (operator: string): boolean =>
  ['isSet', 'isNotSet', 'isTrue', 'isFalse'].includes(operator);

/** Operators of dates whose value is a number of days. */
export const takesDays = (operator: string): boolean =>
  ['inLast', 'notInLast', 'moreThanAgo', 'exactlyAgo', 'inNext', 'exactlyAhead'].includes(operator);

/** The declared attributes, and those that rules name although nobody declares them any more. */
export function attributeFields(
  declared: readonly AttributeDeclaration[],
  named: readonly string[],
): { name: string; label: string }[] {
  const fields = declared.map(({ type, name, label }) => ({ name: attributeField(type, name), label }));
  const missing = [...new Set(named)].filter((field) => !fields.some(({ name }) => name === field));
  return [...fields, ...missing.map((field) => ({ name: field, label: attributeOf(field)?.name ?? field }))];
}
