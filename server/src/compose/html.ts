import { Parser } from 'htmlparser2';

/** A stretch of the text: [start, end). */
export interface Range {
  start: number;
  end: number;
}

export interface HtmlAttribute extends Range {
  /** In lower case. */
  name: string;
  /** With entities decoded. */
  value: string;
}

export interface HtmlElement extends Range {
  name: string;
  /** As written, doubles included; the range of the element is its opening tag. */
  attributes: HtmlAttribute[];
  /** True when an element around it, or it itself, is marked as not shown. */
  hidden: boolean;
}

export interface HtmlHandlers {
  open?(element: HtmlElement): void;
  /** The range is that of the closing tag; where the tag is left out, an empty one at the place that implies it. */
  close?(element: HtmlElement, range: Range): void;
  /** Decoded text; the innermost open elements are in `inside`. */
  text?(text: string, range: Range, inside: HtmlElement | null): void;
  comment?(range: Range): void;
}

/** Elements whose text is no text that a reader sees. */
const SILENT = new Set(['style', 'script', 'title', 'template', 'head', 'noscript']);
const VOID = new Set('area base br col embed hr img input link meta param source track wbr'.split(' '));

/** Walks an HTML text with the positions of everything in it; never throws, whatever the text. */
export function scanHtml(html: string, on: HtmlHandlers): void {
  let attributes: HtmlAttribute[] = [];
  const stack: HtmlElement[] = [];
  const parser: Parser = new Parser({
    onattribute(name, value) {
      attributes.push({ name, value, start: parser.startIndex, end: parser.endIndex });
    },
    onopentag(name) {
      const element: HtmlElement = {
        name,
        attributes,
        hidden: (stack[stack.length - 1]?.hidden ?? false) || isHidden(name, attributes),
        start: parser.startIndex,
        end: parser.endIndex + 1,
      };
      attributes = [];
      if (!VOID.has(name)) stack.push(element);
      on.open?.(element);
    },
    onclosetag(name, implied) {
      if (VOID.has(name)) return;
      const at = stack.findLastIndex((element) => element.name === name);
      const element = stack[at];
      if (!element) return;
      stack.length = at;
      on.close?.(element, {
        start: parser.startIndex,
        end: implied ? parser.startIndex : parser.endIndex + 1,
      });
    },
    ontext(text) {
      on.text?.(
        text,
        { start: parser.startIndex, end: parser.endIndex + 1 },
        stack[stack.length - 1] ?? null,
      );
    },
    oncomment() {
      on.comment?.({ start: parser.startIndex, end: parser.endIndex + 1 });
    },
  });
  parser.end(html);
}

function isHidden(name: string, attributes: HtmlAttribute[]): boolean {
  if (SILENT.has(name)) return true;
  return attributes.some(({ name: attribute, value }) => {
    if (attribute === 'hidden') return true;
    if (attribute !== 'style') return false;
    return value.split(';').some((declaration) => {
      const [property = '', setting = ''] = declaration.toLowerCase().split(':');
      const set = setting.replace('!important', '').trim();
      switch (property.trim()) {
        case 'display':
          return set === 'none';
        case 'visibility':
          return set === 'hidden';
        case 'font-size':
        case 'opacity':
          return Number.parseFloat(set) === 0;
        default:
          return false;
      }
    });
  });
}

export interface Edit extends Range {
  text: string;
}

/** Replaces ranges that do not overlap; several insertions at one place stay in their order. */
export function applyEdits(html: string, edits: readonly Edit[]): string {
  let out = '';
  let at = 0;
  for (const edit of [...edits].sort((a, b) => a.start - b.start || a.end - b.end)) {
    out += html.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return out + html.slice(at);
}
