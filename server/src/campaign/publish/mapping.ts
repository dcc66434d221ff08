import { languageTagSchema, type RuleFields, type RuleMapping } from '../../../../shared/contracts';
import {
  entryToHtml,
  entryToText,
  escapeHtml,
  inertSource,
  type ContentKind,
  type ContentOptions,
} from '../../compose';
import { PublishError } from './errors';
import { fieldAt, isSet, readPath, type Entry, type EntryType, type RenderedEntry } from './entries';

/** What a mapping makes of an entry: Handlebars sources in which nothing of the entry can run. */
export interface MappedEntry {
  subject: string;
  preheader: string;
  body: string;
  link: string | null;
  /** What is empty or was left out: English sentences. */
  notes: string[];
}

/** What `headerTextSchema` takes. */
const HEADER_LENGTH = 800;
/** Characters of each field in it, the most that fit. */
const VALUE_LENGTHS = [400, 200, 100, 50, 0];
const PLACEHOLDER = /\{\{\s*entry\.([A-Za-z][\w-]*(?:\.[A-Za-z][\w-]*)*)\s*\}\}/g;
const LINK_PLACEHOLDER = /\{([A-Za-z][\w-]*(?:\.[A-Za-z][\w-]*)*)\}/g;

interface Job {
  type: EntryType;
  entry: Entry;
  locale: string | null;
  /** Where the addresses of media start. */
  baseUrl: string;
}

/**
 * Fills a mapping from an entry. What cannot be used becomes a note.
 * @throws PublishError when a renderer of the project's own fails
 */
export function mapEntry(mapping: RuleMapping, job: Job): MappedEntry {
  const notes: string[] = [];
  const own = renderedByProject(job);
  const subject = own.subject ?? fillText(mapping.subject, job, notes);
  if (subject === '') notes.push('The subject is empty, since the fields that it takes are.');
  const link = fillLink(mapping.link, job, notes);
  return {
    subject,
    preheader: own.preheader ?? fillText(mapping.preheader, job, notes),
    body: own.body ?? bodyOf(mapping, job, link, notes),
    link,
    notes: [...new Set(notes)],
  };
}

/** What the project's own renderer makes of the entry, as Handlebars source in which nothing runs. */
function renderedByProject({ type, entry, locale, baseUrl }: Job): RenderedEntry {
  if (!type.render) return {};
  let made: unknown;
  try {
    made = type.render(entry, { locale, baseUrl });
  } catch (error) {
    throw rendererFailed(type, (error as Error).message);
  }
  const { subject, preheader, body } = (made ?? {}) as Record<string, unknown>;
  for (const part of [subject, preheader, body]) {
    if (part !== undefined && typeof part !== 'string')
      throw rendererFailed(type, `it gave ${typeof part} where a text was expected`);
  }
  const line = (text: unknown) =>
    typeof text === 'string' ? inertSource(entryToText(text, 'text').slice(0, VALUE_LENGTHS[0])) : undefined;
  return defined({
    subject: line(subject),
    preheader: line(preheader),
    body: typeof body === 'string' ? body.replaceAll('{{', '&#123;&#123;') : undefined,
  });
}

const rendererFailed = (type: EntryType, reason: string) =>
  new PublishError(
    'rule-broken',
    400,
    `The project's own renderer of ${type.name} failed: ${reason}. Ask your developer.`,
  );

const defined = (parts: { [K in keyof RenderedEntry]: RenderedEntry[K] | undefined }): RenderedEntry =>
  Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));

/** The language of the campaign that an entry of this locale makes. */
export function languageFor(
  rule: Pick<RuleFields, 'languages' | 'defaultLanguage'>,
  locale: string | null,
): string {
  if (locale === null) return rule.defaultLanguage;
  const language = rule.languages[locale] ?? locale;
  return languageTagSchema.safeParse(language).success ? language : rule.defaultLanguage;
}

