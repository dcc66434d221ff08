import { en, type TextKey } from '../translations';
import type { Text } from './useText';

/** What a reason class means for the sender, in a sentence; null for words that are no class, such as why somebody was skipped. */
export function classSentence(word: string, t: Text): string | null {
  const key = `reasons.class.${word}`;
  return key in en ? t(key as TextKey) : null;
}

/** hard, soft, block, none in words. */
export function severityText(severity: string, t: Text): string {
  const key = `reasons.severity.${severity}`;
  return key in en ? t(key as TextKey) : severity;
}
