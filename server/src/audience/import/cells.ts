/**
 * What a spreadsheet would run as a formula: OWASP's list (CSV injection), and the full-width forms that Japanese
 * spreadsheets take for them. `'` before them is part of the pattern, so that unescaping gives back what was escaped.
 */
const FORMULA = /^'*[=+\-@\t\r\n＝＋－＠]/;

/** A cell of a CSV file of ours: a spreadsheet shows it and never runs it, a phone number keeps its plus sign. */
export const safeCell = (text: string): string => (FORMULA.test(text) ? `'${text}` : text);

/** The text behind a cell that was made safe, by us or by others who do it in the same way. */
export const plainCell = (cell: string): string =>
  cell.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell;
