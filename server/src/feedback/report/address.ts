/** Longest address that is read: RFC 5321 §4.5.3.1 allows 64 + 1 + 255, carriers and tests go a little beyond. */
const MAX = 320;
const LOCAL = `(?:"[^"\\r\\n]{1,64}"|[^\\s<>()\\[\\],;:"@\\\\]{1,128})`;
// ASCII first: in many languages a text goes on right behind an address
const DOMAIN = `(?:[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,250}[A-Za-z0-9])?|[\\u0080-\\uffff](?:[A-Za-z0-9_.\\u0080-\\uffff-]{0,250}[A-Za-z0-9\\u0080-\\uffff])?|\\[[0-9a-fA-F.:]{2,60}\\])`;
/** An address, as part of a larger pattern. */
export const ADDRESS = `${LOCAL}@${DOMAIN}`;
const ANY = new RegExp(ADDRESS, 'g');
const FIRST = new RegExp(ADDRESS);
const WHOLE = new RegExp(`^${ADDRESS}$`);

/** Addresses in a text, in order, each once; at most `limit`. */
export function addressesIn(text: string, limit = 100): string[] {
  const found = new Set<string>();
  for (const match of text.slice(0, 64 * 1024).matchAll(ANY)) {
    if (match[0].length <= MAX) found.add(clean(match[0]));
    if (found.size >= limit) break;
  }
  return [...found];
}

/** The first address in a text such as `rfc822; <a@b>` or `"Name" <a@b>`; what stands in angle brackets wins. */
export function firstAddress(text: string | undefined): string | null {
  if (!text) return null;
  const line = text.slice(0, 2000);
  const inBrackets = /<([^<>\s]{1,320})>/.exec(line)?.[1];
  if (inBrackets && WHOLE.test(inBrackets)) return clean(inBrackets);
  const match = FIRST.exec(line);
  return match && match[0].length <= MAX ? clean(match[0]) : null;
}

const clean = (address: string) => address.replace(/^['`]+|['`]+$/g, '').replace(/^mailto:/i, '');

export const domainOf = (address: string | null): string | null =>
  address?.slice(address.lastIndexOf('@') + 1).toLowerCase() || null;
