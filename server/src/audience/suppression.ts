import type { Knex } from 'knex';
import type { Context } from '../context';
import { announce } from './announce';
import {
  findPeople,
  markBounced,
  suppress,
  type Subscriber,
  type Suppression,
  type SuppressionReason,
} from '../storage';

/** Reasons that a confirmed double opt-in lifts. A complaint or an editor's decision stays. */
export const LIFTABLE: readonly SuppressionReason[] = [
  'sunset',
  'hygiene',
  'soft-bounces',
  'hard-bounce',
  'erased',
  'unsubscribed',
];

/** Whether even a double opt-in cannot bring this person back. */
export function isShutOut(
  person: Pick<Subscriber, 'status'> | null,
  suppression: Pick<Suppression, 'reason'> | null,
): boolean {
  return person?.status === 'complained' || (suppression !== null && !LIFTABLE.includes(suppression.reason));
}

export interface DeadRecipient {
  subscriberId: string;
  addressHash: string;
  /** The campaign whose mail was refused. */
  campaignId: string;
  /** The reply of the mail server. */
  detail: string | null;
}

/**
 * Suppresses addresses that a mail server said do not exist, and marks the people behind them as bounced, in a few
 * statements per campaign whatever the number. Who unsubscribed or complained keeps that status.
 * @param db the caller's transaction, in which the outcomes are written
 */
export async function suppressDeadRecipients(db: Knex, rows: readonly DeadRecipient[]): Promise<void> {
  const campaigns = new Map<string, DeadRecipient[]>();
  for (const row of rows) campaigns.set(row.campaignId, [...(campaigns.get(row.campaignId) ?? []), row]);
  const now = Date.now();
  for (const [campaignId, dead] of campaigns) {
    await markBounced(
      db,
      dead.map(({ addressHash }) => addressHash),
      campaignId,
    );
    await suppress(db, 'hard-bounce', dead, now);
  }
}

/** Announces those that `suppressDeadRecipients` marked, after its commit. Never throws. */
export async function announceBounced(
  ctx: Pick<Context, 'knex' | 'emit' | 'log'>,
  rows: readonly DeadRecipient[],
): Promise<void> {
  try {
    const campaigns = new Map(rows.map(({ subscriberId, campaignId }) => [subscriberId, campaignId]));
    for (const person of await findPeople(ctx.knex, [...campaigns.keys()])) {
      if (person.status !== 'bounced') continue;
      const campaignId = campaigns.get(person.documentId) ?? null;
      announce(ctx, 'subscriber-bounced', [person], { via: 'hard-bounce', campaignId });
    }
  } catch (error) {
    ctx.log.warn(`newsletter: bounced subscribers could not be announced: ${(error as Error).message}`);
  }
}
