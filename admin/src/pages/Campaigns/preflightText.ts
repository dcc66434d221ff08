import type { PreflightItem } from '../../../../shared/contracts';
import type { Text } from '../../components/useText';
import { BASE_PATH } from '../../pluginId';
import { en, type TextKey } from '../../translations';

const IN_SENDERS = ['no-brand-name', 'no-postal-address'];
const IN_DELIVERY = [
  'dkim-key',
  'no-transport',
  'public-url',
  'sender-domain',
  'unknown-transport',
  'unsigned-direct',
  'ehlo-name',
];

/** The page on which a finding is mended. */
export function preflightTarget(item: PreflightItem, campaignId: string): string {
  if (IN_SENDERS.includes(item.id)) return '/settings/newsletter/senders';
  if (IN_DELIVERY.includes(item.id)) return '/settings/newsletter/delivery';
  const part = item.id === 'no-recipients' || item.id.startsWith('segment-') ? 'audience' : 'content';
  return `${BASE_PATH}/campaigns/${campaignId}/${part}`;
}

/** A finding in the panel's language; the server's English sentence for one that we have no text for. */
export function preflightText(item: PreflightItem, t: Text): string {
  const key = `campaigns.preflight.${item.id}`;
  if (!(key in en)) return item.message;
  // "none" chooses the wording for a finding that names no transport or language.
  return t(key as TextKey, {
    transport: 'none',
    language: 'none',
    ...item.values,
    place: placeText(item, t),
  });
}

/** `template`, or what the server calls `body (en)`: named in the panel's language. */
function placeText({ values }: PreflightItem, t: Text): string {
  const place = String(values.place ?? values.where ?? '');
  const [, name = '', inPlace] = /^(\w+)(?: \((.+)\))?$/.exec(place) ?? [];
  const key = `campaigns.place.${name}`;
  return key in en ? t(key as TextKey, { language: inPlace ?? values.language ?? '' }) : place;
}
