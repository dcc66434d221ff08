import type { RuleGroup } from '../../../../../shared/contracts';
import { ACTIVITIES, attributeField, attributeOf, kindOf, takesDays, takesNoValue } from './fields';

/** The tree as react-querybuilder edits it. */
export interface QueryGroup {
  id?: string;
  combinator: string;
  not?: boolean;
  rules: (QueryRule | QueryGroup)[];
}

export interface QueryRule {
  id?: string;
  field: string;
  operator: string;
  value: unknown;
}

export interface ActivityValue {
  campaign: string | null;
  link: string | null;
  /** As typed; empty: ever. */
  days: string;
}

type AnyRule = Exclude<RuleGroup['rules'][number], RuleGroup>;
type StoredRule = Record<string, unknown> & { field: string; operator: string };

const isQueryGroup = (node: QueryRule | QueryGroup): node is QueryGroup => 'rules' in node;

/** Texts of `oneOf` are entered one on each line. */
const lines = (text: unknown) =>
  String(text ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

export function toQuery(rules: RuleGroup): QueryGroup {
  return {
    combinator: rules.combinator,
    not: rules.not,
    rules: rules.rules.map((node) => ('combinator' in node ? toQuery(node) : toQueryRule(node))),
  };
}

function toQueryRule(rule: AnyRule): QueryRule {
  switch (rule.field) {
    case 'status':
      return { field: 'status', operator: rule.operator, value: rule.value };
    case 'list':
      return { field: 'list', operator: `${rule.operator}.${rule.status}`, value: rule.list };
    case 'activity': {
      const value: ActivityValue = {
        campaign: rule.campaign,
        link: rule.link,
        days: rule.days === null ? '' : String(rule.days),
      };
      return { field: rule.action, operator: rule.operator, value };
    }
    default: {
      const field = rule.field === 'attribute' ? attributeField(rule.type, rule.name) : rule.field;
      const value = 'value' in rule ? rule.value : '';
      const listed = rule.operator === 'oneOf' || rule.operator === 'noneOf';
      if (listed) return { field, operator: rule.operator, value: (value as string[]).join('\n') };
      if (rule.operator === 'between')
        return { field, operator: rule.operator, value: (value as unknown[]).map(String) };
      return { field, operator: rule.operator, value: String(value) };
    }
  }
}

/** The rules that the tree stands for; null while something in it is not filled in. */
export function fromQuery(query: QueryGroup): RuleGroup | null {
  const rules: unknown[] = [];
  for (const node of query.rules) {
    const part = isQueryGroup(node) ? fromQuery(node) : fromQueryRule(node);
    if (part === null) return null;
    rules.push(part);
  }
  return rules.length === 0
    ? null
    : ({ combinator: query.combinator, not: query.not ?? false, rules } as RuleGroup);
}

/** How many rules are not filled in, empty groups included. */
export function countIncomplete(query: QueryGroup): number {
  if (query.rules.length === 0) return 1;
  return query.rules.reduce(
    (sum, node) => sum + (isQueryGroup(node) ? countIncomplete(node) : fromQueryRule(node) === null ? 1 : 0),
    0,
  );
}

/** Fields that rules of the tree name. */
export function fieldsOf(query: QueryGroup): string[] {
  return query.rules.flatMap((node) => (isQueryGroup(node) ? fieldsOf(node) : [node.field]));
}

/** @returns null while the value is not filled in */
export function fromQueryRule({ field, operator, value }: QueryRule): StoredRule | null {
  const kind = kindOf(field);
  if (kind === 'status') {
    return Array.isArray(value) && value.length > 0 ? { field, operator, value } : null;
  }
  if (kind === 'list') {
    const [on = 'on', status = 'subscribed'] = operator.split('.');
    return value === undefined || value === '' ? null : { field, operator: on, list: value, status };
  }
  if (ACTIVITIES.some((name) => name === field)) {
    const { campaign = null, link = null, days = '' } = (value ?? {}) as Partial<ActivityValue>;
    const number = days === '' ? null : wholeDays(days);
    if (days !== '' && number === null) return null;
    const named = field === 'clicked' && campaign !== null ? link : null;
    return { field: 'activity', operator, action: field, campaign, link: named, days: number };
  }
  const attribute = attributeOf(field);
  const shape = attribute ? { field: 'attribute', ...attribute, operator } : { field, operator };
  if (takesNoValue(operator)) return shape;
  const read = readerOf(kind, operator);
  const one = read(value);
  return one === null ? null : { ...shape, value: one };
}

type Reader = (value: unknown) => unknown;

function readerOf(kind: string, operator: string): Reader {
  const single: Reader =
    kind === 'number' ? number : kind === 'date' ? (takesDays(operator) ? wholeDays : day) : text;
  if (operator === 'oneOf' || operator === 'noneOf')
    return (value) => (lines(value).length > 0 ? lines(value) : null);
  if (operator !== 'between') return single;
  return (value) => {
    const [from, to] = Array.isArray(value) ? value.map(single) : [];
    return from === null || to === null || from === undefined || to === undefined ? null : [from, to];
  };
}

const text: Reader = (value) => (typeof value === 'string' && value !== '' ? value : null);
const day: Reader = (value) => (/^\d{4}-\d\d-\d\d$/.test(String(value)) ? value : null);
const number: Reader = (value) => {
  const typed = String(value ?? '').trim();
  return typed !== '' && Number.isFinite(Number(typed)) ? Number(typed) : null;
};
const wholeDays: Reader = (value) => {
  const days = number(value);
  return Number.isInteger(days) && Number(days) >= 0 && Number(days) <= 36_500 ? days : null;
};
