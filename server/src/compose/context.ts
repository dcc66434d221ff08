import type { CampaignContent } from '../../../shared/contracts';
import { footerLanguage } from './footer';
import { SkeletonHtml, slotToken } from './slots';
import type { CampaignSnapshot, RenderPerson } from './types';

/** Names that a source can use at its root; `attributes.*` and `brand.*` have members. */
export const CONTEXT_NAMES = [
  'email',
  'firstName',
  'lastName',
  'name',
  'language',
  'attributes',
  'unsubscribeUrl',
  'preferencesUrl',
  'viewUrl',
  'brand',
  'campaign',
  'subject',
  'preheader',
  'content',
  'footer',
] as const;

export type TemplateContext = Record<(typeof CONTEXT_NAMES)[number], unknown>;

/** What subject and preheader see. Addresses are real ones here, since nothing is filled later. */
export function textContext(
  snapshot: CampaignSnapshot,
  content: CampaignContent,
  person: RenderPerson,
  links: { unsubscribe: string; preferences: string; view: string },
): TemplateContext {
  return {
    email: person.email,
    firstName: person.firstName,
    lastName: person.lastName,
    name: fullName(person, content.language),
    language: content.language,
    attributes: person.attributes,
    unsubscribeUrl: links.unsubscribe,
    preferencesUrl: links.preferences,
    viewUrl: links.view,
    brand: snapshot.brand,
    campaign: { name: snapshot.name },
    subject: '',
    preheader: '',
    content: '',
    footer: '',
  };
}

/** What body and template see: the addresses are slots, so that mails of the same shape are the same skeleton. */
export function htmlContext(
  base: TemplateContext,
  parts: { subject: string; preheader: string; content: string; footer: string },
): TemplateContext {
  return {
    ...base,
    unsubscribeUrl: new SkeletonHtml(slotToken('unsubscribe')),
    preferencesUrl: new SkeletonHtml(slotToken('preferences')),
    viewUrl: new SkeletonHtml(slotToken('view')),
    subject: parts.subject,
    preheader: parts.preheader,
    content: new SkeletonHtml(parts.content),
    footer: new SkeletonHtml(parts.footer),
  };
}

/** Family name first in a Japanese mail. */
function fullName(person: RenderPerson, language: string): string {
  const order =
    footerLanguage(language) === 'ja'
      ? [person.lastName, person.firstName]
      : [person.firstName, person.lastName];
  return order.filter((part) => part?.trim()).join(' ');
}
