import type { StateCause } from '../../../shared/contracts';
import { en, type TextKey } from '../translations';
import type { Text } from './useText';

/** Why a campaign is where it is, in the panel's language; the server's English sentence for a cause that we have no text for. */
export function stateReason(
  { stateReason: sentence, stateCause }: { stateReason: string | null; stateCause: StateCause | null },
  t: Text,
): string | null {
  const key = `campaigns.cause.${stateCause?.id}`;
  return stateCause !== null && key in en ? t(key as TextKey, stateCause.values) : sentence;
}
