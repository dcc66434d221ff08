import type { Knex } from 'knex';
import type { Audience, AudienceCount } from '../../../shared/contracts';
import type { Context } from '../context';
import { candidatesAfter, countCandidates, countZones, type Candidate } from '../storage';

export type { Candidate } from '../storage';

/** How many people a campaign with this audience would reach now: matched − suppressed − duplicates = recipients. */
export async function countAudience(ctx: Pick<Context, 'knex'>, audience: Audience): Promise<AudienceCount> {
  const { matched, refused, addresses } = await countCandidates(ctx.knex, audience);
  const mailable = matched - refused;
  return { matched, suppressed: refused, duplicates: mailable - addresses, recipients: addresses };
}

/** The same people by their time zone; null: not known. */
export async function audienceZones(
  ctx: Pick<Context, 'knex'>,
  audience: Audience,
): Promise<{ zone: string | null; people: number }[]> {
  return countZones(ctx.knex, audience);
}

/**
 * Looks at the next `span` subscribers after the row `after` and gives the candidates among them, those to whom
 * nothing may be sent included. Takes time in proportion to `span`, however few are found.
 * @returns `end`: the `after` of the next page, null when there is none
 */
export async function recipientsPage(
  db: Knex,
  audience: Audience,
  after: number,
  span: number,
): Promise<{ candidates: Candidate[]; end: number | null }> {
  return candidatesAfter(db, audience, after, span);
}
