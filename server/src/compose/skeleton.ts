import { inline } from '@css-inline/css-inline';
import { footerBlock, footerHtml, squash } from './footer';
import { applyEdits, scanHtml, type Edit, type HtmlElement, type Range } from './html';
import { cleanHref, isLink, isTrackable, NO_TRACK } from './links';
import { escapeHtml, isSafeUrl } from './escape';
import { findSlots, hasSlot, slotToken } from './slots';
import { htmlToText } from './text';
import type { CampaignSnapshot } from './types';

/** Attributes that hold an address which a click follows. */
const ADDRESS_ATTRIBUTES = new Set(['href', 'action', 'formaction', 'xlink:href']);

export interface Skeleton {
  /** Complete document with slots. */
  html: string;
  /** Plain text with slots. */
  text: string;
  /** Addresses of the click slots. */
  clicks: { linkId: number; url: string }[];
}

export interface SkeletonOptions {
  snapshot: CampaignSnapshot;
  language: string;
  linkIds: ReadonlyMap<string, number>;
  /** The source shows the preheader itself. */
  ownPreheader: boolean;
}

/**
 * Turns rendered HTML with slots into the final document: styles inlined, links tracked, dangerous addresses dropped,
 * footer complete, places for preheader and pixel. Works on the rendered structure, where every branch is decided, so
 * that CSS selectors and HTML repairs do what they would do in a browser.
 * @throws Error when the CSS cannot be inlined
 */
export function buildSkeleton(rendered: string, options: SkeletonOptions): Skeleton {
  const inlined = inlineCss(asDocument(rendered, options.language));
  const found = look(inlined);
  const clicks: Skeleton['clicks'] = [];
  const common: Edit[] = [];
  const tracked: Edit[] = [];
  const spokenOnly: Edit[] = [];

  for (const element of found.elements) {
    const optOut = element.attributes.find(({ name }) => name === NO_TRACK);
    if (optOut) common.push({ ...withBlankBefore(inlined, optOut), text: '' });
    for (const attribute of element.attributes) {
      if (!ADDRESS_ATTRIBUTES.has(attribute.name)) continue;
      const url = cleanHref(attribute.value);
      const [first] = findSlots(url);
      if (first?.start === 0 && first.kind === 'value') {
        const text = slotToken('address', first.index) + escapeHtml(url.slice(first.end));
        spokenOnly.push({ ...attribute, text: `href="${text}"` });
      }
      if (!hasSlot(url) && !isSafeUrl(url)) common.push({ ...withBlankBefore(inlined, attribute), text: '' });
      else if (isLink(element) && attribute.name === 'href' && !optOut) {
        const linkId = linkIdOf(url, options);
        if (linkId === undefined) continue;
        tracked.push({
          ...attribute,
          text: `href="${slotToken('click', clicks.push({ linkId, url }) - 1)}"`,
        });
      }
    }
  }

  for (const range of found.emptyStyles) common.push({ ...range, text: '' });
  const footer = missingFooter(found, options);
  if (footer) common.push({ start: found.bodyEnd, end: found.bodyEnd, text: footer });
  const extras: Edit[] = [{ start: found.bodyEnd, end: found.bodyEnd, text: slotToken('pixel') }];
  if (!options.ownPreheader)
    extras.push({ start: found.bodyStart, end: found.bodyStart, text: slotToken('preheader') });

  const visible = outside([...common, ...spokenOnly], found.hidden);
  const spoken = applyEdits(inlined, [...visible, ...found.hidden.map((range) => ({ ...range, text: '' }))]);
  return {
    html: applyEdits(inlined, [...common, ...tracked, ...extras]),
    text: withUnsubscribe(htmlToText(spoken)),
    clicks,
  };
}

/** Never reads a style sheet from disk or network: `<link>` stays as it is. */
function inlineCss(html: string): string {
  return inline(html, {
    loadRemoteStylesheets: false,
    keepLinkTags: true,
    keepStyleTags: true,
    removeInlinedSelectors: true,
    keepAtRules: true,
  });
}

