import type { AttributeDeclaration } from '../../../../../shared/contracts';
import { attributeSource } from '../../../components/attributeSource';
import type { Text } from '../../../components/useText';
import type { TextKey } from '../../../translations';

const EXAMPLE: TextKey = 'campaigns.variables.attribute';
const VARIABLES: readonly { key: TextKey; source: string }[] = [
  { key: 'campaigns.variables.first-name', source: '{{firstName}}' },
  { key: 'campaigns.variables.first-name-default', source: '{{default firstName "…"}}' },
  { key: 'campaigns.variables.last-name', source: '{{lastName}}' },
  { key: 'campaigns.variables.full-name', source: '{{name}}' },
  { key: 'campaigns.variables.email', source: '{{email}}' },
  { key: EXAMPLE, source: '{{attributes.example}}' },
  { key: 'campaigns.variables.if', source: '{{#if firstName}}{{firstName}}{{else}}…{{/if}}' },
  { key: 'campaigns.variables.view', source: '<a href="{{viewUrl}}">…</a>' },
  { key: 'campaigns.variables.preferences', source: '<a href="{{preferencesUrl}}">…</a>' },
  { key: 'campaigns.variables.unsubscribe', source: '<a href="{{unsubscribeUrl}}">…</a>' },
];

/**
 * What the "insert variable" menu offers: a name for people and the Handlebars that it puts in. The declared attributes
 * stand in the place of an example.
 */
export function variablesWith(
  declared: readonly AttributeDeclaration[],
  t: Text,
): { name: string; source: string }[] {
  return VARIABLES.flatMap(({ key, source }) =>
    key === EXAMPLE && declared.length > 0
      ? declared.map((one) => ({ name: one.label, source: attributeSource(one) }))
      : [{ name: t(key), source }],
  );
}
