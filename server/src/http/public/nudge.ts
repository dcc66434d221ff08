import { getDelivery } from '../../app';
import type { Context } from '../../context';

/**
 * Has the outbox looked at soon. Not awaited: the answer must not take longer when there is a mail than when there is
 * none, and a mail that is not nudged goes with the next reconciliation.
 */
export function nudgeMails(ctx: Context): void {
  getDelivery()
    ?.nudgeMails()
    .catch((error: unknown) =>
      ctx.log.warn(`newsletter: the queue could not be told of a mail: ${String(error)}`),
    );
}
