import type { TemplateProblem } from '../../../shared/contracts';

/** The Handlebars sources of a campaign cannot be used; `problems` says where and why. */
export class TemplateErrors extends Error {
  constructor(readonly problems: TemplateProblem[]) {
    super(problems.map(describeProblem).join('\n'));
    this.name = 'TemplateErrors';
  }
}

/** `Body (en), line 3, column 7: …` */
export function describeProblem(problem: TemplateProblem): string {
  const place = [
    problem.where === 'template'
      ? 'Template'
      : `${problem.where[0]!.toUpperCase()}${problem.where.slice(1)} (${problem.language})`,
    problem.line === null ? '' : `line ${problem.line}`,
    problem.column === null ? '' : `column ${problem.column}`,
  ];
  return `${place.filter(Boolean).join(', ')}: ${problem.message}`;
}
