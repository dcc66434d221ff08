import { isRuleGroup, type ResolvedSegment, type Rule, type RuleGroup } from '../../../../shared/contracts';

/**
 * The lists that segments ask people to be subscribed to (`on`, or a `notOn` that is turned round): somebody who leaves
 * one of them while a campaign is on its way means that campaign too.
 */
export function listsAsked(segments: readonly Pick<ResolvedSegment, 'rules'>[]): string[] {
  const lists = new Set<string>();
  const look = (part: Rule | RuleGroup, wanted: boolean): void => {
    if (isRuleGroup(part)) {
      for (const child of part.rules) look(child, wanted !== part.not);
    } else if (part.field === 'list' && part.list !== null && part.status === 'subscribed') {
      if ((part.operator === 'on') === wanted) lists.add(part.list);
    }
  };
  for (const { rules } of segments) look(rules, true);
  return [...lists];
}
