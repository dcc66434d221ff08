import type { Knex } from 'knex';
import { listsById, listsBySlug, publicLists, type ListFacts } from '../storage';
import { AudienceError } from './errors';

/**
 * The lists that somebody signs up for: the named ones, else the default list, else the only public one. Private
 * lists are not open to the public and answered as if they did not exist.
 * @throws AudienceError unknown-list, no-list
 */
export async function wantedLists(db: Knex, slugs: readonly string[] | undefined): Promise<ListFacts[]> {
  if (!slugs || slugs.length === 0) return [await listForEveryone(db)];
  const wanted = [...new Set(slugs)];
  const found = (await listsBySlug(db, wanted)).filter((list) => list.public && wanted.includes(list.slug));
  const missing = wanted.filter((slug) => !found.some((list) => list.slug === slug));
  if (missing.length > 0) {
    throw new AudienceError('unknown-list', 400, `There is no public list "${missing.join('", "')}".`);
  }
  return found;
}

async function listForEveryone(db: Knex): Promise<ListFacts> {
  const open = await publicLists(db);
  const list = open.find(({ isDefault }) => isDefault) ?? (open.length === 1 ? open[0] : undefined);
  if (list) return list;
  throw new AudienceError(
    'no-list',
    400,
    open.length === 0
      ? 'There is no public list to subscribe to.'
      : 'Say in "lists" which list to subscribe to: there are several and none is the default.',
  );
}

/**
 * The lists with these documentIds.
 * @throws AudienceError unknown-list
 */
export async function knownLists(db: Knex, documentIds: readonly string[]): Promise<ListFacts[]> {
  const wanted = [...new Set(documentIds)];
  const found = await listsById(db, wanted);
  const missing = wanted.filter((id) => !found.some((list) => list.documentId === id));
  if (missing.length > 0) {
    throw new AudienceError('unknown-list', 400, `There is no list with the id "${missing.join('", "')}".`);
  }
  return found;
}
