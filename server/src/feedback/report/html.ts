import { Parser } from 'htmlparser2';

const BREAKS = new Set([
  'p',
  'div',
  'br',
  'tr',
  'li',
  'h1',
  'h2',
  'h3',
  'h4',
  'pre',
  'table',
  'ul',
  'ol',
  'td',
  'blockquote',
]);
const SILENT = new Set(['style', 'script', 'head', 'title']);

/** Words of an HTML page, a block a line. For reading by rules, not by people. */
export function htmlToText(html: string): string {
  let out = '';
  let silent = 0;
  const parser = new Parser({
    onopentagname(name) {
      if (SILENT.has(name)) silent += 1;
      else if (BREAKS.has(name)) out += '\n';
    },
    ontext(text) {
      if (silent === 0) out += text;
    },
    onclosetag(name) {
      if (SILENT.has(name)) silent = Math.max(0, silent - 1);
      else if (BREAKS.has(name)) out += '\n';
    },
  });
  parser.end(html);
  return out
    .replaceAll('\u00a0', ' ')
    .replace(/[ \t]{2,}/g, ' ')
    .replace(/\n[ \t]*(?:\n[ \t]*){2,}/g, '\n\n');
}
