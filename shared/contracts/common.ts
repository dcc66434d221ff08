import { z } from 'zod';
import { emailKey } from '../address';

/** An address that SMTP can carry, as typed (trimmed). */
export const emailSchema = z
  .string()
  .trim()
  .max(320)
  .refine((value) => emailKey(value) !== null, 'is not an email address');

/** Languages in which the public pages and system mails exist; a subscriber may have any BCP 47 tag. */
export const PAGE_LANGUAGES = ['en', 'ja'] as const;
export type PageLanguage = (typeof PAGE_LANGUAGES)[number];

/** RFC 5646 §4.4.1: 35 characters take every tag that is in use; deliveries keep no more. */
export const languageTagSchema = z
  .string()
  .max(35)
  .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'is not a language tag such as en or ja');

export const timezoneSchema = z.string().refine(isTimezone, 'is not an IANA time zone such as Asia/Tokyo');

export function isTimezone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

export const documentIdSchema = z.string().regex(/^[a-z0-9]{8,32}$/);

/** Text that goes into a mail header: one line (no header injection), at most 998 octets with its name. */
export const headerTextSchema = z
  .string()
  .max(800)
  // eslint-disable-next-line no-control-regex
  .regex(/^[^\u0000-\u001f\u007f]*$/, 'must be one line');

export const pageQuerySchema = z.object({
  page: z.coerce.number().int().min(1).default(1),
  pageSize: z.coerce.number().int().min(1).max(100).default(20),
});

/** Every list of the admin API answers in this shape. */
export interface Paged<T> {
  results: T[];
  pagination: { page: number; pageSize: number; pageCount: number; total: number };
}
