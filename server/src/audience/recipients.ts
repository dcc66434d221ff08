import type { Knex } from 'knex';
import type { AudienceCount, ResolvedAudience } from '../../../shared/contracts';
import type { Context } from '../context';
import { candidatesAfter, countCandidates, countZones, type Candidate } from '../storage';

export type { Candidate } from '../storage';

/**
 * How many people a campaign with this audience would reach now: matched − suppressed − duplicates = recipients.
 * @param now the instant that relative dates of segments count from, milliseconds since 1970
 */
export async function countAudience(
  ctx: Pick<Context, 'knex'>,
  audience: ResolvedAudience,
  now = Date.now(),
): Promise<AudienceCount> {
  const { matched, refused, addresses } = await countCandidates(ctx.knex, audience, now);
  const mailable = matched - refused;
  return { matched, suppressed: refused, duplicates: mailable - addresses, recipients: addresses };
}

/** The same people by their time zone; null: not known. */
export async function audienceZones(
  ctx: Pick<Context, 'knex'>,
  audience: ResolvedAudience,
  now = Date.now(),
): Promise<{ zone: string | null; people: number }[]> {
  return countZones(ctx.knex, audience, now);
}

/**
 * Looks at the next `span` subscribers after the row `after` and gives the candidates among them, those to whom
 * nothing may be sent included. Takes time in proportion to `span`, however few are found.
 * @param now the instant that relative dates of segments count from: the same for all pages of a run
 * @returns `end`: the `after` of the next page, null when there is none
 */
export async function recipientsPage(
  db: Knex,
  audience: ResolvedAudience,
  after: number,
  span: number,
  now: number,
): Promise<{ candidates: Candidate[]; end: number | null }> {
  return candidatesAfter(db, audience, after, span, now);
}
