import type { PreflightItem } from '../../../../shared/contracts';
import type { Text } from '../../components/useText';
import { en, type TextKey } from '../../translations';

/** The part of the editor in which a finding is mended. */
export function partOf(item: PreflightItem): 'content' | 'audience' | 'review' {
  if (/recipient|audience|list/.test(item.id)) return 'audience';
  if (/url|transport|pace|queue/.test(item.id)) return 'review';
  return 'content';
}

/** A finding in the panel's language; the server's English sentence for one that we have no text for. */
export function preflightText(item: PreflightItem, t: Text): string {
  const key = `campaigns.preflight.${item.id}`;
  return key in en ? t(key as TextKey, item.values) : item.message;
}
