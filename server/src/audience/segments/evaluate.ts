import { isRuleGroup, type Rule, type RuleGroup } from '../../../../shared/contracts';
import { dayOf, dayRange, dayStart, fold, wholeDomain, type RangedTest } from '../../storage';

/** All that rules can ask about one person. Instants in milliseconds since 1970. */
export interface SegmentPerson {
  status: string;
  email: string;
  emailKey: string;
  firstName: string | null;
  lastName: string | null;
  language: string | null;
  timezone: string | null;
  source: string | null;
  createdAt: number | null;
  confirmedAt: number | null;
  lastSentAt: number | null;
  lastOpenedAt: number | null;
  lastClickedAt: number | null;
  attributes: Record<string, unknown>;
  subscriptions: readonly { list: string; status: string }[];
  /** Accepted mails. */
  received: readonly { campaign: string; at: number }[];
  /** Opens and clicks. */
  events: readonly {
    type: 'open' | 'click';
    campaign: string;
    /** Address of the link. */
    link: string | null;
    machine: boolean;
    at: number;
  }[];
}

/**
 * Whether a person is in a segment: the meaning of the rules (shared/contracts/segments.ts) in plain words. The SQL of
 * `segmentCondition` is tested against it.
 * @param now the instant that relative dates count from, milliseconds since 1970
 */
export function isInSegment(person: SegmentPerson, rules: RuleGroup, now: number): boolean {
  const holds = (part: Rule | RuleGroup): boolean => {
    if (!isRuleGroup(part)) return ruleHolds(person, part, now);
    return (part.combinator === 'and' ? part.rules.every(holds) : part.rules.some(holds)) !== part.not;
  };
  return holds(rules);
}

function ruleHolds(person: SegmentPerson, rule: Rule, now: number): boolean {
  switch (rule.field) {
    case 'status':
      return rule.value.some((status) => status === person.status) === (rule.operator === 'oneOf');
    case 'list':
      return (
        person.subscriptions.some(
          ({ list, status }) => status === rule.status && (rule.list === null || list === rule.list),
        ) ===
        (rule.operator === 'on')
      );
    case 'activity':
      return hasActivity(person, rule, now) === (rule.operator === 'did');
    case 'attribute':
      return attributeHolds(person.attributes[rule.name], rule, now);
    case 'emailDomain':
      return textHolds(domainOf(person.emailKey), rule, wholeDomain);
    case 'createdAt':
    case 'confirmedAt':
    case 'lastSentAt':
    case 'lastOpenedAt':
    case 'lastClickedAt': {
      const at = person[rule.field];
      return dateHolds(at === null ? null : dayOf(at), rule, now);
    }
    default:
      return textHolds(person[rule.field], rule);
  }
}

const domainOf = (emailKey: string) => emailKey.slice(emailKey.lastIndexOf('@') + 1);

type TextTest =
  | { operator: 'is' | 'isNot' | 'contains' | 'notContains' | 'startsWith' | 'endsWith'; value: string }
  | { operator: 'oneOf' | 'noneOf'; value: string[] }
  | { operator: 'isSet' | 'isNotSet' };

function textHolds(text: unknown, test: TextTest, whole: (value: string) => string = fold): boolean {
  const known = typeof text === 'string' && text !== '' ? fold(text) : null;
  const equals = (value: string) => known === whole(value);
  switch (test.operator) {
    case 'is':
      return equals(test.value);
    case 'isNot':
      return !equals(test.value);
    case 'oneOf':
      return test.value.some(equals);
    case 'noneOf':
      return !test.value.some(equals);
    case 'contains':
      return known?.includes(fold(test.value)) ?? false;
    case 'notContains':
      return !known?.includes(fold(test.value));
    case 'startsWith':
      return known?.startsWith(fold(test.value)) ?? false;
    case 'endsWith':
      return known?.endsWith(fold(test.value)) ?? false;
    case 'isSet':
      return known !== null;
    case 'isNotSet':
      return known === null;
  }
}

function dateHolds(
  day: string | null,
  test: RangedTest | { operator: 'isSet' | 'isNotSet' },
  now: number,
): boolean {
  if (!('value' in test)) return (day !== null) === (test.operator === 'isSet');
  const { from, to } = dayRange(test, now);
  const inRange = day !== null && (from === null || day >= from) && (to === null || day < to);
  return inRange !== (test.operator === 'notInLast');
}

function attributeHolds(value: unknown, rule: Extract<Rule, { field: 'attribute' }>, now: number): boolean {
  switch (rule.type) {
    case 'string':
      return textHolds(value, rule);
    case 'date':
      return dateHolds(
        typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) ? value : null,
        rule,
        now,
      );
    case 'number': {
      const number = typeof value === 'number' ? value : null;
      if (!('value' in rule)) return (number !== null) === (rule.operator === 'isSet');
      return number === null ? rule.operator === 'notEquals' : numberHolds(number, rule);
    }
    case 'boolean':
      switch (rule.operator) {
        case 'isTrue':
          return value === true;
        case 'isFalse':
          return value === false;
        case 'isSet':
          return typeof value === 'boolean';
        case 'isNotSet':
          return typeof value !== 'boolean';
      }
  }
}

function numberHolds(
  number: number,
  test:
    | {
        operator: 'equals' | 'notEquals' | 'less' | 'lessOrEqual' | 'greater' | 'greaterOrEqual';
        value: number;
      }
    | { operator: 'between'; value: readonly [number, number] },
): boolean {
  switch (test.operator) {
    case 'equals':
      return number === test.value;
    case 'notEquals':
      return number !== test.value;
    case 'less':
      return number < test.value;
    case 'lessOrEqual':
      return number <= test.value;
    case 'greater':
      return number > test.value;
    case 'greaterOrEqual':
      return number >= test.value;
    case 'between':
      return number >= test.value[0] && number <= test.value[1];
  }
}

function hasActivity(
  person: SegmentPerson,
  rule: Extract<Rule, { field: 'activity' }>,
  now: number,
): boolean {
  const range = rule.days === null ? null : dayRange({ operator: 'inLast', value: rule.days }, now);
  const counts = ({ campaign, at }: { campaign: string; at: number }) =>
    (rule.campaign === null || campaign === rule.campaign) &&
    (range === null || (at >= dayStart(range.from!) && at < dayStart(range.to!)));
  if (rule.action === 'received') return person.received.some(counts);
  const type = rule.action === 'opened' ? 'open' : 'click';
  return person.events.some(
    (event) =>
      event.type === type &&
      !event.machine &&
      counts(event) &&
      (rule.link === null || event.link === rule.link),
  );
}
