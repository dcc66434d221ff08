import type { Knex } from 'knex';
import type { PreflightItem } from '../../../shared/contracts';
import type { AudienceProblem } from '../audience';
import { hasAnybody } from '../storage';
import type { Draft } from './snapshot';

/**
 * What would make the segments of an audience find other people than meant. What is gone or unreadable blocks on either
 * side: without an excluded segment, the mail would go to the people whom it keeps out.
 * @param at when it would be sent, milliseconds since 1970
 */
export async function checkSegments(
  db: Knex,
  { audienceProblems, snapshot }: Pick<Draft, 'audienceProblems' | 'snapshot'>,
  at: number,
): Promise<PreflightItem[]> {
  const items = audienceProblems.map(toItem);
  for (const { name, rules } of snapshot.audience.include.segments) {
    if (await hasAnybody(db, rules, at)) continue;
    items.push({
      id: 'segment-empty',
      level: 'warning',
      values: { name },
      message: `Nobody is in the segment "${name}" at the moment.`,
    });
  }
  return items;
}

function toItem(found: AudienceProblem): PreflightItem {
  if (found.kind === 'gone') {
    return {
      id: 'segment-gone',
      level: 'blocking',
      values: { side: found.side, segment: found.segment },
      message: `A segment of the audience (${found.side === 'include' ? 'included' : 'excluded'}) was deleted. Take it out under Audience.`,
    };
  }
  const { id, what, message } = found.problem;
  return {
    id: `segment-${id}`,
    level: id === 'unreadable' || id === 'unknown-list' ? 'blocking' : 'warning',
    values: { name: found.name, what },
    message: `The segment "${found.name}": ${message}`,
  };
}
