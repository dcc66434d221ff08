import { Parser } from 'htmlparser2';
import { isSignedAddress, linkAddress, mediaAddress, watchAddress, type Bases } from './address';
import { cleanValue } from '../escape';
import { DROPPED, EMBEDDED, FORM_CONTROLS, isHiddenElement, KEPT, RENAMED, VOID } from './allowed';
import { attributesOf, inertHtml, isPlainTable } from './looks';
import { fitted } from './media';
import { createTableRules } from './tables';

/** Elements within elements in a mail; those that lie deeper lose their tags. */
const MAX_DEPTH = 60;
/** Depth at which the rest of a source is left out: it is no text by a person. */
const MAX_SOURCE_DEPTH = 1000;
/** Characters read and written at most: several times the size at which Gmail clips. */
const MAX_INPUT = 1_000_000;
const MAX_OUTPUT = 600_000;
const SLICE = 16_384;

type Attributes = Readonly<Record<string, string>>;

/** An element that is open in the source. */
interface Frame {
  /** What is open in the mail before it, and just inside of it. */
  base: number;
  inner: number;
  /** Nothing in it is shown. */
  silent: boolean;
  plainTable: boolean;
}

const ROOT: Frame = { base: 0, inner: 0, silent: false, plainTable: false };

/**
 * HTML from an editor as HTML that mails can carry: known elements, attributes and styles; absolute addresses; no
 * scripts, forms, classes or players; well-formed. Braces are entities, so that nothing in it is Handlebars.
 * @param note is told, as an English sentence, what had to be left out
 */
export function emailHtml(html: string, bases: Bases, note: (sentence: string) => void): string {
  const frames: Frame[] = [ROOT];
  const stack: string[] = [];
  let out = '';

  const around = () => frames[frames.length - 1]!;
  const push = (tag: string, attributes = '') => {
    out += `<${tag}${attributes}>`;
    if (!VOID.has(tag)) stack.push(tag);
  };
  const closeTo = (height: number) => {
    while (stack.length > height) out += `</${stack.pop()}>`;
  };
  const tables = createTableRules(stack, push, closeTo);

  function write(name: string, tag: string, attributes: Attributes): void {
    if (tag === 'img') return image(attributes);
    if (tag === 'a') return link(attributes);
    const plain = tag === 'table' ? isPlainTable(attributes) : around().plainTable;
    push(tag, attributesOf(name, tag, attributes, plain));
  }

  function link(attributes: Attributes): void {
    const href = stack.includes('a') ? null : linkAddress(attributes.href ?? '', bases);
    if (href !== null) push('a', attributesOf('a', 'a', { ...attributes, href }, false));
  }

  function image(attributes: Attributes): void {
    const src = mediaAddress(attributes.src ?? '', bases);
    if (src === null) {
      if (/^\s*data:/i.test(attributes.src ?? ''))
        note(
          'An image that is stored inside the text (data:) was left out: mail programs do not show such images.',
        );
      return;
    }
    if (isSignedAddress(src))
      note('An image has a signed address, which stops working after a while. Use a public storage for it.');
    if (/\.svg($|[?#])/i.test(src))
      note('An image is SVG, which many mail programs do not show. Use PNG or JPEG.');
    const size = fitted(pixels(attributes.width), pixels(attributes.height));
    const { alt = '', title, align } = attributes;
    const written: Record<string, string> = { src, alt };
    if (title) written.title = title;
    if (align) written.align = align;
    if (size.width !== null) written.width = String(size.width);
    if (size.width !== null && size.height !== null) written.height = String(size.height);
    // Last, so that it wins over what the editor set.
    written.style = `${attributes.style ?? ''};max-width:100%;height:auto`;
    push('img', attributesOf('img', 'img', written, false));
  }

  function embed(attributes: Attributes): void {
    const address = linkAddress(attributes.src || attributes.url || attributes.data || '', bases);
    const place = address ? 'A link is in its place.' : 'Its address is unknown.';
    note(`A video, player or foreign page was left out: mail programs do not show them. ${place}`);
    if (!address) return;
    const url = watchAddress(address);
    tables.ensureCell();
    const text = `▶ ${attributes.title?.trim() || url}`;
    out += stack.includes('a')
      ? inertHtml(text)
      : `<p><a href="${inertHtml(url)}">${inertHtml(text)}</a></p>`;
  }

  function open(name: string, attributes: Attributes): Frame {
    const parent = around();
    if (parent.silent) return { ...parent, base: stack.length };
    const silent = DROPPED.has(name) || EMBEDDED.has(name) || isHiddenElement(attributes);
    if (FORM_CONTROLS.has(name)) note('A form was left out: mail programs do not show forms.');
    if (EMBEDDED.has(name) && !isHiddenElement(attributes)) embed(attributes);
    const known = KEPT.has(RENAMED.get(name) ?? name);
    if (silent || !known || stack.length >= MAX_DEPTH)
      return { base: stack.length, inner: stack.length, silent, plainTable: parent.plainTable };
    const tag = tables.place(RENAMED.get(name) ?? name, parent.inner);
    const base = stack.length;
    if (tag !== null) write(name, tag, attributes);
    return {
      base,
      inner: stack.length,
      silent,
      plainTable: name === 'table' ? isPlainTable(attributes) : parent.plainTable,
    };
  }

  const parser = new Parser({
    onopentag(name, attributes) {
      frames.push(open(name, attributes));
    },
    onclosetag() {
      closeTo(frames.pop()!.base);
    },
    ontext(text) {
      if (around().silent || (tables.isOutsideCells() && text.trim() === '')) return;
      tables.ensureCell();
      out += inertHtml(text);
    },
  });
  const source = cleanValue(html.slice(0, MAX_INPUT));
  let at = 0;
  while (at < source.length && frames.length < MAX_SOURCE_DEPTH && out.length < MAX_OUTPUT) {
    const end = isInsidePair(source, at + SLICE) ? at + SLICE + 1 : at + SLICE;
    parser.write(source.slice(at, end));
    at = end;
  }
  parser.end();
  if (at < source.length || html.length > MAX_INPUT)
    note('The text is too long or too deeply nested for a mail: its end was left out.');
  return out.trim();
}

/** A pair of surrogates must not be taken apart. */
const isInsidePair = (text: string, at: number) => /^[\udc00-\udfff]$/.test(text.charAt(at));

function pixels(value: string | undefined): number | null {
  const number = Number.parseInt(value ?? '', 10);
  return number >= 1 && number <= 100_000 && !value!.includes('%') ? number : null;
}
