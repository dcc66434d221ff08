import type { Context } from '../context';
import {
  confirmSubscriptions,
  findPersonByHash,
  inTransaction,
  liftSuppression,
  listsById,
  logConsent,
  readSuppression,
  subscriptionsOf,
  updateSubscribers,
  type ListFacts,
  type Subscriber,
} from '../storage';
import type { PersonClaim } from '../tokens';
import { announce } from './announce';
import { consentEntries } from './consent';
import { isShutOut, LIFTABLE } from './suppression';

export interface Confirmation {
  /**
   * `confirmed`: now. `already`: was so before. `nothing`: no request is open, as after unsubscribing: an old link
   * brings nobody back. `refused`: complained, or suppressed by an editor.
   */
  outcome: 'confirmed' | 'already' | 'nothing' | 'refused';
  person: Subscriber | null;
  /** Lists that were confirmed now. */
  lists: ListFacts[];
}

/** What a confirmation link leads to, without acting. */
export async function findConfirmation(
  ctx: Context,
  claim: PersonClaim,
): Promise<{ person: Subscriber; pending: ListFacts[]; wordingVersion: string | null } | null> {
  const person = await findPersonByHash(ctx.knex, claim.addressHash);
  if (!person) return null;
  const pending = (await subscriptionsOf(ctx.knex, person.documentId)).filter(
    ({ status }) => status === 'pending',
  );
  return {
    person,
    pending: await listsById(
      ctx.knex,
      pending.map(({ listId }) => listId),
    ),
    wordingVersion: pending.at(-1)?.wordingVersion ?? null,
  };
}

/**
 * The owner of the address agrees: everything that is pending counts from now on. This double opt-in also lifts a
 * suppression after a hard bounce or an unsubscribe. The claim proves the address, not the record: a person whose
 * address was changed since cannot be confirmed with it.
 */
export async function confirm(
  ctx: Context,
  claim: PersonClaim,
  from: { ip?: string | null },
): Promise<Confirmation> {
  const confirmation = await inTransaction<Confirmation>(ctx.knex, async (trx) => {
    const person = await findPersonByHash(trx, claim.addressHash, { lock: true });
    if (!person) return { outcome: 'nothing', person, lists: [] };
    if (isShutOut(person, await readSuppression(trx, person.addressHash))) {
      return { outcome: 'refused', person, lists: [] };
    }
    const pending = (await subscriptionsOf(trx, person.documentId)).filter(
      ({ status }) => status === 'pending',
    );
    if (pending.length === 0) {
      return { outcome: person.status === 'subscribed' ? 'already' : 'nothing', person, lists: [] };
    }
    const at = Date.now();
    await confirmSubscriptions(trx, person.documentId, { at, ip: from.ip ?? null });
    await liftSuppression(trx, person.addressHash, LIFTABLE, 'double-opt-in');
    await updateSubscribers(trx, [person.documentId], {
      confirmedAt: at,
      softBounces: 0,
      ...(person.status === 'subscribed'
        ? {}
        : { status: 'subscribed', statusReason: 'confirmed', statusCampaign: null, statusChangedAt: at }),
    });
    const lists = await listsById(
      trx,
      pending.map(({ listId }) => listId),
    );
    const entries = pending.flatMap(({ listId, wordingVersion }) =>
      consentEntries(
        person,
        [{ documentId: listId }],
        'confirmed',
        { source: 'confirm', ip: from.ip },
        { at, wordingVersion },
      ),
    );
    await logConsent(trx, entries);
    return { outcome: 'confirmed', person: { ...person, status: 'subscribed' }, lists };
  });
  const { outcome, person } = confirmation;
  if (outcome === 'confirmed' && person) announce(ctx, 'subscriber-subscribed', [person], { via: 'confirm' });
  return confirmation;
}
