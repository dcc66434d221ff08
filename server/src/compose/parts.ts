import { collapse, cssValue, escapeHtml, isSafeUrl, urlValue } from './escape';
import { scanHtml, type Range } from './html';
import type { Skeleton } from './skeleton';
import { findSlots, hasSlot, startsWithSlot, type SlotKind } from './slots';
import type { FilledText, RenderLinks } from './types';

/** What surrounds a slot, which decides how its value is written. */
type Place = 'text' | 'url' | 'css' | 'plain' | 'nowhere';

interface Hole {
  kind: SlotKind;
  index: number;
  place: Place;
}

/** `fixed[0]`, the first hole, `fixed[1]`, … `fixed` has one more. */
interface Cut {
  fixed: readonly string[];
  holes: readonly Hole[];
}

/** A skeleton cut into text and holes, ready to be filled for one recipient after the other. */
export interface Shape {
  html: Cut;
  text: Cut;
  clicks: Skeleton['clicks'];
}

/** What fills the holes. */
export interface Filling {
  values: readonly string[];
  preheader: string;
  links: RenderLinks;
}

export function cutSkeleton(skeleton: Skeleton): Shape {
  const places = placesIn(skeleton.html);
  return {
    html: cut(skeleton.html, places),
    text: cut(skeleton.text, () => 'plain'),
    clicks: skeleton.clicks,
  };
}

function cut(text: string, placeAt: (offset: number) => Place): Cut {
  const fixed: string[] = [];
  const holes: Hole[] = [];
  let before = '';
  let at = 0;
  for (const { kind, index, start, end } of findSlots(text)) {
    before += text.slice(at, start);
    at = end;
    const place = placeAt(start);
    if (place === 'nowhere') continue;
    fixed.push(before);
    holes.push({ kind, index, place });
    before = '';
  }
  fixed.push(before + text.slice(at));
  return { fixed, holes };
}

/**
 * Finds out where each slot stands. The document was serialised by the CSS inliner: attributes are quoted, and what
 * looks like a tag is one. A slot in a tag outside of an attribute's value, or in a script, is left out.
 */
function placesIn(html: string): (offset: number) => Place {
  const ranges: (Range & { place: Place })[] = [];
  scanHtml(html, {
    open(element) {
      ranges.push({ start: element.start, end: element.end, place: 'nowhere' });
      for (const attribute of element.attributes) {
        if (!hasSlot(attribute.value) || hasSlot(attribute.name)) continue;
        const place =
          attribute.name === 'style'
            ? 'css'
            : isAddress(attribute.name) && startsWithSlot(attribute.value)
              ? 'url'
              : 'text';
        const first = html.indexOf('\uFDD0', attribute.start);
        if (place === 'url') {
          // Only the first slot decides about the scheme; what follows is a part of the address.
          const next = html.indexOf('\uFDD1', first) + 1;
          ranges.push(
            { start: first, end: next, place: 'url' },
            { start: next, end: attribute.end, place: 'text' },
          );
        } else ranges.push({ start: attribute.start, end: attribute.end, place });
      }
    },
    text(_text, range, inside) {
      if (inside?.name === 'style') ranges.push({ ...range, place: 'css' });
      if (inside?.name === 'script') ranges.push({ ...range, place: 'nowhere' });
    },
  });
  return (offset) => {
    // Later ranges lie inside earlier ones: an attribute in its tag.
    const range = ranges.findLast((one) => one.start <= offset && offset < one.end);
    return range?.place ?? 'text';
  };
}

const isAddress = (name: string) => ['href', 'action', 'formaction', 'xlink:href'].includes(name);

/** Fills the HTML part. */
export const fillHtml = (shape: Shape, filling: Filling): FilledText => fill(shape, shape.html, filling);

/** Fills the plain-text part: links lead straight to their target, which is what is shown there. */
export const fillText = (shape: Shape, filling: Filling): FilledText => fill(shape, shape.text, filling);

function fill(shape: Shape, { fixed, holes }: Cut, filling: Filling): FilledText {
  return { fixed, values: holes.map((hole) => write(hole, fillerOf(hole, shape, filling))) };
}

function fillerOf(
  hole: Hole,
  shape: Shape,
  { values, preheader, links }: Filling,
): string | { html: string } {
  switch (hole.kind) {
    case 'value':
      return values[hole.index] ?? '';
    case 'address': {
      const address = values[hole.index] ?? '';
      return isSafeUrl(address) ? address : '#';
    }
    case 'unsubscribe':
    case 'preferences':
    case 'view':
      return links[hole.kind];
    case 'click': {
      const { linkId, url } = shape.clicks[hole.index]!;
      return links.click ? links.click(linkId) : url;
    }
    case 'preheader':
      return { html: preheader ? preheaderHtml(preheader) : '' };
    case 'pixel':
      return { html: links.openPixel ? pixelHtml(links.openPixel) : '' };
    case 'static':
      return '';
  }
}

function write({ place }: Hole, filler: string | { html: string }): string {
  if (typeof filler !== 'string') return place === 'text' ? filler.html : '';
  switch (place) {
    case 'plain':
      return collapse(filler);
    case 'url':
      return urlValue(filler);
    case 'css':
      return cssValue(filler);
    default:
      return escapeHtml(filler);
  }
}

/** The blanks keep mail programs from filling their preview line with the text of the body. */
const PREHEADER_PADDING = '&#847;&zwnj;&nbsp;'.repeat(60);

const preheaderHtml = (text: string): string =>
  '<div style="display:none;font-size:1px;line-height:1px;max-height:0;max-width:0;opacity:0;overflow:hidden;mso-hide:all">' +
  `${escapeHtml(text)}${PREHEADER_PADDING}</div>`;

const pixelHtml = (url: string): string =>
  `<img src="${escapeHtml(url)}" alt="" width="1" height="1" style="display:block;width:1px;height:1px;border:0">`;
