import type { RuleDto, RuleFields, RuleInput } from '../../../../../shared/contracts';

/** What a new rule is before anything is chosen. The server's defaults, and an empty mapping until there is a type. */
export const NEW_RULE: RuleFields = {
  name: '',
  enabled: true,
  contentType: '',
  locales: null,
  languages: {},
  defaultLanguage: 'en',
  conditions: [],
  mapping: { subject: '{{entry.title}}', preheader: '', body: [], link: '', linkText: '' },
  template: null,
  sender: null,
  audience: { include: { lists: [], segments: [] }, exclude: { lists: [], segments: [] } },
  audienceLanguage: 'all',
  action: 'draft',
  delayMinutes: 60,
  again: 'never',
  holdAbove: 5,
};

/** A new rule that goes to the lists given. */
export const newRule = (lists: string[]): RuleFields => ({
  ...NEW_RULE,
  audience: { ...NEW_RULE.audience, include: { lists, segments: [] } },
});

/** The editable part of a rule: PUT takes the whole of it, and nothing else. */
export function inputOf(rule: RuleDto | RuleFields): RuleFields {
  return Object.fromEntries(
    (Object.keys(NEW_RULE) as (keyof RuleFields)[]).map((key) => [key, rule[key]]),
  ) as unknown as RuleFields;
}

/** What the form can say before the server is asked: the name of a text per field. */
export function problemsOf(values: RuleInput) {
  return {
    name: values.name.trim() === '',
    contentType: values.contentType === '',
    subject: (values.mapping.subject ?? '').trim() === '',
    locales: values.locales?.length === 0,
  };
}
