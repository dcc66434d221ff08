import type { Context as KoaContext } from 'koa';
import { actionId, type ActionName } from '../../../../shared/contracts';
import { Refusal } from '../../refusal';

/**
 * For a right that depends on what is asked for, beside those that the route asks for itself.
 * @throws Refusal (HTTP 403) unless the logged-in admin holds the action
 */
export function refuseWithout(ctx: KoaContext, action: ActionName): void {
  const ability = (ctx.state as { userAbility?: { can(action: string): boolean } }).userAbility;
  if (!ability?.can(actionId(action)))
    throw new Refusal('ForbiddenError', 'Your role may not do this with subscribers.');
}
