import type { Knex } from 'knex';
import type { RuleGroup, SegmentCount } from '../../../../shared/contracts';
import type { Context } from '../../context';
import { countSegment, CountTimeout, findSegment } from '../../storage';
import { AudienceError } from '../errors';

const TIMEOUT_MS = 10_000;
/** Counts that run at once, so that a rule that takes long does not take the database from everybody else. */
const AT_ONCE = 2;
const WAITING = 20;

let running = 0;
const waiting: (() => void)[] = [];

/**
 * How many people the rules are true for now. Two counts run at a time in a process, the others wait their turn.
 * @param wanted false when nobody waits for the answer any more: then it is not counted
 * @throws AudienceError 422 when it takes longer than ten seconds, 429 when too many wait
 */
export async function countPeople(
  ctx: Pick<Context, 'knex'>,
  rules: RuleGroup,
  wanted: () => boolean = () => true,
): Promise<SegmentCount> {
  await turn();
  try {
    if (!wanted()) return { matched: 0, reachable: 0 };
    return await countSegment(ctx.knex, rules, { now: Date.now(), timeoutMs: TIMEOUT_MS, wanted });
  } catch (error) {
    if (!(error instanceof CountTimeout)) throw error;
    throw new AudienceError(
      'count-timeout',
      422,
      'Counting these people takes longer than ten seconds. The rules still work for sending. Narrow them down first by list or status to see a number.',
    );
  } finally {
    running -= 1;
    waiting.shift()?.();
  }
}

async function turn(): Promise<void> {
  if (running >= AT_ONCE) {
    if (waiting.length >= WAITING) {
      throw new AudienceError('count-busy', 429, 'Many segments are being counted. Try again in a moment.');
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  }
  running += 1;
}

/**
 * The filter of subscribers who are in a segment now.
 * @throws AudienceError 404 when there is no such segment, 409 when its rules cannot be read
 */
export async function segmentFilter(db: Knex, id: string): Promise<{ rules: RuleGroup; now: number }> {
  return { rules: (await readableSegment(db, id)).rules, now: Date.now() };
}

/** @throws AudienceError as `segmentFilter` does */
export async function readableSegment(db: Knex, id: string): Promise<{ name: string; rules: RuleGroup }> {
  const segment = await findSegment(db, id);
  if (!segment) {
    throw new AudienceError(
      'unknown-segment',
      404,
      `There is no segment with the id "${id}". It may have been deleted.`,
    );
  }
  const { name, rules } = segment;
  if (!rules) {
    throw new AudienceError(
      'unreadable-segment',
      409,
      `The rules of the segment "${name}" cannot be read: they were written by other code. Build them anew.`,
    );
  }
  return { name, rules };
}
