import { escapeHtml } from '../escape';
import { mediaToHtml } from './media';

/** A node of Strapi's blocks editor: what each type has beside these is in `@strapi/types` (attribute/definitions/blocks). */
export interface BlockNode {
  type: string;
  children?: unknown;
  [key: string]: unknown;
}

/**
 * Renders a block of the project's own. `children` is the HTML of the node's children. What it gives is cleaned like
 * the rest: HTML that mails cannot carry is left out.
 */
export type BlockRenderer = (node: BlockNode, children: string) => string;

export type BlockRenderers = Readonly<Record<string, BlockRenderer>>;

/** Nodes within nodes; below, only the text is kept. */
const MAX_DEPTH = 40;

/** HTML of a blocks field as a website would show it; the cleaning for mails comes after. */
export function blocksToHtml(value: unknown, renderers: BlockRenderers): string {
  return renderAll(value, renderers, 0).join('\n');
}

function renderAll(nodes: unknown, renderers: BlockRenderers, depth: number): string[] {
  if (!Array.isArray(nodes)) return [];
  if (depth > MAX_DEPTH) return [escapeHtml(textOf(nodes))];
  return nodes.filter(isNode).map((node) => render(node, renderers, depth));
}

function render(node: BlockNode, renderers: BlockRenderers, depth: number): string {
  const inner = () => renderAll(node.children, renderers, depth + 1).join('');
  if (Object.hasOwn(renderers, node.type)) return renderers[node.type]!(node, inner());
  switch (node.type) {
    case 'text':
      return textHtml(node);
    case 'paragraph': {
      const html = inner();
      return html.trim() === '' ? '' : `<p>${html}</p>`;
    }
    case 'heading': {
      const level = Number(node.level) >= 1 && Number(node.level) <= 6 ? Math.trunc(Number(node.level)) : 2;
      return `<h${level}>${inner()}</h${level}>`;
    }
    case 'list':
      return listHtml(node, renderers, depth);
    case 'list-item':
      return `<li>${inner()}</li>`;
    case 'quote':
      return `<blockquote>${inner()}</blockquote>`;
    case 'code':
      return `<pre><code>${escapeHtml(textOf([node]))}</code></pre>`;
    case 'link':
      return `<a href="${escapeHtml(typeof node.url === 'string' ? node.url : '')}">${inner()}</a>`;
    case 'image':
      return mediaToHtml(node.image);
    default:
      // A block of the project's own without a renderer: what it says is not lost.
      return `<div>${typeof node.text === 'string' ? textHtml(node) : ''}${inner()}</div>`;
  }
}

/** Strapi puts a nested list beside the item that it belongs to; HTML wants it inside. */
function listHtml(node: BlockNode, renderers: BlockRenderers, depth: number): string {
  const tag = node.format === 'ordered' ? 'ol' : 'ul';
  let html = '';
  let open = false;
  for (const child of Array.isArray(node.children) ? node.children.filter(isNode) : []) {
    const nested = child.type === 'list';
    const content = nested
      ? renderAll([child], renderers, depth + 1).join('')
      : renderAll(child.type === 'list-item' ? child.children : [child], renderers, depth + 1).join('');
    if (!nested || !open) {
      html += `${open ? '</li>' : ''}<li>`;
      open = true;
    }
    html += content;
  }
  return `<${tag}>${html}${open ? '</li>' : ''}</${tag}>`;
}

const MARKS = [
  ['code', 'code'],
  ['strikethrough', 's'],
  ['underline', 'u'],
  ['italic', 'em'],
  ['bold', 'strong'],
] as const;

function textHtml(node: BlockNode): string {
  const text = typeof node.text === 'string' ? node.text : '';
  if (text === '') return '';
  const html = escapeHtml(text).replace(/\r\n?|\n/g, '<br>');
  return MARKS.reduce(
    (inner, [mark, tag]) => (node[mark] === true ? `<${tag}>${inner}</${tag}>` : inner),
    html,
  );
}

/** All text of nodes, however deep. */
function textOf(nodes: readonly unknown[]): string {
  let text = '';
  const rest: unknown[] = [...nodes].reverse();
  while (rest.length > 0) {
    const node = rest.pop();
    if (!isNode(node)) continue;
    if (typeof node.text === 'string') text += node.text;
    if (Array.isArray(node.children))
      for (let i = node.children.length - 1; i >= 0; i--) rest.push(node.children[i]);
  }
  return text;
}

const isNode = (value: unknown): value is BlockNode =>
  typeof value === 'object' && value !== null && typeof (value as BlockNode).type === 'string';
