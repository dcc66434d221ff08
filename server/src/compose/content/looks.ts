import { cleanValue, escapeHtml } from '../escape';
import { isAllowedAttribute, safeStyle, styleOfClasses } from './allowed';

/** Looks that a website's style sheet gives and that a mail has to carry itself. The template's own styles come on top. */
const DEFAULTS: Record<string, string> = {
  pre:
    'margin:0 0 16px;padding:12px 16px;background-color:#f3f4f7;border-radius:4px;' +
    'font-family:Consolas,Menlo,monospace;font-size:14px;line-height:1.5;white-space:pre-wrap',
  code: 'font-family:Consolas,Menlo,monospace;font-size:0.9em',
  figure: 'margin:0 0 16px',
  figcaption: 'margin:6px 0 0;font-size:13px;color:#667085',
  center: 'text-align:center',
};
const PLAIN_TABLE: Record<string, string> = {
  table: 'border-collapse:collapse;margin:0 0 16px',
  td: 'padding:6px 10px;border:1px solid #d5d9e2;vertical-align:top',
  th: 'padding:6px 10px;border:1px solid #d5d9e2;vertical-align:top;text-align:left',
};

/** A table of data, which a website draws with lines; tables that say how they look are left as they are. */
export const isPlainTable = (attributes: Readonly<Record<string, string>>): boolean =>
  !['role', 'border', 'cellpadding', 'cellspacing'].some((name) => name in attributes);

/**
 * The attributes of an element as they are written, with a blank in front.
 * @param source the element's name in the source (`figure` is written as `div`)
 */
export function attributesOf(
  source: string,
  tag: string,
  attributes: Readonly<Record<string, string>>,
  inPlainTable: boolean,
): string {
  const styles = [
    DEFAULTS[source],
    inPlainTable ? PLAIN_TABLE[tag] : undefined,
    styleOfClasses(attributes.class ?? ''),
    source === 'font' && attributes.color ? `color:${attributes.color}` : '',
    attributes.style,
  ];
  const kept = Object.entries(attributes).filter(
    ([name, value]) => name !== 'style' && isAllowedAttribute(tag, name) && isValid(name, value),
  );
  const style = safeStyle(styles.filter(Boolean).join(';'));
  if (style) kept.push(['style', style]);
  return kept.map(([name, value]) => ` ${name}="${inertHtml(value)}"`).join('');
}

function isValid(name: string, value: string): boolean {
  switch (name) {
    case 'width':
    case 'height':
      return /^\d{1,4}%?$/.test(value);
    case 'dir':
      return /^(ltr|rtl|auto)$/i.test(value);
    default:
      return true;
  }
}

/** Text as HTML in which nothing is markup, and no brace can be read by Handlebars. */
export const inertHtml = (text: string): string => escapeHtml(cleanValue(text)).replace(/\{/g, '&#123;');
