import type { PersonClaim, PreviewClaim, Tokens } from './tokens';

/** Addresses of the public routes. Every link that leaves in a mail is made here. */
export interface Urls {
  unsubscribe(claim: PersonClaim): string;
  preferences(claim: PersonClaim): string;
  confirm(claim: PersonClaim): string;
  open(deliveryId: number): string;
  view(deliveryId: number): string;
  click(deliveryId: number, linkId: number): string;
  preview(claim: PreviewClaim): string;
}

/** @param publicUrl where recipients reach this Strapi, without a trailing slash */
export function createUrls(publicUrl: string, tokens: Tokens): Urls {
  const url = (route: string, token: string) => `${publicUrl}/api/newsletter/${route}/${token}`;
  return {
    unsubscribe: (claim) => url('unsubscribe', tokens.person('unsubscribe', claim)),
    preferences: (claim) => url('preferences', tokens.person('preferences', claim)),
    confirm: (claim) => url('confirm', tokens.person('confirm', claim)),
    open: (deliveryId) => url('open', tokens.delivery('open', deliveryId)),
    view: (deliveryId) => url('view', tokens.delivery('view', deliveryId)),
    click: (deliveryId, linkId) => url('click', tokens.click(deliveryId, linkId)),
    preview: (claim) => url('preview', tokens.preview(claim)),
  };
}
