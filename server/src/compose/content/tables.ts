import { INLINE } from './allowed';

const SECTIONS = new Set(['thead', 'tbody', 'tfoot']);
const LISTS = new Set(['ul', 'ol']);

/**
 * Keeps tables and lists whole, whatever the source: text in a table stands in cells, cells in rows, items in lists.
 * Browsers would move it elsewhere, each in its way.
 */
export function createTableRules(
  stack: readonly string[],
  push: (tag: string, attributes?: string) => void,
  closeTo: (height: number) => void,
) {
  const top = () => stack[stack.length - 1] ?? '';
  const wantsRow = () => top() === 'table' || SECTIONS.has(top());
  const isOutsideCells = () => wantsRow() || top() === 'tr';

  function ensureCell(): void {
    if (wantsRow()) push('tr');
    if (top() === 'tr') push('td');
  }

  return {
    /** True where only parts of a table may stand. */
    isOutsideCells,
    /** Opens the row and the cell that text needs here. */
    ensureCell,
    /**
     * Makes the surroundings right for an element and gives its name there, or null when only its content can stay.
     * @param inner what was open just inside of the element around it
     */
    place(tag: string, inner: number): string | null {
      // What is open beyond was only put there to hold text.
      if (isPart(tag)) closeTo(inner);
      else ensureCell();
      if (isCell(tag) && wantsRow()) push('tr');
      const name = nameHere(tag);
      // A paragraph ends where a block begins.
      if (name !== null && !INLINE.has(name) && stack.includes('p')) closeTo(stack.lastIndexOf('p'));
      return name;
    },
  };

  function nameHere(tag: string): string | null {
    if (isCell(tag)) return top() === 'tr' ? tag : 'div';
    if (tag === 'tr') return wantsRow() ? tag : null;
    if (SECTIONS.has(tag) || tag === 'caption') return top() === 'table' ? tag : null;
    if (tag === 'li') return LISTS.has(top()) ? tag : 'div';
    if (tag === 'dt' || tag === 'dd') return top() === 'dl' ? tag : 'div';
    return tag;
  }
}

const isCell = (tag: string) => tag === 'td' || tag === 'th';
const isPart = (tag: string) => isCell(tag) || tag === 'tr' || tag === 'caption' || SECTIONS.has(tag);
