import type { Context } from '../context';
import { currentWording } from '../settings';
import {
  findPerson,
  inTransaction,
  lastMailAt,
  listsById,
  logConsent,
  publicLists,
  putSubscriptions,
  readSuppression,
  subscriptionsOf,
  type ListFacts,
  type Subscriber,
} from '../storage';
import type { Knex } from 'knex';
import { consentEntries, pageLanguage, type Origin } from './consent';
import { askToConfirm, CONFIRM_PAUSE_MS } from './consent-mail';
import { AudienceError } from './errors';
import { unknownSubscriber } from './people';
import { isShutOut } from './suppression';

/**
 * An editor asks a person to confirm (again): pending, unsubscribed and bounced people get the mail with the link.
 * Nothing counts before they use it. It is about the lists that they were asked for, else those they were on, else the
 * default list.
 * @throws AudienceError unknown-subscriber; suppressed (complained, or suppressed by an editor); known-address (has
 *   confirmed already); no-list; too-soon (one was sent in the last ten minutes)
 */
export async function invite(ctx: Context, documentId: string, origin: Origin): Promise<void> {
  const language = (await findPerson(ctx.knex, documentId))?.language;
  const wording = await currentWording(ctx.knex, pageLanguage(language) ?? 'en');
  await inTransaction(ctx.knex, async (trx) => {
    const person = await findPerson(trx, documentId, { lock: true });
    if (!person) throw unknownSubscriber(documentId);
    if (isShutOut(person, await readSuppression(trx, person.addressHash))) {
      throw new AudienceError(
        'suppressed',
        409,
        `${person.email} complained about a mail or was suppressed by an editor, and must not be asked again.`,
      );
    }
    const last = await lastMailAt(trx, 'confirm', documentId);
    if (last !== null && Date.now() - last < CONFIRM_PAUSE_MS) {
      throw new AudienceError(
        'too-soon',
        409,
        `A mail to confirm went to ${person.email} less than ten minutes ago. Wait for the answer, or try again later.`,
      );
    }
    const lists = await listsToConfirm(trx, person);
    const at = Date.now();
    await putSubscriptions(
      trx,
      lists.map((list) => ({ subscriberId: documentId, listId: list.documentId })),
      'pending',
      {
        source: origin.source,
        consentIp: origin.ip ?? null,
        consentedAt: null,
        wordingVersion: wording.version,
      },
    );
    const facts = { at, wordingVersion: wording.version };
    await logConsent(trx, consentEntries(person, lists, 'requested', origin, facts));
    await askToConfirm(trx, person, { language: person.language, lists });
  });
}

async function listsToConfirm(trx: Knex.Transaction, person: Subscriber): Promise<ListFacts[]> {
  const subscriptions = await subscriptionsOf(trx, person.documentId);
  const of = (status: string) =>
    subscriptions.filter((row) => row.status === status).map((row) => row.listId);
  const pending = of('pending');
  if (pending.length > 0) return listsById(trx, pending);
  if (person.status === 'subscribed') {
    throw new AudienceError('known-address', 409, `${person.email} has confirmed already.`);
  }
  const left = await listsById(trx, [...of('subscribed'), ...of('unsubscribed')]);
  if (left.length > 0) return left;
  const open = await publicLists(trx);
  const list = open.find(({ isDefault }) => isDefault) ?? open[0];
  if (!list) throw new AudienceError('no-list', 400, 'There is no public list to invite to. Make one first.');
  return [list];
}
