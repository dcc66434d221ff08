import type { Knex } from 'knex';
import { lastMailAt, queueMail, type ListFacts, type Subscriber } from '../storage';

/** Milliseconds between two mails to confirm to one address, whoever asks: nobody can be flooded through the form. */
export const CONFIRM_PAUSE_MS = 10 * 60_000;

/**
 * Queues the mail with the link to confirm, unless one is so fresh that it serves: its link confirms everything that
 * is pending when it is used.
 * @param trx holds the person's row locked, so that two requests at once queue one mail
 */
export async function askToConfirm(
  trx: Knex.Transaction,
  person: Subscriber,
  about: { language: string | null; lists: readonly Pick<ListFacts, 'name'>[] },
): Promise<void> {
  const last = await lastMailAt(trx, 'confirm', person.documentId);
  if (last !== null && Date.now() - last < CONFIRM_PAUSE_MS) return;
  await queueMail(trx, {
    kind: 'confirm',
    subscriberId: person.documentId,
    email: person.email,
    payload: {
      addressHash: person.addressHash,
      language: about.language,
      lists: about.lists.map(({ name }) => name),
    },
  });
}
