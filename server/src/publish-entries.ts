import type { Core, Struct } from '@strapi/strapi';
import type { RuleContentTypes, RuleField, RuleFieldKind } from '../../shared/contracts';
import type { Entries, Entry, EntryRenderer, EntryType } from './campaign';
import type { BlockRenderer } from './compose';

type Attribute = Struct.SchemaAttributes[string] & Record<string, unknown>;
/** As the document service takes it. */
export type Populate = Record<string, unknown>;

/** What of a schema rules can use, and what to load for it. */
interface Shape {
  fields: RuleField[];
  leftOut: string[];
  populate: Populate;
}

/** Accounts, files and plugins' own records are no articles. */
const CLOSED =
  /^(admin::|strapi::|plugin::(newsletter|upload|users-permissions|i18n|content-releases|review-workflows)\.)/;
/** Steps of a field path, as `fieldPathSchema` takes them. */
const DEPTH = 3;
const OWN_OF_STRAPI = new Set(['createdAt', 'updatedAt', 'publishedAt', 'locale', 'localizations']);
const TITLES = ['title', 'name', 'headline', 'heading', 'label', 'subject'];

/** An admin's abilities, as Strapi puts them into `ctx.state.userAbility`. */
export type Ability = object;

/** Entries, and what the panel's pages about them ask of Strapi. */
export interface EntrySource extends Entries {
  /**
   * Renders blocks of the project's own (or Strapi's, anew) in newsletters made from entries. The last one for a type
   * counts. What it gives is cleaned for mails; when it throws, the newsletter fails with its message.
   */
  registerRenderer(type: string, render: BlockRenderer): void;
  /**
   * Lets the project's own code make mails of the entries of a content type. The last one for a type counts.
   * @param options.populate loaded with the entry, beside what mappings can use; as the document service takes it
   */
  registerEntryRenderer(uid: string, options: { populate?: Populate; render: EntryRenderer }): void;
  /** Content types whose entries can become newsletters, by name. */
  types(): Promise<EntryType[]>;
  /** Of the i18n plugin. */
  locales(): Promise<RuleContentTypes['locales']>;
  /** The entry that was published last. */
  newest(uid: string): Promise<{ documentId: string; locale: string | null } | null>;
  /** The locales in which a document exists; empty when there is none. */
  versions(uid: string, documentId: string): Promise<{ locale: string | null; published: boolean }[]>;
  /** Whether Content Manager lets this admin read the content type, or this entry of it. */
  mayRead(ability: Ability, uid: string, entry?: Entry): boolean;
  /** The entry without the fields that this admin may not read. */
  readable(ability: Ability, uid: string, entry: Entry): Promise<Entry>;
}

