import MarkdownIt from 'markdown-it';
import { cleanValue, collapse, escapeHtml, oneLine } from '../escape';
import { scanHtml } from '../html';
import type { Bases } from './address';
import { INLINE } from './allowed';
import { blocksToHtml, type BlockRenderers } from './blocks';
import { mediaToHtml } from './media';
import { emailHtml } from './sanitise';

/** How the value of an entry's field is read. `media`: a file or several of the upload plugin. */
export type ContentKind = 'blocks' | 'markdown' | 'html' | 'text' | 'media';

export interface ContentOptions extends Bases {
  /** Renderers for blocks of the project's own, by their `type`; they also replace those of Strapi's types. */
  renderers?: BlockRenderers;
  /** Told, as an English sentence, about each kind of thing that a mail cannot show or that will not last. */
  note?: (sentence: string) => void;
}

/** As Content Manager's preview of rich text: line breaks count, bare addresses become links, HTML is allowed. */
const markdown = new MarkdownIt({ html: true, linkify: true, breaks: true });

/**
 * The value of an entry's field as HTML for the body of a newsletter: safe, with absolute links and images, and without
 * anything that Handlebars would run. Empty for nothing, and for a value that is not of the kind.
 */
export function entryToHtml(value: unknown, kind: ContentKind, options: ContentOptions): string {
  const said = new Set<string>();
  const note = (sentence: string) => {
    if (!said.has(sentence)) options.note?.(sentence);
    said.add(sentence);
  };
  return emailHtml(sourceHtml(value, kind, options.renderers ?? {}), options, note);
}

/** The value of a field as one line of plain text, as subjects and preheaders need it: put it through `inertSource`. */
export function entryToText(value: unknown, kind: ContentKind): string {
  if (kind === 'text') return oneLine(scalarText(value));
  const html = emailHtml(sourceHtml(value, kind, {}), { baseUrl: 'https://localhost' }, () => undefined);
  return oneLine(visibleText(html));
}

function sourceHtml(value: unknown, kind: ContentKind, renderers: BlockRenderers): string {
  switch (kind) {
    case 'blocks':
      return blocksToHtml(value, renderers);
    case 'media':
      return mediaToHtml(value);
    case 'markdown':
      return markdown.render(scalarText(value).slice(0, MAX_MARKDOWN));
    case 'html':
      return scalarText(value);
    case 'text':
      return paragraphs(scalarText(value));
  }
}

/** Characters of Markdown at most: its parser takes time that grows faster than the text. */
const MAX_MARKDOWN = 300_000;

const scalarText = (value: unknown): string =>
  typeof value === 'object' && value !== null && !(value instanceof Date) ? '' : cleanValue(value);

/** Blank lines part paragraphs, single line breaks stay. */
function paragraphs(text: string): string {
  return text
    .split(/\n[ \t]*\n/)
    .map((part) => part.replace(/^\n+|\s+$/g, ''))
    .filter((part) => part !== '')
    .map((part) => `<p>${escapeHtml(part).replaceAll('\n', '<br>')}</p>`)
    .join('\n');
}

/** Text as a reader sees it: blocks and line breaks part words, other elements do not, readings in brackets are left out. */
function visibleText(html: string): string {
  let text = '';
  scanHtml(html, {
    open: ({ name }) => {
      if (name === 'br' || !INLINE.has(name)) text += ' ';
    },
    close: ({ name }) => {
      if (name === 'br' || !INLINE.has(name)) text += ' ';
    },
    text: (part, _range, inside) => {
      if (inside?.name !== 'rt' && inside?.name !== 'rp') text += part;
    },
  });
  return collapse(text);
}
