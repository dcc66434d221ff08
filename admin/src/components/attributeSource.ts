import type { AttributeDeclaration } from '../../../shared/contracts';

/** The Handlebars that shows an attribute in a mail. */
export function attributeSource({ name, type }: Pick<AttributeDeclaration, 'name' | 'type'>): string {
  if (type === 'date') return `{{formatDate attributes.${name} "long"}}`;
  if (type === 'boolean') return `{{#if attributes.${name}}}…{{/if}}`;
  return `{{attributes.${name}}}`;
}
