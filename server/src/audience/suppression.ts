import type { Knex } from 'knex';
import type { Context } from '../context';
import { announce } from './announce';
import { consentEntries } from './consent';
import {
  endSubscriptions,
  findPeople,
  lockByHash,
  logConsent,
  markBounced,
  readSuppression,
  suppress,
  suppressionHistory,
  updateSubscribers,
  withdrawMails,
  type NewSuppression,
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

/** Of them, what the preference page lifts by itself: they left, or were quiet, and come back. */
export const LIFTED_BY_PAGE: readonly SuppressionReason[] = ['sunset', 'erased', 'unsubscribed'];

/**
 * What brings the owner of an address back from their preference page. `free`: nothing is in the way. `save`: saving lists.
 * `confirm`: a double opt-in, since mail to the address bounced or was thought to: that it arrives is to be shown; a later
 * unsubscribe does not make up for it. `none`: nothing that they can do alone.
 */
export type WayBack = 'free' | 'save' | 'confirm' | 'none';

export async function wayBack(
  db: Knex,
  person: Pick<Subscriber, 'status' | 'addressHash'>,
): Promise<WayBack> {
  const suppression = await readSuppression(db, person.addressHash);
  if (isShutOut(person, suppression)) return 'none';
  if (!suppression) return 'free';
  const history = await suppressionHistory(db, person.addressHash);
  const lifted = history.findIndex(({ endedAs }) => endedAs === 'lifted');
  const replaced = lifted === -1 ? history : history.slice(0, lifted);
  return [suppression, ...replaced].every(({ reason }) => LIFTED_BY_PAGE.includes(reason))
    ? 'save'
    : 'confirm';
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

/** An address about which something came back after its mail was accepted. */
export type ReportedAddress = Required<
  Pick<NewSuppression, 'addressHash' | 'detail' | 'campaignId' | 'feedbackId'>
> &
  Pick<NewSuppression, 'addedBy'>;

/** A person whose status changed, and the campaign that led to it. */
export interface StatusChange {
  person: Subscriber;
  campaignId: string | null;
}

/**
 * Suppresses addresses that bounced, and marks the people behind them. Who unsubscribed or complained keeps that status.
 * @param trx in which what came back is recorded
 * @returns whose status changed; to be announced after the commit
 */
export async function suppressBounced(
  trx: Knex.Transaction,
  reason: 'hard-bounce' | 'soft-bounces',
  rows: readonly ReportedAddress[],
): Promise<StatusChange[]> {
  const known = await lockByHash(trx, hashesOf(rows));
  const bounced = [...known.values()].filter(({ status }) => status === 'pending' || status === 'subscribed');
  const changed = await setStatus(trx, bounced, rows, 'bounced', reason);
  await suppress(trx, reason, rows, Date.now());
  return changed;
}

/**
 * Suppresses addresses whose owners called our mail spam: they leave everything, for good. Only they themselves and a
 * person in the panel together can bring them back.
 * @param trx as for `suppressBounced`
 * @returns whose status changed; to be announced after the commit
 */
export async function suppressComplained(
  trx: Knex.Transaction,
  rows: readonly ReportedAddress[],
): Promise<StatusChange[]> {
  const at = Date.now();
  const known = await lockByHash(trx, hashesOf(rows));
  const complained = [...known.values()].filter(({ status }) => status !== 'complained');
  const changed = await setStatus(trx, complained, rows, 'complained', 'complaint');
  for (const { person, campaignId } of changed) {
    await endSubscriptions(trx, [person.documentId], { via: 'complaint', campaignId, at });
    await logConsent(
      trx,
      consentEntries(person, null, 'unsubscribed', { source: 'complaint', campaignId }, { at }),
    );
  }
  await withdrawMails(
    trx,
    'confirm',
    complained.map(({ documentId }) => documentId),
  );
  await suppress(trx, 'complaint', rows, at);
  return changed;
}

async function setStatus(
  trx: Knex.Transaction,
  people: readonly Subscriber[],
  rows: readonly ReportedAddress[],
  status: 'bounced' | 'complained',
  statusReason: SuppressionReason,
): Promise<StatusChange[]> {
  const campaigns = new Map(rows.map(({ addressHash, campaignId }) => [addressHash, campaignId]));
  const changes = people.map((person) => ({
    person,
    campaignId: campaigns.get(person.addressHash) ?? null,
  }));
  const statusChangedAt = Date.now();
  for (const statusCampaign of new Set(changes.map(({ campaignId }) => campaignId))) {
    const ids = changes.filter(({ campaignId }) => campaignId === statusCampaign);
    await updateSubscribers(
      trx,
      ids.map(({ person }) => person.documentId),
      { status, statusReason, statusCampaign, statusChangedAt },
    );
  }
  return changes;
}

const hashesOf = (rows: readonly ReportedAddress[]) => [
  ...new Set(rows.map(({ addressHash }) => addressHash)),
];
