import { PAGE_LANGUAGES, type PageLanguage } from '../../../shared/contracts';
import type { ConsentAction, ConsentEntry, ListFacts, Subscriber } from '../storage';

/** Where a change of consent came from. */
export interface Origin {
  /** form, page, preferences, one-click, admin, api, import, … */
  source: string;
  ip?: string | null;
  /** The campaign whose mail led here. */
  campaignId?: string | null;
  deliveryId?: number | null;
}

/** The language of a public page for a BCP 47 tag: its own or its base language; null when there is none. */
export function pageLanguage(tag: string | null | undefined): PageLanguage | null {
  const base = tag?.toLowerCase().split('-')[0];
  return PAGE_LANGUAGES.find((language) => language === base) ?? null;
}

/** One line of the consent log per list, or a single one that is about the person as a whole. */
export function consentEntries(
  person: Pick<Subscriber, 'documentId' | 'addressHash'>,
  lists: readonly Pick<ListFacts, 'documentId'>[] | null,
  action: ConsentAction,
  origin: Origin,
  facts: { at: number; wordingVersion?: string | null },
): ConsentEntry[] {
  return (lists ?? [{ documentId: null }]).map((list) => ({
    subscriberId: person.documentId,
    addressHash: person.addressHash,
    listId: list.documentId,
    action,
    source: origin.source,
    ip: origin.ip ?? null,
    wordingVersion: facts.wordingVersion ?? null,
    campaignId: origin.campaignId ?? null,
    at: facts.at,
  }));
}
