/**
 * Braces that Handlebars could read, alone or with what is put beside them (at the start and at the end), and the
 * backslashes that would escape an expression.
 */
const LOUD = /(\\*)([{}]*\{\{[{}]*|(?<=^\\*)[{}]+|[{}]+$)|\\+$/g;

/**
 * A text as Handlebars source that renders to exactly this text, wherever it is put between other source. For subject
 * and preheader; in HTML, braces are entities already.
 */
export function inertSource(text: string): string {
  return text.replace(LOUD, (run: string, slashes: string | undefined, braces: string | undefined) => {
    // Of the backslashes in front of an expression, Handlebars takes two as one and no escape.
    if (braces === undefined) return `${run}\\{{!}}`;
    const before = slashes ? `${slashes}\\` : '';
    return `${before}{{default "" "${braces}"}}`;
  });
}