/** Gives the publish rules access to this Strapi's entries, through the document service. */
export function createEntries(strapi: Core.Strapi): EntrySource {
  const shapes = new Map<string, Shape>();
  const renderers: Record<string, BlockRenderer> = {};
  const entryRenderers = new Map<string, { populate?: Populate; render: EntryRenderer }>();
  const shapeOf = (uid: string): Shape => {
    const known = shapes.get(uid) ?? shape(strapi, schemaOf(strapi, uid)!.attributes);
    shapes.set(uid, known);
    return known;
  };

  const checker = (userAbility: Ability, model: string) =>
    strapi.plugin('content-manager').service<CheckerService>('permission-checker').create({
      userAbility,
      model,
    });

  const entries: EntrySource = {
    async type(uid) {
      const schema = schemaOf(strapi, uid);
      if (!schema) return null;
      const { fields, leftOut } = shapeOf(uid);
      const localized = isLocalized(schema);
      return {
        uid,
        name: schema.info.displayName,
        draftAndPublish: schema.options?.draftAndPublish === true,
        localized,
        defaultLocale: localized ? await defaultLocale(strapi) : null,
        fields,
        leftOut,
        titleField: titleField(fields),
        renderers,
        render: entryRenderers.get(uid)?.render ?? null,
      } satisfies EntryType;
    },

    async load({ uid, documentId, locale, status }) {
      if (!schemaOf(strapi, uid)) return null;
      const params = {
        documentId,
        status,
        populate: { ...shapeOf(uid).populate, ...entryRenderers.get(uid)?.populate },
        ...(locale === null ? {} : { locale }),
      };
      return (await documents(strapi, uid).findOne(params)) as Entry | null;
    },

    registerRenderer(type, render) {
      renderers[type] = render;
    },

    registerEntryRenderer(uid, options) {
      entryRenderers.set(uid, options);
    },

    async types() {
      const uids = Object.keys(strapi.contentTypes).filter((uid) => schemaOf(strapi, uid) !== null);
      const types = await Promise.all(uids.map((uid) => entries.type(uid)));
      return types.filter((type) => type !== null).sort((a, b) => a.name.localeCompare(b.name));
    },

    async locales() {
      const all = (await localeService(strapi)?.find()) ?? [];
      const main = await defaultLocale(strapi);
      return all.map(({ code, name }) => ({ code, name: name ?? code, isDefault: code === main }));
    },

    async newest(uid) {
      const row = (await strapi.db.query(uid).findOne({
        where: { publishedAt: { $notNull: true } },
        orderBy: [{ publishedAt: 'desc' }, { id: 'desc' }],
        select: ['documentId', 'locale'],
      })) as { documentId: string; locale: string | null } | null;
      return (
        row && { documentId: row.documentId, locale: isLocalized(schemaOf(strapi, uid)!) ? row.locale : null }
      );
    },

    async versions(uid, documentId) {
      const rows = (await strapi.db.query(uid).findMany({
        where: { documentId },
        orderBy: { id: 'asc' },
        select: ['locale', 'publishedAt'],
      })) as { locale: string | null; publishedAt: unknown }[];
      const published = new Map<string | null, boolean>();
      const localized = isLocalized(schemaOf(strapi, uid)!);
      for (const { locale: own, publishedAt } of rows) {
        const locale = localized ? own : null;
        published.set(locale, published.get(locale) === true || publishedAt !== null);
      }
      return [...published].map(([locale, isPublished]) => ({ locale, published: isPublished }));
    },

    mayRead: (ability, uid, entry) => checker(ability, uid).can.read(entry),

    async readable(ability, uid, entry) {
      const shown = await checker(ability, uid).sanitizeOutput(entry);
      return { ...shown, documentId: entry.documentId };
    },
  };
  return entries;
}

interface CheckerService {
  create(options: { userAbility: Ability; model: string }): {
    can: { read(entry?: Entry): boolean };
    sanitizeOutput(entry: Entry): Promise<Entry>;
  };
}

interface LocaleService {
  find(): Promise<{ code: string; name?: string | null }[]>;
  getDefaultLocale(): Promise<string | null>;
}

export const isEntryType = (strapi: Core.Strapi, uid: string): boolean => schemaOf(strapi, uid) !== null;

function schemaOf(strapi: Core.Strapi, uid: string): Struct.ContentTypeSchema | null {
  if (CLOSED.test(uid)) return null;
  const schema = (strapi.contentTypes as Record<string, Struct.ContentTypeSchema | undefined>)[uid];
  const options = schema?.pluginOptions as { 'content-manager'?: { visible?: boolean } } | undefined;
  return schema && options?.['content-manager']?.visible !== false ? schema : null;
}

const isLocalized = (holder: { pluginOptions?: unknown }): boolean =>
  (holder.pluginOptions as { i18n?: { localized?: boolean } } | undefined)?.i18n?.localized === true;

const documents = (strapi: Core.Strapi, uid: string) =>
  strapi.documents(uid as 'api::_._' as never) as unknown as {
    findOne(params: object): Promise<Record<string, unknown> | null>;
  };

const localeService = (strapi: Core.Strapi) =>
  strapi.plugin('i18n')?.service('locales') as LocaleService | undefined;

