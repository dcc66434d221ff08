import type { CampaignSnapshot } from './types';
import { isSafeUrl } from './escape';
import { scanHtml, type HtmlElement } from './html';
import { hasSlot, slotToken, stripSlots } from './slots';
import { parseSource } from './source';
import { isHelper } from './static-check';
import { walk } from './walk';

const LINK_ELEMENTS = new Set(['a', 'area']);
/** Marks a link that is left as it is. */
export const NO_TRACK = 'data-no-track';

export const isLink = (element: HtmlElement): boolean => LINK_ELEMENTS.has(element.name);

/** The address as a browser reads it: without blanks around and line breaks inside. */
export const cleanHref = (href: string): string => href.replace(/[\t\n\r]/g, '').trim();

/** True for a whole web address that is the same for everybody and not one of our own personal pages. */
export function isTrackable(url: string, publicUrl: string): boolean {
  return !hasSlot(url) && isWebAddress(url) && !isPersonalPage(url, publicUrl);
}

export const isWebAddress = (url: string): boolean => /^https?:\/\//i.test(url) && URL.canParse(url);

/** A page of one recipient (unsubscribe, preferences, …), pasted into a newsletter: it would act for that person. */
export function isPersonalPage(url: string, publicUrl: string): boolean {
  return url.startsWith(`${publicUrl}/api/newsletter/`);
}

/**
 * The distinct web addresses that body and template link to, entities decoded, in the order of the source. Left out:
 * addresses with Handlebars in them, mailto: and the like, our own personal pages, links marked `data-no-track`.
 * None when clicks are not tracked. A source that does not parse has no links: `checkTemplates` reports it.
 */
export function extractLinks(
  snapshot: Pick<CampaignSnapshot, 'contents' | 'templateHtml' | 'tracking' | 'publicUrl'>,
): string[] {
  if (!snapshot.tracking.clicks) return [];
  const urls = new Set<string>();
  for (const source of [...snapshot.contents.map((content) => content.body), snapshot.templateHtml ?? '']) {
    const { ast } = parseSource(source);
    if (!ast) continue;
    scanHtml(linearize(ast), {
      open(element) {
        if (!isLink(element) || element.attributes.some(({ name }) => name === NO_TRACK)) return;
        for (const attribute of element.attributes) {
          const url = cleanHref(attribute.value);
          if (attribute.name === 'href' && isSafeUrl(url) && isTrackable(url, snapshot.publicUrl))
            urls.add(url);
        }
      },
    });
  }
  return [...urls];
}

/** The text of all branches one after the other, with a slot wherever an expression or a branch begins or ends. */
export function linearize(ast: hbs.AST.Program): string {
  let text = '';
  walk(
    ast,
    {
      content: (node) => (text += stripSlots(node.value)),
      boundary: () => (text += slotToken('value')),
    },
    isHelper,
  );
  return text;
}
