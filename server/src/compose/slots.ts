/**
 * Slots: where a rendered skeleton waits for something of one recipient. A slot is written between two Unicode
 * noncharacters (U+FDD0, U+FDD1), which no text may contain and which HTML and CSS parsers carry along unharmed.
 * Everything that comes from outside is stripped of them, so that a slot cannot be forged.
 */
const OPEN = '\uFDD0';
const CLOSE = '\uFDD1';
const ANY_SLOT = /\uFDD0([a-z]+)(\d*)\uFDD1/g;
const NONCHARACTERS = /[\uFDD0\uFDD1]/g;

export type SlotKind =
  /** Stretch of the source between two Handlebars expressions. */
  | 'static'
  /** Escaped output of an expression. */
  | 'value'
  /** The same where it is the target of a link in plain text. */
  | 'address'
  | 'unsubscribe'
  | 'preferences'
  | 'view'
  /** Address of a tracked link. */
  | 'click'
  /** The hidden preheader block. */
  | 'preheader'
  /** The image that tells of an open. */
  | 'pixel';

export interface Slot {
  kind: SlotKind;
  index: number;
}

/** HTML with slots, made by us: is put into a skeleton as it is. */
export class SkeletonHtml {
  constructor(readonly html: string) {}
  toString(): string {
    return this.html;
  }
}

export const slotToken = (kind: SlotKind, index?: number): string => `${OPEN}${kind}${index ?? ''}${CLOSE}`;
export const stripSlots = (text: string): string => text.replace(NONCHARACTERS, '');
export const hasSlot = (text: string): boolean => text.includes(OPEN);
export const startsWithSlot = (text: string): boolean => text.trimStart().startsWith(OPEN);

/** Cuts a skeleton at its slots; positions are offsets into the text. */
export function findSlots(text: string): (Slot & { start: number; end: number })[] {
  return [...text.matchAll(ANY_SLOT)].map((match) => ({
    kind: match[1] as SlotKind,
    index: match[2] ? Number(match[2]) : 0,
    start: match.index,
    end: match.index + match[0].length,
  }));
}

/** Replaces the static slots by the source that they stand for. */
export function expandStatics(text: string, statics: readonly string[]): string {
  return text.replace(ANY_SLOT, (token, kind: string, index: string) =>
    kind === 'static' ? (statics[Number(index)] ?? '') : token,
  );
}
