import { HELPERS } from './helpers';
import type { SourceProblem } from './source';
import { walk, type Call } from './walk';

/** Everything in a parsed source that would fail or do nothing when it is rendered. */
export function staticProblems(ast: hbs.AST.Program): SourceProblem[] {
  const problems: SourceProblem[] = [];
  const report = (node: hbs.AST.Node, message: string) =>
    problems.push({ message, line: node.loc.start.line, column: node.loc.start.column + 1 });
  walk(
    ast,
    {
      call: (call) => {
        const message = callProblem(call);
        if (message) report(call.node, message);
      },
      unsupported: (node) =>
        report(
          node,
          node.type.startsWith('Partial')
            ? 'Partials ({{> …}}) are not available. Put the text here.'
            : 'Decorators ({{* …}}) are not available.',
        ),
    },
    isHelper,
  );
  return problems;
}

export const isHelper = (name: string): boolean => Object.hasOwn(HELPERS, name);

function callProblem({ node, kind }: Call): string | null {
  const name = String((node.path as hbs.AST.PathExpression).original);
  const pairs = node.hash?.pairs.length ?? 0;
  if (!isHelper(name)) {
    if (kind === 'sub' || node.params.length > 0 || pairs > 0) {
      return `There is no helper “${name}”. Helpers are ${Object.keys(HELPERS).join(', ')}.`;
    }
    return null;
  }
  const helper = HELPERS[name]!;
  if (kind === 'block' && helper.block === 'never')
    return `“${name}” cannot be a block. Write {{${name} …}}.`;
  if (kind !== 'block' && helper.block === 'only')
    return `“${name}” must be a block: {{#${name} …}}…{{/${name}}}.`;
  if (node.params.length < helper.min || node.params.length > helper.max) {
    const takes = helper.min === helper.max ? `${helper.min}` : `${helper.min} to ${helper.max}`;
    return `“${name}” takes ${takes} value${takes === '1' ? '' : 's'}, but has ${node.params.length} here.`;
  }
  return null;
}
