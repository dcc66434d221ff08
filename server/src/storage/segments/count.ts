import type { Knex } from 'knex';
import type { RuleGroup, SegmentCount } from '../../../../shared/contracts';
import { dialectOf } from '../dialect';
import { inSlices } from '../slices';
import { TABLE } from '../tables';
import { segmentCondition } from './compile';

/** The database was stopped before it had counted to the end. */
export class CountTimeout extends Error {
  override readonly name = 'CountTimeout';

  constructor(ms: number) {
    super(`The people could not be counted within ${ms / 1000} seconds.`);
  }
}

/**
 * Counts the people for whom the rules are true, and those of them to whom mail may go. PostgreSQL and MySQL stop the
 * statement when the time is over; SQLite counts in slices, between which the process does its other work.
 * @param options.now the instant that relative dates count from, milliseconds since 1970
 * @param options.timeoutMs how long the database may take
 * @param options.wanted false: nobody waits for the answer any more
 * @throws CountTimeout
 */
export async function countSegment(
  knex: Knex,
  rules: RuleGroup,
  { now, timeoutMs, wanted = () => true }: { now: number; timeoutMs: number; wanted?: () => boolean },
): Promise<SegmentCount> {
  if (dialectOf(knex) === 'sqlite') return countInSlices(knex, rules, now, timeoutMs, wanted);
  const query = counting(knex, rules, now).timeout(timeoutMs, { cancel: true });
  try {
    return toCount(await query);
  } catch (error) {
    throw (error as Error).name === 'KnexTimeoutError' ? new CountTimeout(timeoutMs) : error;
  }
}

async function countInSlices(
  knex: Knex,
  rules: RuleGroup,
  now: number,
  timeoutMs: number,
  wanted: () => boolean,
): Promise<SegmentCount> {
  const sum: SegmentCount = { matched: 0, reachable: 0 };
  const begun = performance.now();
  await inSlices(knex, async (after, end) => {
    if (!wanted()) return false;
    if (performance.now() - begun > timeoutMs) throw new CountTimeout(timeoutMs);
    const slice = counting(knex, rules, now).where('s.id', '>', after).where('s.id', '<=', end);
    const { matched, reachable } = toCount(await slice);
    sum.matched += matched;
    sum.reachable += reachable;
    return true;
  });
  return sum;
}

function counting(knex: Knex, rules: RuleGroup, now: number): Knex.QueryBuilder {
  const suppressed = knex({ p: TABLE.suppressions })
    .select(knex.raw('1'))
    .whereRaw('p.address_hash = s.address_hash')
    .where('p.scope', 'all');
  return knex({ s: TABLE.subscribers })
    .where(segmentCondition(knex, rules, { reach: 'all', now }))
    .select(knex.raw('count(*) as matched'))
    .select(
      knex.raw("count(case when s.status = 'subscribed' and not exists ? then 1 end) as reachable", [
        suppressed,
      ]),
    )
    .first();
}

const toCount = (row: { matched: number | string; reachable: number | string }): SegmentCount => ({
  matched: Number(row.matched),
  reachable: Number(row.reachable),
});

/** Whether anybody is in the segment. */
export async function hasAnybody(db: Knex, rules: RuleGroup, now: number): Promise<boolean> {
  const found = await db({ s: TABLE.subscribers })
    .where(segmentCondition(db, rules, { reach: 'page', now }))
    .first('s.id');
  return found !== undefined;
}
