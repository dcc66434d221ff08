import type { Context } from '../../context';
import { findEventDelivery } from '../../storage';
import type { PersonClaim } from '../../tokens';

/** The campaign whose mail carried the link; null outside campaigns. */
export async function campaignOf(ctx: Context, claim: PersonClaim): Promise<string | null> {
  if (claim.deliveryId === null) return null;
  return (await findEventDelivery(ctx.knex, claim.deliveryId))?.campaignId ?? null;
}
