import { addressDomain } from '../../../../shared/address';

/** A–Z as a–z and nothing else: all that SQLite, PostgreSQL, MySQL and JavaScript agree on. */
export const fold = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/**
 * A whole domain as addresses keep it: in A-label form, whether it was typed as `例え.jp`, `@例え.jp` or `xn--r8jz45g.jp`.
 * A part of a domain stays as it is.
 */
export function wholeDomain(text: string): string {
  const domain = text.startsWith('@') ? text.slice(1) : text;
  return addressDomain(`someone@${domain}`) ?? fold(domain);
}
