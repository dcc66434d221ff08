import type { Knex } from 'knex';
import { emailKey } from '../../../shared/address';
import type { Context } from '../context';
import {
  findPersonByHash,
  inTransaction,
  insertSubscriber,
  listsBySlug,
  logConsent,
  putSubscriptions,
  subscriptionsOf,
  updateSubscribers,
  type ListFacts,
  type Subscriber,
} from '../storage';
import { announce } from './announce';
import { filled, fitOnlyDeclared, type Attributes } from './attributes';
import { consentEntries } from './consent';
import { details, type SubscribeInput } from './consent-subscribe';
import { AudienceError } from './errors';
import { wantedLists } from './lists';
import { refuseSuppressed } from './people';

export interface ConsentedInput extends Omit<SubscribeInput, 'trusted'> {
  /** When the person agreed, milliseconds since 1970; now by default. */
  consentedAt?: number;
}

/**
 * A server of the project states that a person agreed: they are subscribed at once, without a mail to confirm, and the
 * statement is logged as their consent. Of who is known, what is sent changes, the rest stays. Nobody is brought back:
 * who left, complained or bounced comes back by themselves.
 * @param input.lists slugs, also of private lists
 * @throws AudienceError invalid-email, unknown-list, no-list, unknown-attribute, wrong-attribute, suppressed, left
 */
export async function subscribeWithConsent(ctx: Context, input: ConsentedInput): Promise<void> {
  const key = emailKey(input.email);
  if (!key) throw new AudienceError('invalid-email', 400, `"${input.email}" is not an email address.`);
  const attributes = filled(await fitOnlyDeclared(ctx.knex, input.attributes ?? {}));
  const lists = await namedLists(ctx.knex, input.lists);
  const addressHash = ctx.tokens.addressHash(key);
  await refuseSuppressed(ctx.knex, addressHash, input.email);
  await insertSubscriber(ctx.knex, {
    email: input.email.trim(),
    emailKey: key,
    addressHash,
    source: input.source,
    statusChangedAt: Date.now(),
  });
  const joined = await inTransaction(ctx.knex, async (trx) => {
    const person = await findPersonByHash(trx, addressHash, { lock: true });
    if (!person)
      throw new Error(
        'newsletter: an address could not be added, since the database takes it for another one',
      );
    await refuseSuppressed(trx, addressHash, input.email);
    return (await enrol(trx, person, lists, { ...input, attributes })) ? person : null;
  });
  if (joined) announce(ctx, 'subscriber-subscribed', [joined], { via: input.source });
}

/** @returns whether the person was not subscribed before */
async function enrol(
  trx: Knex.Transaction,
  person: Subscriber,
  lists: readonly ListFacts[],
  input: ConsentedInput & { attributes: Attributes },
): Promise<boolean> {
  if (person.status !== 'pending' && person.status !== 'subscribed') {
    throw new AudienceError(
      'left',
      409,
      `${person.email} ${person.status}: only they can come back, through the sign-up form or their preference page.`,
    );
  }
  const now = Date.now();
  const at = Math.min(input.consentedAt ?? now, now);
  const isNew = person.status === 'pending';
  await updateSubscribers(trx, [person.documentId], {
    ...details(input),
    attributes: { ...person.attributes, ...input.attributes },
    ...(isNew
      ? { status: 'subscribed', statusReason: input.source, statusChangedAt: now, confirmedAt: at }
      : {}),
  });
  const on = new Map((await subscriptionsOf(trx, person.documentId)).map((row) => [row.listId, row.status]));
  const missing = lists.filter(({ documentId }) => on.get(documentId) !== 'subscribed');
  await putSubscriptions(
    trx,
    missing.map(({ documentId }) => ({ subscriberId: person.documentId, listId: documentId })),
    'subscribed',
    { source: input.source, consentedAt: at, consentIp: input.ip ?? null, wordingVersion: null },
  );
  const origin = { source: input.source, ip: input.ip };
  await logConsent(trx, consentEntries(person, missing, 'subscribed', origin, { at }));
  return isNew;
}

async function namedLists(db: Knex, slugs: readonly string[] | undefined): Promise<ListFacts[]> {
  if (!slugs || slugs.length === 0) return wantedLists(db, undefined);
  const wanted = [...new Set(slugs)];
  const found = (await listsBySlug(db, wanted)).filter(({ slug }) => wanted.includes(slug));
  const missing = wanted.filter((slug) => !found.some((list) => list.slug === slug));
  if (missing.length === 0) return found;
  throw new AudienceError('unknown-list', 400, `There is no list "${missing.join('", "')}".`);
}
