import type { RuleFields } from '../../../../shared/contracts';
import type { Context } from '../../context';
import { findSender, loadSettings } from '../../settings';
import { findList, findTemplateById } from '../../storage';
import { fieldAt, type EntryType } from './entries';
import { fieldsOf } from './mapping';

/** What of a rule leads nowhere (any more), one English sentence each. Empty: it can fire. */
export async function ruleProblems(
  ctx: Pick<Context, 'knex'>,
  rule: RuleFields,
  type: EntryType | null,
): Promise<string[]> {
  if (!type) return [`There is no content type ${rule.contentType} (any more), so the rule never fires.`];
  const problems = unknownFields(rule, type).map(
    (path) => `${type.name} has no field "${path}" that can be used.`,
  );
  if (rule.template !== null && !(await findTemplateById(ctx.knex, rule.template)))
    problems.push('The template was deleted. Choose another one.');
  if (rule.sender !== null && !findSender(await loadSettings(ctx.knex), rule.sender))
    problems.push('The sender was removed from Settings. Choose another one.');
  for (const id of [...rule.audience.include.lists, ...rule.audience.exclude.lists]) {
    if (!(await findList(ctx.knex, id))) problems.push('A list of the audience was deleted.');
  }
  const { include } = rule.audience;
  if (include.lists.length + include.segments.length === 0)
    problems.push('The audience is empty: choose a list or a segment.');
  if (rule.mapping.body.length === 0 && rule.mapping.linkText === '')
    problems.push('The body is empty: choose a field for it, or a link.');
  return [...new Set(problems)];
}

/** Fields that a rule names and the content type does not have. */
export function unknownFields(rule: Pick<RuleFields, 'mapping' | 'conditions'>, type: EntryType): string[] {
  const named = new Set([...fieldsOf(rule.mapping), ...rule.conditions.map(({ field }) => field)]);
  return [...named].filter((path) => path !== 'documentId' && !fieldAt(type, path));
}
