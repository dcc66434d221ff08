import type { AttributeDeclaration, TemplateProblem } from '../../../shared/contracts';
import { compileCampaign } from './compile';
import { TemplateErrors } from './errors';
import { emptyPerson, SAMPLE_LINKS, samplePerson } from './sample';
import { parseSource } from './source';
import { isHelper } from './static-check';
import type { CampaignSnapshot } from './types';
import { walk } from './walk';

/**
 * Every problem that the sources have: syntax, unknown helpers, a template without `{{{content}}}`, and what only shows
 * when a mail is rendered, tried with a complete person and with one of whom only the address is known.
 * @param declared the attributes that the complete person has
 */
export function checkTemplates(
  snapshot: CampaignSnapshot,
  declared: readonly AttributeDeclaration[] = [],
): TemplateProblem[] {
  const problems: TemplateProblem[] = [];
  if (snapshot.templateHtml !== null && lacksSlot(snapshot.templateHtml)) {
    problems.push({
      where: 'template',
      language: snapshot.defaultLanguage,
      message:
        'The template has no {{{content}}}, so the body would not appear. Put it where the body belongs.',
      line: null,
      column: null,
    });
  }
  try {
    const compiled = compileCampaign(snapshot, new Map());
    for (const content of snapshot.contents) {
      for (const person of [samplePerson(content.language, declared), emptyPerson]) {
        const problem = attempt(() => compiled.render(content, person, SAMPLE_LINKS));
        if (problem !== null) {
          problems.push({
            where: 'body',
            language: content.language,
            message: problem,
            line: null,
            column: null,
          });
          break;
        }
      }
    }
  } catch (error) {
    if (!(error instanceof TemplateErrors)) throw error;
    problems.push(...error.problems);
  }
  return problems;
}

/** True for a template that parses and never shows the body. */
export function lacksSlot(templateHtml: string): boolean {
  const { ast } = parseSource(templateHtml);
  if (!ast) return false;
  let shown = false;
  walk(
    ast,
    {
      call: ({ node, kind }) => {
        if (kind === 'mustache' && (node.path as hbs.AST.PathExpression).parts?.join('.') === 'content')
          shown = true;
      },
    },
    isHelper,
  );
  return !shown;
}

function attempt(render: () => unknown): string | null {
  try {
    render();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
