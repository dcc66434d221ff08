import type { AttributeDeclaration } from '../../../shared/contracts';
import type { Context } from '../context';
import { currentWording, loadSettings } from '../settings';
import {
  endSubscriptions,
  findPersonByHash,
  inTransaction,
  liftSuppression,
  listsById,
  logConsent,
  publicLists,
  putSubscriptions,
  subscriptionsOf,
  unmarkInactive,
  updateSubscribers,
  type ListFacts,
  type Subscriber,
} from '../storage';
import type { PersonClaim } from '../tokens';
import { announce } from './announce';
import { fitPublic, publicAttributes } from './attributes';
import { consentEntries, pageLanguage, type Origin } from './consent';
import { askToConfirm } from './consent-mail';
import { announceLeft, unsubscribePeople } from './consent-unsubscribe';
import { LIFTED_BY_PAGE, wayBack, type WayBack } from './suppression';

export interface Preferences {
  person: Subscriber;
  /** The public lists, and private ones that the person is on. `subscribed`: they get it, or would if nothing were in the way. */
  lists: (ListFacts & { subscribed: boolean })[];
  /** What they may see and change of their attributes. */
  attributes: AttributeDeclaration[];
  /** `none`: complained, or suppressed by an editor: they cannot subscribe again by themselves. */
  wayBack: WayBack;
}

/** What the preference page of a person shows; null when nobody has this address (any more). */
export async function findPreferences(
  ctx: Pick<Context, 'knex'>,
  claim: PersonClaim,
): Promise<Preferences | null> {
  const person = await findPersonByHash(ctx.knex, claim.addressHash);
  if (!person) return null;
  const way = await wayBack(ctx.knex, person);
  const on = (await subscriptionsOf(ctx.knex, person.documentId))
    .filter(({ status }) => status === 'subscribed' || (way === 'confirm' && status === 'pending'))
    .map(({ listId }) => listId);
  const open = await publicLists(ctx.knex);
  const closed = (await listsById(ctx.knex, on)).filter((list) => !list.public);
  const gets = person.status === 'subscribed' || way === 'confirm';
  return {
    person,
    lists: [...open, ...closed].map((list) => ({
      ...list,
      subscribed: gets && on.includes(list.documentId),
    })),
    attributes: publicAttributes(await loadSettings(ctx.knex)),
    wayBack: way,
  };
}

/**
 * A person chooses for themselves. The link was mailed to the address, so that this brings back who unsubscribed or was
 * suppressed by the sunset rule. Who bounced since is asked to confirm, as by the form (`asked`): nothing reaches them
 * before they do. Who complained is refused. Leaving the last list is leaving altogether.
 * @param choice.lists documentIds of the whole new set; ids that the page does not offer are ignored. Missing: unchanged
 * @param choice.language tag of a page language
 * @param choice.attributes as written, by name; only public ones count, an empty one is taken away
 * @throws AudienceError wrong-attribute, before anything is saved
 */
export async function changePreferences(
  ctx: Pick<Context, 'knex' | 'emit'>,
  claim: PersonClaim,
  choice: {
    lists?: readonly string[];
    language?: string | null;
    attributes?: Record<string, unknown>;
  },
  how: Omit<Origin, 'source'>,
): Promise<'saved' | 'asked' | 'left' | 'refused' | 'unknown'> {
  const offered = await findPreferences(ctx, claim);
  if (!offered) return 'unknown';
  const origin: Origin = { ...how, source: 'preferences' };
  const attributes = fitPublic(offered.attributes, choice.attributes ?? {});
  const language = choice.language ?? offered.person.language;
  const wording = await currentWording(ctx.knex, pageLanguage(language) ?? 'en');

  let tell = () => {};
  const outcome = await inTransaction(ctx.knex, async (trx) => {
    const person = await findPersonByHash(trx, claim.addressHash, { lock: true });
    if (!person) return 'unknown';
    await updateSubscribers(trx, [person.documentId], {
      ...(choice.language ? { language: choice.language } : {}),
      ...(choice.attributes ? { attributes: { ...person.attributes, ...attributes } } : {}),
    });
    if (!choice.lists) return 'saved';

    const wanted = offered.lists.filter((list) => choice.lists?.includes(list.documentId));
    if (wanted.length === 0) {
      const left = await unsubscribePeople(trx, [person], origin);
      tell = () => announceLeft(ctx, left, origin);
      return 'left';
    }
    const way = await wayBack(trx, person);
    if (way === 'none') return 'refused';
    const mustConfirm = way === 'confirm';

    const at = Date.now();
    const current = new Map(
      (await subscriptionsOf(trx, person.documentId)).map((row) => [row.listId, row.status]),
    );
    const joined = wanted.filter((list) => mustConfirm || current.get(list.documentId) !== 'subscribed');
    const dropped = offered.lists.filter(
      (list) => !wanted.includes(list) && (current.get(list.documentId) ?? 'unsubscribed') !== 'unsubscribed',
    );
    await putSubscriptions(
      trx,
      joined.map((list) => ({ subscriberId: person.documentId, listId: list.documentId })),
      mustConfirm ? 'pending' : 'subscribed',
      {
        source: origin.source,
        consentedAt: mustConfirm ? null : at,
        consentIp: how.ip ?? null,
        wordingVersion: wording.version,
      },
    );
    await endSubscriptions(
      trx,
      [person.documentId],
      { via: origin.source, campaignId: how.campaignId ?? null, at },
      dropped.map((list) => list.documentId),
    );
    await logConsent(trx, [
      ...consentEntries(person, joined, mustConfirm ? 'requested' : 'subscribed', origin, {
        at,
        wordingVersion: wording.version,
      }),
      ...consentEntries(person, dropped, 'unsubscribed', origin, { at }),
    ]);
    if (mustConfirm) {
      await askToConfirm(trx, person, { language, lists: joined });
      return 'asked';
    }
    if (way === 'save') {
      await liftSuppression(trx, person.addressHash, LIFTED_BY_PAGE, 'preferences');
      // Or the sunset rule would suppress them again before they had a chance to read.
      await unmarkInactive(trx, [person.documentId]);
    }
    if (person.status !== 'subscribed') {
      await updateSubscribers(trx, [person.documentId], {
        status: 'subscribed',
        statusReason: origin.source,
        statusCampaign: null,
        statusChangedAt: at,
        confirmedAt: person.confirmedAt ?? at,
        softBounces: 0,
      });
      tell = () => announce(ctx, 'subscriber-subscribed', [person], { via: origin.source });
    }
    return 'saved';
  });
  tell();
  return outcome;
}
