import type { Text } from '../../../components/useText';
import { en, type TextKey } from '../../../translations';

/** A reason class in words; the class itself for one that we have no words for. */
export function reasonText(reason: string, t: Text): string {
  const key = `campaigns.reason.${reason}`;
  return key in en ? t(key as TextKey) : reason;
}
