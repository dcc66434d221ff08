import Handlebars from 'handlebars';

/** What is wrong with a source, and where; lines and columns start at 1. */
export interface SourceProblem {
  message: string;
  line: number | null;
  column: number | null;
}

export type ParsedSource = { ast: hbs.AST.Program; problem: null } | { ast: null; problem: SourceProblem };

/** Parses a Handlebars source; gives the first syntax error instead of throwing it. */
export function parseSource(source: string): ParsedSource {
  try {
    return { ast: Handlebars.parse(source), problem: null };
  } catch (error) {
    return { ast: null, problem: syntaxProblem(source, error as Error) };
  }
}

function syntaxProblem(
  source: string,
  error: Error & { lineNumber?: number; column?: number },
): SourceProblem {
  if (typeof error.lineNumber === 'number') {
    // “if doesn't match each - 3:5”: about nesting, with a position of its own.
    const [, open, close] = /^(\S+) doesn't match (\S+)/.exec(error.message) ?? [];
    const message =
      open && close
        ? `{{#${open}}} is opened here, but the next closing tag is {{/${close}}}. Close it with {{/${open}}}.`
        : error.message.replace(/ - \d+:\d+$/, '');
    return { message, ...tagStart(source, error.lineNumber, error.column ?? 0) };
  }
  const [first = '', excerpt = '', caret = '', expecting = ''] = error.message.split('\n');
  const line = Number(/line (\d+)/.exec(first)?.[1] ?? NaN);
  const got = /got '(\w+)'/.exec(expecting)?.[1];
  if (got === 'EOF') {
    const open = innermostOpenBlock(source);
    if (open) return open;
  }
  const message =
    got === 'OPEN_ENDBLOCK'
      ? 'This closing tag belongs to no open block. Remove it, or open the block before.'
      : got === 'INVERSE' || got === 'OPEN_INVERSE_CHAIN'
        ? 'This {{else}} belongs to no open block.'
        : got === 'CLOSE_UNESCAPED'
          ? 'Two opening braces meet three closing ones. Put a blank between }} and } (in CSS), or write {{{…}}}.'
          : 'This expression is not valid Handlebars. Write {{name}}, {{#if name}}…{{/if}} or {{helper value}}, and close what you opened.';
  const offset = locate(source, excerpt, caret.indexOf('^'), line);
  const position = offset === null ? null : positionAt(source, offset);
  return {
    message,
    line: position?.line ?? (Number.isNaN(line) ? null : line),
    column: position?.column ?? null,
  };
}

/** The parser only says that it met the end. A closing tag that fits nothing makes it name the block left open. */
function innermostOpenBlock(source: string): SourceProblem | null {
  try {
    Handlebars.parse(`${source}{{/zzz-none}}`);
  } catch (error) {
    const { message, lineNumber, column } = error as Error & { lineNumber?: number; column?: number };
    const open = /^(\S+) doesn't match zzz-none/.exec(message)?.[1];
    if (open && typeof lineNumber === 'number') {
      return {
        message: `{{#${open}}} is opened here and never closed. Add {{/${open}}}.`,
        ...tagStart(source, lineNumber, column ?? 0),
      };
    }
  }
  return null;
}

/**
 * Finds the place that the parser shows as an excerpt: at most 20 characters before and after it, without line ends.
 * `line` is that of the token before, so the place is not above it.
 */
function locate(source: string, excerpt: string, caret: number, line: number): number | null {
  if (caret < 0) return null;
  const before = excerpt.slice(0, caret).replace(/^\.\.\./, '');
  const after = excerpt.slice(caret).replace(/\.\.\.$/, '');
  const lineStart = source
    .split('\n')
    .slice(0, Math.max(0, line - 1))
    .reduce((sum, text) => sum + text.length, 0);
  const at = source.replaceAll('\n', '').indexOf(before + after, Math.max(0, lineStart - before.length));
  if (at < 0) return null;
  let seen = 0;
  for (let offset = 0; offset < source.length; offset++) {
    if (source[offset] === '\n') continue;
    if (seen === at + before.length) return offset;
    seen++;
  }
  return source.length;
}

/** The parser points at the name in a tag; readers look for its braces. */
function tagStart(source: string, line: number, column: number): { line: number; column: number } {
  const text = source.split(/\r\n?|\n/)[line - 1] ?? '';
  const braces = text.lastIndexOf('{{', column);
  return { line, column: (braces < 0 ? column : braces) + 1 };
}

function positionAt(source: string, offset: number): { line: number; column: number } {
  const lines = source.slice(0, offset).split(/\r\n?|\n/);
  return { line: lines.length, column: lines[lines.length - 1]!.length + 1 };
}
