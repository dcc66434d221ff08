import type { RuleField } from '../../../../shared/contracts';
import type { BlockRenderers } from '../../compose';

/** A content type as publish rules see it. */
export interface EntryType {
  uid: string;
  /** Display name. */
  name: string;
  /** Without it, an entry counts as published when it is created. */
  draftAndPublish: boolean;
  localized: boolean;
  /** Locale of the i18n plugin that people without a language get; null when not localised. */
  defaultLocale: string | null;
  fields: RuleField[];
  /** Names of fields that cannot be used. */
  leftOut: string[];
  /** The field that names an entry. */
  titleField: string | null;
  /** The project's own renderers for blocks, by the block's `type`. */
  renderers: BlockRenderers;
  /** The project's own way to make a mail of such an entry; null: the rule's mapping. */
  render: EntryRenderer | null;
}

/** What an entry renderer makes; what it leaves out comes from the rule's mapping. */
export interface RenderedEntry {
  /** One line of text. */
  subject?: string;
  /** One line of text. */
  preheader?: string;
  /** HTML for a mail, put into the template as it is. */
  body?: string;
}

/**
 * Synchronous: what it needs is loaded with the entry. Braces in what it gives are text, never Handlebars.
 * @param about.locale of the entry; null when its content type is not localised
 * @param about.baseUrl where the addresses of media start, without a slash at the end
 */
export type EntryRenderer = (
  entry: Entry,
  about: { locale: string | null; baseUrl: string },
) => RenderedEntry;

/** An entry with components, media and to-one relations filled in. */
export type Entry = Record<string, unknown> & { documentId: string };

/** How the room gets at entries, which live in Strapi. */
export interface Entries {
  /** Null when there is no such content type, or none whose entries could become newsletters. */
  type(uid: string): Promise<EntryType | null>;
  /** Null when it does not exist in this locale and status. `locale` null: the entry is not localised. */
  load(request: {
    uid: string;
    documentId: string;
    locale: string | null;
    status: 'published' | 'draft';
  }): Promise<Entry | null>;
}

/** The value at a path of at most three steps; undefined when any step of it is missing. */
export function readPath(entry: Entry, path: string): unknown {
  let value: unknown = entry;
  for (const step of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

export const fieldAt = (type: EntryType, path: string): RuleField | undefined =>
  type.fields.find((field) => field.path === path);

/** What an entry is called in lists: its title field, or its documentId. */
export function titleOf(type: EntryType, entry: Entry): string {
  const title = type.titleField === null ? null : readPath(entry, type.titleField);
  return (typeof title === 'string' || typeof title === 'number') && String(title).trim() !== ''
    ? String(title)
    : entry.documentId;
}

/** Neither null nor an empty text or list; false and 0 are set. */
export const isSet = (value: unknown): boolean =>
  value !== null && value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0);
