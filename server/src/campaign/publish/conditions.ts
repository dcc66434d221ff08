import type { RuleCondition, RuleFields } from '../../../../shared/contracts';
import { isSet, readPath, type Entry } from './entries';

/** Whether publishing this entry fires the rule, as far as the entry decides it. */
export function ruleMatches(
  rule: Pick<RuleFields, 'locales' | 'conditions'>,
  entry: Entry,
  locale: string | null,
): boolean {
  if (locale !== null && rule.locales !== null && !rule.locales.includes(locale)) return false;
  return rule.conditions.every((condition) => holds(condition, readPath(entry, condition.field)));
}

function holds(condition: RuleCondition, value: unknown): boolean {
  switch (condition.operator) {
    case 'isSet':
      return isSet(value);
    case 'isNotSet':
      return !isSet(value);
    case 'eq':
      return equals(value, condition.value);
    case 'ne':
      return !equals(value, condition.value);
    case 'contains':
      return contains(value, condition.value);
  }
}

const equals = (value: unknown, wanted: string | number | boolean): boolean =>
  isSet(value) && asText(value) === String(wanted);

function contains(value: unknown, wanted: string | number | boolean): boolean {
  if (Array.isArray(value)) return value.some((item) => asText(item) === String(wanted));
  return isSet(value) && asText(value).toLowerCase().includes(String(wanted).toLowerCase());
}

/** A value as conditions compare it; a relation is its documentId. */
function asText(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'object' && value !== null) {
    const { documentId } = value as { documentId?: unknown };
    return typeof documentId === 'string' ? documentId : JSON.stringify(value);
  }
  return String(value);
}
