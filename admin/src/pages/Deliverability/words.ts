import type {
  FeedbackKind,
  FeedbackOutcome,
  FeedbackSourceDto,
  SuppressionReason,
} from '../../../../shared/contracts';
import type { Text } from '../../components/useText';
import { en, type TextKey } from '../../translations';

/** The contract's lists again, since importing those would put its validation library into the panel's bundle. */
export const REASONS = [
  'hard-bounce',
  'soft-bounces',
  'complaint',
  'unsubscribed',
  'manual',
  'hygiene',
  'sunset',
  'erased',
] as const satisfies readonly SuppressionReason[];

export const RESULTS = [
  'held',
  'unmatched',
  'applied',
  'duplicate',
  'ignored',
  'discarded',
] as const satisfies readonly FeedbackOutcome[];

export const KINDS = [
  'bounce',
  'complaint',
  'delayed',
  'delivered',
  'unsubscribe',
  'auto-reply',
  'not-spam',
] as const satisfies readonly FeedbackKind[];

type Tone = 'success' | 'primary' | 'danger' | 'warning' | 'neutral' | 'secondary';

export const REASON_TONES: Record<SuppressionReason, Tone> = {
  'hard-bounce': 'warning',
  'soft-bounces': 'warning',
  complaint: 'danger',
  unsubscribed: 'neutral',
  manual: 'secondary',
  hygiene: 'neutral',
  sunset: 'neutral',
  erased: 'neutral',
};

export const RESULT_TONES: Record<FeedbackOutcome, Tone> = {
  applied: 'success',
  duplicate: 'neutral',
  unmatched: 'warning',
  held: 'warning',
  ignored: 'neutral',
  discarded: 'neutral',
};

export const SOURCE_TONES: Record<FeedbackSourceDto['state'], Tone> = {
  ok: 'success',
  failing: 'danger',
  refusing: 'warning',
  silent: 'neutral',
  stopped: 'danger',
};

/** A word that the server stores, in the panel's language where we have it; as it is otherwise: no row loses its reason. */
export function wordText(t: Text, area: string, word: string): string {
  const key = `deliverability.${area}.${word}`;
  return key in en ? t(key as TextKey) : word;
}
