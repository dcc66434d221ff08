import type { Knex } from 'knex';
import { isRuleGroup, type Rule, type RuleGroup, type SegmentProblem } from '../../../../shared/contracts';
import { loadSettings } from '../../settings';
import { findExisting, TABLE, type SegmentRow } from '../../storage';

/** What in the rules of segments leads nowhere, by the segment's documentId; segments without problems have []. */
export async function segmentProblems(
  db: Knex,
  segments: readonly Pick<SegmentRow, 'documentId' | 'rules'>[],
): Promise<Map<string, SegmentProblem[]>> {
  const named = new Map(segments.map(({ documentId, rules }) => [documentId, rules && namesIn(rules)]));
  const all = [...named.values()].filter((names) => names !== null);
  const collect = (kind: keyof Names) => [...new Set(all.flatMap((names) => [...names[kind]]))];
  const lists = await findExisting(db, TABLE.lists, collect('lists'));
  const campaigns = await findExisting(db, TABLE.campaigns, collect('campaigns'));
  const attributes = new Set((await loadSettings(db)).attributes.map(({ name }) => name));
  return new Map(
    [...named].map(([id, names]) => [
      id,
      names === null ? [UNREADABLE] : missing(names, { lists, campaigns, attributes }),
    ]),
  );
}

interface Names {
  lists: Set<string>;
  campaigns: Set<string>;
  attributes: Set<string>;
}

/** The lists, campaigns and attributes that rules name. */
export function namesIn(rules: RuleGroup): Names {
  const names: Names = { lists: new Set(), campaigns: new Set(), attributes: new Set() };
  const look = (part: Rule | RuleGroup): void => {
    if (isRuleGroup(part)) return part.rules.forEach(look);
    if (part.field === 'list' && part.list !== null) names.lists.add(part.list);
    if (part.field === 'activity' && part.campaign !== null) names.campaigns.add(part.campaign);
    if (part.field === 'attribute') names.attributes.add(part.name);
  };
  look(rules);
  return names;
}

const UNREADABLE: SegmentProblem = {
  id: 'unreadable',
  what: '',
  message: 'Its rules cannot be read: they were written by other code. Build them anew.',
};

function missing(names: Names, known: Names): SegmentProblem[] {
  const gone = (kind: keyof Names) => [...names[kind]].filter((name) => !known[kind].has(name));
  return [
    ...gone('lists').map((what) => ({
      id: 'unknown-list' as const,
      what,
      message: 'A rule asks for a list that was deleted. Choose another list, or take the rule out.',
    })),
    ...gone('campaigns').map((what) => ({
      id: 'unknown-campaign' as const,
      what,
      message: 'A rule asks for a campaign that was deleted. What is known of its mails still counts.',
    })),
    ...gone('attributes').map((what) => ({
      id: 'unknown-attribute' as const,
      what,
      message: `The attribute "${what}" is not declared in Settings, so that new people may not have it.`,
    })),
  ];
}