/** Fields that a mapping names, for checks and hints. */
export function fieldsOf(mapping: RuleMapping): string[] {
  const texts = [mapping.subject, mapping.preheader, mapping.linkText].flatMap((text) =>
    [...text.matchAll(PLACEHOLDER)].map((match) => match[1]!),
  );
  const inLink = [...mapping.link.matchAll(LINK_PLACEHOLDER)].map((match) => match[1]!);
  const fields = inLink.filter((name) => name !== 'locale');
  return [...new Set([...texts, ...mapping.body.map((part) => part.field), ...fields])];
}

/** Subject or preheader as a Handlebars source in which the fields' texts are inert. */
function fillText(text: string, job: Job, notes: string[]): string {
  for (const length of VALUE_LENGTHS) {
    const filled = text
      .replace(PLACEHOLDER, (_, path: string) => inertSource(textAt(path, job, notes).slice(0, length)))
      .trim();
    if (filled.length <= HEADER_LENGTH || length === 0) return filled;
  }
  return '';
}

/** A field as one line of text. */
function textAt(path: string, { type, entry }: Job, notes: string[]): string {
  const kind = fieldAt(type, path)?.kind;
  if (kind === undefined && path !== 'documentId') {
    notes.push(`"${path}" is not a field of ${type.name} that can be used.`);
    return '';
  }
  const written = kind === 'blocks' || kind === 'markdown' || kind === 'html';
  return entryToText(readPath(entry, path), written ? kind : 'text');
}

function fillLink(pattern: string, { entry, locale, type }: Job, notes: string[]): string | null {
  if (pattern === '') return null;
  let complete = true;
  const address = pattern.replace(LINK_PLACEHOLDER, (_, path: string) => {
    const value = path === 'locale' ? (locale ?? undefined) : readPath(entry, path);
    if (typeof value === 'string' || typeof value === 'number') {
      // A path such as docs/start stays a path.
      if (value !== '') return String(value).split('/').map(encodeURIComponent).join('/');
    }
    complete = false;
    notes.push(`The link was left out: "${path}" of this ${type.name} is empty.`);
    return '';
  });
  return complete && URL.canParse(address) ? new URL(address).href : null;
}

function bodyOf(mapping: RuleMapping, job: Job, link: string | null, notes: string[]): string {
  const options = {
    baseUrl: job.baseUrl,
    siteUrl: link,
    renderers: job.type.renderers,
    note: (sentence: string) => void notes.push(sentence),
  };
  const parts = mapping.body.map((part) => bodyPart(part, job, options, notes));
  if (link !== null && mapping.linkText !== '') {
    const text = mapping.linkText.replace(PLACEHOLDER, (_, path: string) => textAt(path, job, notes));
    parts.push(entryToHtml(`<p><a href="${escapeHtml(link)}">${escapeHtml(text)}</a></p>`, 'html', options));
  }
  return parts.filter((part) => part !== '').join('\n');
}

function bodyPart(
  { field: path, as }: RuleMapping['body'][number],
  { type, entry }: Job,
  options: ContentOptions,
  notes: string[],
): string {
  const field = fieldAt(type, path);
  const kind = as === 'auto' ? field?.kind : as;
  if (!field || !isContentKind(kind)) {
    notes.push(`"${path}" was left out: it is not a field of ${type.name} that can be shown in a mail.`);
    return '';
  }
  const html = isSet(readPath(entry, path)) ? convert(path, readPath(entry, path), kind, options) : '';
  if (html === '') notes.push(`"${path}" was left out: there is nothing in it.`);
  return html;
}

/** @throws PublishError when a renderer of the project's own fails: a mail without its body must not go out */
function convert(path: string, value: unknown, kind: ContentKind, options: ContentOptions): string {
  try {
    return entryToHtml(value, kind, options);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PublishError('rule-broken', 400, `"${path}" could not be turned into HTML: ${reason}`);
  }
}

const CONTENT_KINDS: readonly string[] = [
  'blocks',
  'markdown',
  'html',
  'text',
  'media',
] satisfies ContentKind[];
const isContentKind = (kind: string | undefined): kind is ContentKind =>
  kind !== undefined && CONTENT_KINDS.includes(kind);
