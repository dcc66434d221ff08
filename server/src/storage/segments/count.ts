import type { Knex } from 'knex';
import type { RuleGroup, SegmentCount } from '../../../../shared/contracts';
import { dialectOf } from '../dialect';
import { TABLE } from '../tables';
import { segmentCondition } from './compile';

/** The database was stopped before it had counted to the end. */
export class CountTimeout extends Error {
  override readonly name = 'CountTimeout';

  constructor(ms: number) {
    super(`The people could not be counted within ${ms / 1000} seconds.`);
  }
}

/** SQLite runs in the event loop: one slice may hold it for about this long. */
const SLICE_MS = 25;
const SPAN = { first: 1000, max: 50_000 };

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
  const last: { id?: number | null } | undefined = await knex(TABLE.subscribers).max({ id: 'id' }).first();
  const end = last?.id ?? 0;
  const begun = performance.now();
  let span = SPAN.first;
  for (let after = 0; after < end && wanted(); ) {
    const sliceBegun = performance.now();
    if (sliceBegun - begun > timeoutMs) throw new CountTimeout(timeoutMs);
    const slice = counting(knex, rules, now)
      .where('s.id', '>', after)
      .where('s.id', '<=', after + span);
    const { matched, reachable } = toCount(await slice);
    sum.matched += matched;
    sum.reachable += reachable;
    after += span;
    const tookMs = performance.now() - sliceBegun;
    if (tookMs < SLICE_MS / 2) span = Math.min(SPAN.max, span * 2);
    else if (tookMs > SLICE_MS * 2) span = Math.max(SPAN.first, Math.floor(span / 2));
    await new Promise(setImmediate);
  }
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
