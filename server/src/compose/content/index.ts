export { entryToHtml, entryToText, type ContentKind, type ContentOptions } from './convert';
export type { BlockNode, BlockRenderer, BlockRenderers } from './blocks';
export { inertSource } from './inert';
