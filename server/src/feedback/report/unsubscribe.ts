import type { Fields } from './fields';

/** RFC 2369 and RFC 8058: what people's mail programs send to the mailto of List-Unsubscribe. */
export function isUnsubscribe(fields: Fields, subject: string, text: string): boolean {
  if (fields.get('x-apple-unsubscribe')?.trim().toLowerCase() === 'true') return true;
  if (/^\s*(?:unsubscribe|配信停止|購読解除)\b/i.test(subject)) return true;
  return /^\s*Apple Mail sent this email to unsubscribe/i.test(text);
}