const defaultLocale = async (strapi: Core.Strapi): Promise<string | null> =>
  (await localeService(strapi)?.getDefaultLocale()) ?? null;

function titleField(fields: readonly RuleField[]): string | null {
  const texts = fields.filter(
    (field) => field.kind === 'text' && field.values === null && !field.path.includes('.'),
  );
  const known = TITLES.find((title) => texts.some(({ path }) => path === title));
  return known ?? texts[0]?.path ?? null;
}

function shape(strapi: Core.Strapi, attributes: Record<string, Attribute>, prefix = ''): Shape {
  const found: Shape = { fields: [], leftOut: [], populate: {} };
  const depth = prefix.split('.').length;
  for (const [name, attribute] of Object.entries(attributes)) {
    if (OWN_OF_STRAPI.has(name)) continue;
    const path = prefix + name;
    const localized = isLocalized(attribute);
    const kind = kindOf(attribute);
    if (kind !== null) {
      if (kind === 'media') found.populate[name] = true;
      const values = Array.isArray(attribute.enum) ? attribute.enum.map(String) : null;
      found.fields.push({ path, kind, localized, values });
    } else if (attribute.type === 'component' && attribute.repeatable !== true) {
      const component = strapi.components[attribute.component as never] as { attributes: never } | undefined;
      const inner = component && depth < DEPTH ? shape(strapi, component.attributes, `${path}.`) : null;
      if (!inner) continue;
      found.fields.push(...inner.fields);
      found.leftOut.push(...inner.leftOut);
      found.populate[name] = { populate: inner.populate };
    } else if (attribute.type === 'relation') {
      relate(strapi, found, { name, path, localized, depth, attribute });
    } else if (attribute.type === 'component' || attribute.type === 'dynamiczone') {
      found.leftOut.push(path);
    }
  }
  return found;
}

/** A relation and, of a to-one relation, the texts on its other side. Accounts are not shown: their data are private. */
function relate(
  strapi: Core.Strapi,
  found: Shape,
  {
    name,
    path,
    localized,
    depth,
    attribute,
  }: {
    name: string;
    path: string;
    localized: boolean;
    depth: number;
    attribute: Attribute;
  },
): void {
  const schema = typeof attribute.target === 'string' ? schemaOf(strapi, attribute.target) : null;
  if (!schema) return;
  found.fields.push({ path, kind: 'relation', localized, values: null });
  const toOne = attribute.relation === 'oneToOne' || attribute.relation === 'manyToOne';
  const texts = Object.entries(schema.attributes as Record<string, Attribute>).filter(
    ([, inner]) => kindOf(inner) === 'text',
  );
  if (toOne && depth < DEPTH) {
    for (const [inner] of texts)
      found.fields.push({ path: `${path}.${inner}`, kind: 'text', localized, values: null });
  }
  found.populate[name] = { fields: ['documentId', ...(toOne ? texts.map(([inner]) => inner) : [])] };
}

/** What a scalar or media field is; null for what has fields of its own, and for secrets. */
function kindOf(attribute: Attribute): RuleFieldKind | null {
  const custom = typeof attribute.customField === 'string' ? attribute.customField : '';
  switch (attribute.type) {
    case 'string':
    case 'text':
    case 'richtext':
      if (/ckeditor|tinymce|tiptap|wysiwyg|html/i.test(custom)) return 'html';
      return attribute.type === 'richtext' ? 'markdown' : 'text';
    case 'email':
    case 'uid':
    case 'enumeration':
      return 'text';
    case 'blocks':
    case 'media':
    case 'boolean':
      return attribute.type;
    case 'integer':
    case 'biginteger':
    case 'float':
    case 'decimal':
      return 'number';
    case 'date':
    case 'datetime':
    case 'time':
    case 'timestamp':
      return 'date';
    case 'json':
      return 'other';
    default:
      return null;
  }
}
