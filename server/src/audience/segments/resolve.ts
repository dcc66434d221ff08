import type { Knex } from 'knex';
import type {
  Audience,
  ResolvedAudience,
  ResolvedSegment,
  SegmentProblem,
} from '../../../../shared/contracts';
import { findSegments } from '../../storage';
import { segmentProblems } from './problems';

/** `gone`: the segment does not exist any more. `rules`: something in its rules leads nowhere. */
export type AudienceProblem =
  | { kind: 'gone'; side: 'include' | 'exclude'; segment: string }
  | { kind: 'rules'; side: 'include' | 'exclude'; name: string; problem: SegmentProblem };

/**
 * An audience with the rules of its segments as they are now. Segments that are gone or unreadable are left out, and
 * named among the problems.
 */
export async function resolveAudience(
  db: Knex,
  audience: Audience,
): Promise<{ audience: ResolvedAudience; problems: AudienceProblem[] }> {
  const ids = [...audience.include.segments, ...audience.exclude.segments];
  const found = ids.length === 0 ? new Map() : await findSegments(db, ids);
  const wrong = await segmentProblems(db, [...found.values()]);
  const problems: AudienceProblem[] = [];
  const resolve = (side: 'include' | 'exclude') => {
    const segments: ResolvedSegment[] = [];
    for (const id of audience[side].segments) {
      const segment = found.get(id);
      if (!segment) {
        problems.push({ kind: 'gone', side, segment: id });
        continue;
      }
      const { name, rules } = segment;
      for (const problem of wrong.get(id) ?? []) problems.push({ kind: 'rules', side, name, problem });
      if (rules) segments.push({ documentId: id, name, rules });
    }
    return { lists: audience[side].lists, segments };
  };
  return { audience: { include: resolve('include'), exclude: resolve('exclude') }, problems };
}
