import type { Entries, Entry, EntryType } from '../../../server/src/campaign';
import type { RuleField } from '../../../shared/contracts';
import { ruleInputSchema, type RuleFields, type RuleInput } from '../../../shared/contracts';

const field = (path: string, kind: RuleField['kind']): RuleField => ({
  path,
  kind,
  localized: false,
  values: null,
});

export const ARTICLE: EntryType = {
  uid: 'api::article.article',
  name: 'Article',
  draftAndPublish: true,
  localized: true,
  defaultLocale: 'en',
  fields: [
    field('title', 'text'),
    field('slug', 'text'),
    field('summary', 'text'),
    field('body', 'blocks'),
    field('notes', 'markdown'),
    field('cover', 'media'),
    field('featured', 'boolean'),
    field('seo.metaTitle', 'text'),
    field('author', 'relation'),
    field('author.name', 'text'),
    field('tags', 'relation'),
    field('extra', 'other'),
  ],
  leftOut: ['sections'],
  titleField: 'title',
  renderers: {},
  render: null,
};

export const article = (fields: Record<string, unknown> = {}): Entry => ({
  documentId: 'article00001',
  title: 'Spring menu',
  slug: 'spring-menu',
  publishedAt: '2026-03-01T09:00:00.000Z',
  ...fields,
});

export const ruleFields = (input: Partial<RuleInput> = {}): RuleFields =>
  ruleInputSchema.parse({
    name: 'Articles',
    contentType: ARTICLE.uid,
    mapping: { body: [{ field: 'summary' }] },
    ...input,
  });

/** Published entries by documentId and locale. */
export class Shelf implements Entries {
  readonly published = new Map<string, Entry>();

  put(entry: Entry, locale: string | null = 'en'): Entry {
    this.published.set(`${entry.documentId} ${locale ?? ''}`, entry);
    return entry;
  }

  type(uid: string): Promise<EntryType | null> {
    return Promise.resolve(uid === ARTICLE.uid ? ARTICLE : null);
  }

  load({ documentId, locale }: { documentId: string; locale: string | null }): Promise<Entry | null> {
    return Promise.resolve(this.published.get(`${documentId} ${locale ?? ''}`) ?? null);
  }
}