/** Without a document around it, a mail gets one that says its language and how wide it may be. */
function asDocument(rendered: string, language: string): string {
  let document = false;
  scanHtml(rendered, {
    open: ({ name }) => {
      if (name === 'html' || name === 'body') document = true;
    },
  });
  if (!document) {
    return (
      `<!DOCTYPE html><html lang="${escapeHtml(language)}"><head><meta charset="utf-8">` +
      '<meta name="viewport" content="width=device-width,initial-scale=1">' +
      `</head><body>${rendered}</body></html>`
    );
  }
  return /^\s*<!doctype/i.test(rendered) ? rendered : `<!DOCTYPE html>${rendered}`;
}

interface Found {
  elements: HtmlElement[];
  /** Whole elements that are not shown. */
  hidden: Range[];
  /** What is left of a style sheet whose rules were all inlined. */
  emptyStyles: Range[];
  bodyStart: number;
  bodyEnd: number;
  hasUnsubscribe: boolean;
  /** All text that a reader sees. */
  text: string;
}

function look(html: string): Found {
  const found: Found = {
    elements: [],
    hidden: [],
    emptyStyles: [],
    bodyStart: -1,
    bodyEnd: -1,
    hasUnsubscribe: false,
    text: '',
  };
  let hiddenRoot: HtmlElement | null = null;
  const unsubscribe = slotToken('unsubscribe');
  scanHtml(html, {
    open(element) {
      if (element.attributes.length > 0) found.elements.push(element);
      if (element.name === 'body' && found.bodyStart < 0) found.bodyStart = element.end;
      if (element.hidden && !hiddenRoot && found.bodyStart >= 0) hiddenRoot = element;
      if (element.name === 'a' && !element.hidden) {
        const target = element.attributes.find(({ name }) => name === 'href')?.value;
        if (target && cleanHref(target) === unsubscribe) found.hasUnsubscribe = true;
      }
    },
    close(element, range) {
      if (element === hiddenRoot) {
        found.hidden.push({ start: element.start, end: range.end });
        hiddenRoot = null;
      }
      if (element.name === 'style' && html.slice(element.end, range.start).trim() === '') {
        found.emptyStyles.push({ start: element.start, end: range.end });
      }
      if (element.name === 'body') found.bodyEnd = range.start;
    },
    text(text, _range, inside) {
      if (!inside?.hidden) found.text += ` ${text}`;
    },
  });
  // A frameset has no body: such a mail gets its parts at the end.
  if (found.bodyEnd < 0) found.bodyEnd = html.length;
  if (found.bodyStart < 0) found.bodyStart = found.bodyEnd;
  return found;
}

function missingFooter(found: Found, { snapshot, language }: SkeletonOptions): string {
  const text = squash(found.text);
  const lacks = (part: string) => part.trim() !== '' && !text.includes(squash(part));
  const parts = {
    unsubscribe: !found.hasUnsubscribe,
    identity: lacks(snapshot.brand.postalAddress) || lacks(snapshot.brand.name),
  };
  if (!parts.unsubscribe && !parts.identity) return '';
  const inner = footerHtml(snapshot, language, parts);
  return inner ? footerBlock(inner) : '';
}

function linkIdOf(url: string, { snapshot, linkIds }: SkeletonOptions): number | undefined {
  if (!snapshot.tracking.clicks || !isTrackable(url, snapshot.publicUrl)) return undefined;
  return linkIds.get(url);
}

/** The text part names the way out even when the HTML hides it in an image. */
function withUnsubscribe(text: string): string {
  return text.includes(slotToken('unsubscribe')) ? text : `${text}\n${slotToken('unsubscribe')}\n`;
}

/** An attribute with the blanks in front of it. */
function withBlankBefore(html: string, range: Range): Range {
  let { start } = range;
  while (/\s/.test(html[start - 1] ?? '')) start--;
  return { start, end: range.end };
}

const outside = (edits: Edit[], ranges: readonly Range[]): Edit[] =>
  edits.filter((edit) => !ranges.some((range) => edit.start >= range.start && edit.end <= range.end));
