import type { HygieneFinding } from '../../../../../shared/contracts';
import type { Text } from '../../../components/useText';
import { en, type TextKey } from '../../../translations';

/** Why something was found, as a text. */
export function detailText(t: Text, { kind, detail }: Pick<HygieneFinding, 'kind' | 'detail'>): string {
  if (detail === null) return '–';
  if (kind === 'typo') return t('hygiene.detail.typo', { domain: detail });
  if (kind === 'duplicate') return t('hygiene.detail.duplicate', { email: detail });
  const key = `hygiene.detail.${detail}`;
  return key in en ? t(key as TextKey) : detail;
}
