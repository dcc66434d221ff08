import { useEffect, useState } from 'react';
import type { RuleGroup } from '../../../../shared/contracts';
import { useCountRulesQuery } from '../../api/segments';

const PAUSE_MS = 600;

/** How many people the rules are true for: asked when nothing was changed for a moment. Null: not filled in. */
export function useLiveCount(rules: RuleGroup | null) {
  const json = rules === null ? null : JSON.stringify(rules);
  const [asked, setAsked] = useState(json);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(json), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [json]);
  const skip = asked === null;
  const answer = useCountRulesQuery(skip ? NOTHING : (JSON.parse(asked) as RuleGroup), {
    skip,
    refetchOnMountOrArgChange: true,
  });
  return {
    ...answer,
    /** The number on the screen belongs to other rules. */
    isStale: answer.isFetching || asked !== json,
  };
}

const NOTHING: RuleGroup = { combinator: 'and', not: false, rules: [] };
