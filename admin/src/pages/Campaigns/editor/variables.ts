import type { TextKey } from '../../../translations';

/** What the "insert variable" menu offers: a name for people and the Handlebars that it puts in. */
export const VARIABLES: readonly { key: TextKey; source: string }[] = [
  { key: 'campaigns.variables.first-name', source: '{{firstName}}' },
  { key: 'campaigns.variables.first-name-default', source: '{{default firstName "…"}}' },
  { key: 'campaigns.variables.last-name', source: '{{lastName}}' },
  { key: 'campaigns.variables.full-name', source: '{{name}}' },
  { key: 'campaigns.variables.email', source: '{{email}}' },
  { key: 'campaigns.variables.attribute', source: '{{attributes.example}}' },
  { key: 'campaigns.variables.if', source: '{{#if firstName}}{{firstName}}{{else}}…{{/if}}' },
  { key: 'campaigns.variables.view', source: '<a href="{{viewUrl}}">…</a>' },
  { key: 'campaigns.variables.preferences', source: '<a href="{{preferencesUrl}}">…</a>' },
  { key: 'campaigns.variables.unsubscribe', source: '<a href="{{unsubscribeUrl}}">…</a>' },
];
