/** Walks a Handlebars program; the callbacks see nodes in the order of the source. */

export interface Call {
  node: hbs.AST.MustacheStatement | hbs.AST.BlockStatement | hbs.AST.SubExpression;
  kind: 'mustache' | 'block' | 'sub';
}

export interface WalkHandlers {
  /** Text between expressions. */
  content?(node: hbs.AST.ContentStatement): void;
  /** Something that is called or looked up. `depth`: blocks around it that change the context. */
  call?(call: Call, depth: number): void;
  /** A variable. */
  path?(node: hbs.AST.PathExpression, depth: number): void;
  /** Start, else and end of a block: text before and after is not one piece. */
  boundary?(): void;
  /** Partials and decorators. */
  unsupported?(node: hbs.AST.Statement): void;
}

export function walk(
  program: hbs.AST.Program,
  on: WalkHandlers,
  isHelper: (name: string) => boolean,
  depth = 0,
): void {
  for (const statement of program.body) {
    switch (statement.type) {
      case 'ContentStatement':
        on.content?.(statement as hbs.AST.ContentStatement);
        break;
      case 'MustacheStatement': {
        const node = statement as hbs.AST.MustacheStatement;
        visitCall({ node, kind: 'mustache' }, depth);
        on.boundary?.();
        break;
      }
      case 'BlockStatement': {
        const node = statement as hbs.AST.BlockStatement;
        visitCall({ node, kind: 'block' }, depth);
        const name = node.path.original;
        const inner = depth + (name === 'if' || name === 'unless' ? 0 : 1);
        on.boundary?.();
        if (node.program) walk(node.program, on, isHelper, inner);
        on.boundary?.();
        if (node.inverse) walk(node.inverse, on, isHelper, depth);
        on.boundary?.();
        break;
      }
      case 'CommentStatement':
        break;
      default:
        on.unsupported?.(statement);
    }
  }

  function visitCall(call: Call, at: number): void {
    on.call?.(call, at);
    const { path, params, hash } = call.node;
    if (path.type === 'PathExpression' && !isHelper((path as hbs.AST.PathExpression).original)) {
      on.path?.(path as hbs.AST.PathExpression, at);
    }
    for (const expression of [...params, ...(hash?.pairs ?? []).map((pair) => pair.value)])
      visitExpression(expression, at);
  }

  function visitExpression(expression: hbs.AST.Expression, at: number): void {
    if (expression.type === 'SubExpression')
      visitCall({ node: expression as hbs.AST.SubExpression, kind: 'sub' }, at);
    else if (expression.type === 'PathExpression') on.path?.(expression as hbs.AST.PathExpression, at);
  }
}
