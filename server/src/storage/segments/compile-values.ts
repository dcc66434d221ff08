import type { Rule } from '../../../../shared/contracts';
import { dayRange, type DayRange, type RangedTest } from './days';
import { fold } from './fold';
import { joined, not, sql, type Sql } from './sql';
import type { AttributeSql, ValueSql } from './values-sql';

export type TextTest =
  | { operator: 'is' | 'isNot' | 'contains' | 'notContains' | 'startsWith' | 'endsWith'; value: string }
  | { operator: 'oneOf' | 'noneOf'; value: string[] }
  | { operator: 'isSet' | 'isNotSet' };

export type DateTest = RangedTest | { operator: 'isSet' | 'isNotSet' };

/**
 * @param text SQL that gives a text, an empty one when there is none
 * @param whole what a value becomes that is compared with the whole text
 */
export function textCondition(
  values: ValueSql,
  test: TextTest,
  text: Sql,
  whole: (value: string) => string = fold,
): Sql {
  const folded = values.fold(text);
  const like = (pattern: string) => compare(folded, 'like', values.literal(pattern), "escape '!'");
  const among = (candidates: string[]) => {
    const literals = candidates.map((candidate) => values.literal(whole(candidate)));
    return compare(folded, 'in', joined(literals, ','));
  };
  // `<> ''` would be false for blanks under MySQL's collations.
  const isSet = sql(`length(${text.sql}) > 0`, ...text.bindings);
  switch (test.operator) {
    case 'is':
      return among([test.value]);
    case 'isNot':
      return not(among([test.value]));
    case 'oneOf':
      return among(test.value);
    case 'noneOf':
      return not(among(test.value));
    case 'contains':
      return like(`%${literally(test.value)}%`);
    case 'notContains':
      return not(like(`%${literally(test.value)}%`));
    case 'startsWith':
      return like(`${literally(test.value)}%`);
    case 'endsWith':
      return like(`%${literally(test.value)}`);
    case 'isSet':
      return isSet;
    case 'isNotSet':
      return not(isSet);
  }
}

/** For a pattern with `escape '!'`. */
const literally = (value: string) => fold(value).replace(/[!%_]/g, '!$&');

/** A date: an instant or a day, whatever `bound` makes of the first and the last day. */
export function dateCondition(
  test: DateTest,
  isSet: Sql,
  value: Sql,
  now: number,
  bound: (day: string) => Sql,
): Sql {
  if (!('value' in test)) return test.operator === 'isSet' ? isSet : not(isSet);
  const inRange = joined([isSet, ...within(value, dayRange(test, now), bound)], 'and');
  return test.operator === 'notInLast' ? not(inRange) : inRange;
}

export function within(value: Sql, { from, to }: DayRange, bound: (day: string) => Sql): Sql[] {
  return [
    ...(from === null ? [] : [compare(value, '>=', bound(from))]),
    ...(to === null ? [] : [compare(value, '<', bound(to))]),
  ];
}

const NUMBER_OPERATORS = {
  equals: '=',
  less: '<',
  lessOrEqual: '<=',
  greater: '>',
  greaterOrEqual: '>=',
} as const;

type AttributeRule = Extract<Rule, { field: 'attribute' }>;

export function attributeCondition(
  attribute: AttributeSql,
  values: ValueSql,
  test: AttributeRule,
  now: number,
): Sql {
  switch (test.type) {
    case 'string':
      return textCondition(values, test, attribute.text);
    case 'date':
      return dateCondition(
        test,
        values.isDay(attribute.text),
        values.bytes(attribute.text),
        now,
        values.literal,
      );
    case 'number':
      if (!('value' in test)) return test.operator === 'isSet' ? attribute.isNumber : not(attribute.isNumber);
      if (test.operator === 'notEquals') return not(attribute.number('=', test.value));
      if (test.operator !== 'between') return attribute.number(NUMBER_OPERATORS[test.operator], test.value);
      return joined([attribute.number('>=', test.value[0]), attribute.number('<=', test.value[1])], 'and');
    case 'boolean':
      if (test.operator === 'isSet') return attribute.isBoolean;
      if (test.operator === 'isNotSet') return not(attribute.isBoolean);
      if (test.operator === 'isTrue') return attribute.isTrue;
      return joined([attribute.isBoolean, not(attribute.isTrue)], 'and');
  }
}

const compare = (left: Sql, operator: string, right: Sql, suffix = ''): Sql =>
  sql(`${left.sql} ${operator} ${right.sql} ${suffix}`.trimEnd(), ...left.bindings, ...right.bindings);
