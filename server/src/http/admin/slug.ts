/**
 * A slug made from a name: a–z, 0–9 and single hyphens, at most 100 characters; "list" when the name has none of
 * them (Japanese, say). Numbered when it is taken.
 * @param taken gives the taken slugs that start with a text
 */
export async function freeSlug(
  name: string,
  taken: (start: string) => Promise<Set<string>>,
): Promise<string> {
  const base = slugOf(name) || 'list';
  const used = await taken(base);
  for (let number = 1; ; number++) {
    const slug = number === 1 ? base : `${base}-${number}`;
    if (!used.has(slug)) return slug;
  }
}

function slugOf(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 90)
    .replace(/^-+|-+$/g, '');
}
