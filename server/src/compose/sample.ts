import type { AttributeDeclaration, AttributeType, AttributeValue } from '../../../shared/contracts';
import { footerLanguage } from './footer';
import type { RenderLinks, RenderPerson } from './types';

/** An invented recipient for previews and checks, with a name that fits the language and a value of each declared attribute. */
export function samplePerson(language: string, declared: readonly AttributeDeclaration[] = []): RenderPerson {
  const values = declared.map(({ name, label, type }) => [name, SAMPLE_VALUES[type](label)]);
  const base = { language, attributes: Object.fromEntries(values) as Record<string, AttributeValue> };
  return footerLanguage(language) === 'ja'
    ? { ...base, email: 'hanako@example.com', firstName: '花子', lastName: '山田' }
    : { ...base, email: 'alex@example.com', firstName: 'Alex', lastName: 'Morgan' };
}

/** A text says which attribute it stands for. */
const SAMPLE_VALUES: Record<AttributeType, (label: string) => AttributeValue> = {
  string: (label) => label,
  number: () => 12,
  boolean: () => true,
  date: () => '2026-05-31',
};

/** Somebody of whom only the address is known. */
export const emptyPerson: RenderPerson = {
  email: 'someone@example.com',
  firstName: null,
  lastName: null,
  language: null,
  attributes: {},
};

/** Links of a preview: they are recognised and made inert, so that nobody leaves a list by looking at a draft. */
export const SAMPLE_LINKS: RenderLinks = {
  unsubscribe: 'https://newsletter.invalid/unsubscribe',
  preferences: 'https://newsletter.invalid/preferences',
  view: 'https://newsletter.invalid/view',
  openPixel: null,
  click: null,
};
