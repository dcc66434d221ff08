import type { Knex } from 'knex';
import {
  LEAVING_NOTE_MAX,
  LEAVING_REASONS,
  PAGE_LANGUAGES,
  type LeavingWords,
  type PageLanguage,
} from '../../../shared/contracts';
import { addEvent, type ConsentAction, type ConsentEntry, type ListFacts, type Subscriber } from '../storage';

/** Where a change of consent came from. */
export interface Origin {
  /** form, page, preferences, one-click, mailto, provider, admin, api, import, … */
  source: string;
  ip?: string | null;
  /** The campaign whose mail led here. */
  campaignId?: string | null;
  deliveryId?: number | null;
  /** Why they leave, if they said so. */
  leaving?: LeavingWords | null;
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
    reason: (action === 'unsubscribed' && origin.leaving?.reason) || null,
    note: (action === 'unsubscribed' && origin.leaving?.note) || null,
    at: facts.at,
  }));
}

/**
 * What somebody who leaves may have said: a reason that was not offered and an empty text are nothing, control characters
 * and line ends become spaces, a text that is too long is cut. A text without a reason is another reason.
 */
export function leavingWords(reason: unknown, note: unknown): LeavingWords | null {
  const text = typeof note === 'string' ? note.slice(0, 10 * LEAVING_NOTE_MAX) : '';
  const line = text.replace(/[\p{Cc}\p{Cs}\s]+/gu, ' ').trim();
  const kept = [...line].slice(0, LEAVING_NOTE_MAX).join('').trim() || null;
  const offered = LEAVING_REASONS.find((known) => known === reason) ?? (kept === null ? null : 'other');
  return offered && { reason: offered, note: kept };
}

/** Only a mail's link makes an event: reports count who left because of a campaign. */
export async function noteUnsubscribe(
  trx: Knex.Transaction,
  subscriberId: string | null,
  origin: Origin,
  at: number,
): Promise<void> {
  if (!origin.campaignId) return;
  await addEvent(trx, {
    type: 'unsubscribe',
    campaignId: origin.campaignId,
    deliveryId: origin.deliveryId ?? null,
    subscriberId,
    detail: origin.source,
    reason: origin.leaving?.reason ?? null,
    at,
  });
}
