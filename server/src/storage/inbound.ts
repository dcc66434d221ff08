import type { Knex } from 'knex';
import { nowMsSql } from './dialect';
import { TABLE } from './tables';

/** A mailbox and the process that reads it, or wants to. */
export interface MailboxHold {
  /** Name of the mailbox in the configuration. */
  name: string;
  /** At most 32 characters, unique per process. */
  holder: string;
}

/**
 * Takes the lease of a mailbox, or renews one's own. By the database's clock.
 * @returns false: another process holds it
 */
export async function holdMailbox(
  db: Knex,
  { name, holder }: MailboxHold,
  leaseMs: number,
): Promise<boolean> {
  const now = nowMsSql(db);
  const lease = { holder, lease_until: db.raw(`${now} + ?`, [leaseMs]) };
  const held = () =>
    db(TABLE.inboundMailboxes)
      .where({ name })
      .andWhere((free) => void free.where({ holder }).orWhereRaw(`lease_until < ${now}`))
      .update(lease);
  if ((await held()) > 0) return true;
  await db(TABLE.inboundMailboxes)
    .insert({ name, holder, lease_until: 0, tries: 0 })
    .onConflict('name')
    .ignore();
  return (await held()) > 0;
}

/**
 * Notes, before anything is done with it, which mail is in hand: a mail that ends the process each time is found out.
 * @param message at most 64 characters; tries are counted for as long as the same one comes again
 * @returns how often it was begun, this time included; null: the lease is lost
 */
export async function beginMessage(
  db: Knex,
  { name, holder }: MailboxHold,
  message: string,
): Promise<number | null> {
  const now = nowMsSql(db);
  const mine = () => db(TABLE.inboundMailboxes).where({ name, holder }).whereRaw(`lease_until >= ${now}`);
  // MySQL assigns from left to right: tries comes before message.
  await mine().update({
    tries: db.raw('CASE WHEN message = ? THEN tries + 1 ELSE 1 END', [message]),
    message,
  });
  const row = await mine().where({ message }).first('tries');
  return row ? Number(row.tries) : null;
}

/** A try that the mail was not to blame for, such as one without a database, does not count. */
export async function forgetTry(db: Knex, { name, holder }: MailboxHold): Promise<void> {
  await db(TABLE.inboundMailboxes).where({ name, holder }).where('tries', '>', 0).decrement('tries', 1);
}

/** Lets another process have the mailbox at once. */
export async function releaseMailbox(db: Knex, { name, holder }: MailboxHold): Promise<void> {
  await db(TABLE.inboundMailboxes).where({ name, holder }).update({ lease_until: 0 });
}
