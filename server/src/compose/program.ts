import Handlebars from 'handlebars';
import { cleanValue, escapeHtml } from './escape';
import { HELPERS, ownHelpers } from './helpers';
import { SkeletonHtml, slotToken, stripSlots } from './slots';
import { isHelper } from './static-check';

/** Roots whose values are the same for every recipient: they become part of the skeleton, so that CSS may use them. */
const CONSTANT_ROOTS = new Set(['brand', 'campaign', 'language']);

/** Names that no source can call: `staticProblems` only lets through what is in HELPERS. */
const EMIT = { value: 'newsletterValue', raw: 'newsletterRaw', constant: 'newsletterConstant' } as const;

/** Where a running trace puts the values that it meets. Rendering is synchronous, so that there is one at a time. */
let sink: string[] | null = null;

const engine = Handlebars.create();
engine.unregisterHelper('log');
engine.registerHelper(ownHelpers);
engine.registerHelper({
  [EMIT.value](value: unknown): string {
    if (value instanceof SkeletonHtml) return value.html;
    const text = cleanValue(value);
    // An empty value is part of the shape: white space around it then collapses as it would in a browser.
    return text === '' ? '' : slotToken('value', sink!.push(text) - 1);
  },
  [EMIT.raw]: (value: unknown) => (value instanceof SkeletonHtml ? value.html : cleanValue(value)),
  [EMIT.constant]: (value: unknown) => escapeHtml(cleanValue(value)),
});

const COMPILE: CompileOptions = {
  knownHelpersOnly: true,
  knownHelpers: Object.fromEntries(
    [...Object.keys(HELPERS), 'blockHelperMissing', ...Object.values(EMIT)].map((name) => [name, true]),
  ),
  // Escaping is done where a slot is filled, when it is known what surrounds it.
  noEscape: true,
};

/** Inherited properties are never read: neither methods nor the constructor of a value. */
const RUN = { allowProtoPropertiesByDefault: false, allowProtoMethodsByDefault: false } as const;

/** Renders to plain text: nothing is escaped, the caller makes it one line. */
export function textProgram(ast: hbs.AST.Program): (context: object) => string {
  const template = engine.compile<object>(ast, COMPILE);
  return (context) => template(context, RUN);
}

/**
 * Renders to a trace: the short text in which source and values are slots. Equal traces mean equal structure, whoever
 * the recipient is. Source goes to `statics`, at compile time; values go to `values`, at each run.
 * The AST is changed.
 */
export function traceProgram(
  ast: hbs.AST.Program,
  statics: string[],
): (context: object, values: string[]) => string {
  rewrite(ast, statics);
  const template = engine.compile<object>(ast, COMPILE);
  return (context, values) => {
    sink = values;
    try {
      return template(context, RUN);
    } finally {
      sink = null;
    }
  };
}

function rewrite(program: hbs.AST.Program, statics: string[]): void {
  for (const statement of program.body) {
    if (statement.type === 'ContentStatement') {
      const content = statement as hbs.AST.ContentStatement;
      if (content.value !== '')
        content.value = slotToken('static', statics.push(stripSlots(content.value)) - 1);
    } else if (statement.type === 'MustacheStatement') {
      emit(statement as hbs.AST.MustacheStatement);
    } else if (statement.type === 'BlockStatement') {
      const block = statement as hbs.AST.BlockStatement;
      if (block.program) rewrite(block.program, statics);
      if (block.inverse) rewrite(block.inverse, statics);
    }
  }
}

/** Makes `{{x}}` into a call of one of our emitters with x. */
function emit(node: hbs.AST.MustacheStatement): void {
  const path = node.path as hbs.AST.PathExpression;
  const calls =
    node.params.length > 0 || (node.hash?.pairs.length ?? 0) > 0 || isHelper(String(path.original));
  const value: hbs.AST.Expression = calls
    ? ({
        type: 'SubExpression',
        path,
        params: node.params,
        hash: node.hash,
        loc: node.loc,
      } as hbs.AST.SubExpression)
    : path;
  const constant = !calls && !path.data && path.depth === 0 && CONSTANT_ROOTS.has(path.parts?.[0] ?? '');
  const name = !node.escaped ? EMIT.raw : constant ? EMIT.constant : EMIT.value;
  node.path = { type: 'PathExpression', data: false, depth: 0, parts: [name], original: name, loc: node.loc };
  node.params = [value];
  node.hash = { type: 'Hash', pairs: [], loc: node.loc };
}
