import { stripSlots } from './slots';

// eslint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;
/** Embeddings, overrides and isolates: an unclosed one would turn the text around the value. */
const BIDI_CONTROLS = /[\u202a-\u202e\u2066-\u2069]/g;
const LONE_SURROGATES = /\p{Surrogate}/gu;
// eslint-disable-next-line no-control-regex
const LINE_BREAKS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

/** Most values: nothing has to be looked for in them. */
const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A value as text: well-formed Unicode, LF line ends, no control characters, nothing for null and undefined. */
export function cleanValue(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'string' ? value : toText(value);
  if (PRINTABLE_ASCII.test(text)) return text;
  return stripSlots(text)
    .replace(/\r\n?/g, '\n')
    .replace(CONTROLS, '')
    .replace(BIDI_CONTROLS, '')
    .replace(LONE_SURROGATES, '\ufffd');
}

function toText(value: unknown): string {
  if (Array.isArray(value)) return value.map(cleanValue).join(', ');
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'object') return JSON.stringify(value);
  return typeof value === 'function' || typeof value === 'symbol' ? '' : String(value);
}

/** Safe in text and in a quoted attribute. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);

/** One line without control characters: what a header, a title or a preheader may hold. */
export const oneLine = (text: string): string => text.replace(LINE_BREAKS, ' ').replace(/ {2,}/g, ' ').trim();

/** White space as HTML shows it: runs become one space. */
export const collapse = (text: string): string => text.replace(/[ \t\n]+/g, ' ').trim();

/** A value inside a style: what could end the declaration, the block or the element is left out. */
export const cssValue = (text: string): string => escapeHtml(text.replace(/[;{}<>\\"'@]|\/\*|\*\//g, ''));

const SAFE_SCHEMES = new Set(['http', 'https', 'mailto', 'tel', 'sms', 'cid']);

/** True for addresses that a mail may link to: relative ones and those of a harmless scheme. */
export function isSafeUrl(url: string): boolean {
  if (url.startsWith('https://') || url.startsWith('http://')) return true;
  // Browsers ignore blanks and controls in front of and inside a scheme.
  // eslint-disable-next-line no-control-regex
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url.replace(/[\u0000-\u0020\u007f-\u00a0]+/g, ''));
  return !scheme || SAFE_SCHEMES.has(scheme[1]!.toLowerCase());
}

/** A value that is a whole address: `#` unless its scheme is harmless. */
export const urlValue = (text: string): string => (isSafeUrl(text) ? escapeHtml(text) : '#');
