import type { SubscriberStatus } from '../../../../shared/contracts';
import { en, type TextKey } from '../../translations';

/**
 * The contract's list again, since importing that one would put its validation library into the panel's bundle.
 */
export const STATUSES = [
  'pending',
  'subscribed',
  'unsubscribed',
  'bounced',
  'complained',
] as const satisfies readonly SubscriberStatus[];

/** How people leave, in the order of how often. */
export const WAYS = [
  'one-click',
  'page',
  'preferences',
  'mailto',
  'provider',
  'admin',
  'api',
  'import',
  'hard-bounce',
  'soft-bounces',
  'complaint',
] as const;

type Tone = 'success' | 'primary' | 'danger' | 'warning' | 'neutral' | 'secondary' | 'alternative';

export const STATUS_TONES: Record<SubscriberStatus, Tone> = {
  subscribed: 'success',
  pending: 'secondary',
  unsubscribed: 'neutral',
  bounced: 'warning',
  complained: 'danger',
};

/**
 * The text key for a word that the server stores (a way of leaving, a source, a kind of event), or null for a word
 * that we have no text for: it is shown as it is, since a row must never lose its reason.
 */
export function wordKey(
  area: 'way' | 'leaving' | 'source' | 'event' | 'suppression',
  word: string,
): TextKey | null {
  const key = `subscribers.${area}.${word}`;
  return key in en ? (key as TextKey) : null;
}

/** Events of the timeline that deserve a colour; the rest is neutral. */
const EVENT_TONES: Record<string, Tone> = {
  accepted: 'success',
  confirmed: 'success',
  open: 'primary',
  click: 'primary',
  bounced: 'warning',
  bounce: 'warning',
  failed: 'danger',
  in_doubt: 'warning',
  complaint: 'danger',
  unsubscribed: 'secondary',
  unsubscribe: 'secondary',
};

export const eventTone = (type: string): Tone => EVENT_TONES[type] ?? 'neutral';

/** BCP 47 tags offered for a person's language; whatever else a person has stays selectable. */
export const LANGUAGES = [
  'en',
  'ja',
  'de',
  'fr',
  'es',
  'it',
  'pt',
  'nl',
  'sv',
  'pl',
  'zh',
  'ko',
  'ar',
  'hi',
  'th',
  'vi',
  'id',
];

/** "Japanese (ja)" in the panel's language; the bare tag where the browser has no name for it. */
export function languageName(tag: string, locale: string): string {
  try {
    const name = new Intl.DisplayNames([locale], { type: 'language' }).of(tag);
    return name === undefined || name === tag ? tag : `${name} (${tag})`;
  } catch {
    return tag;
  }
}
