import type { Knex } from 'knex';
import { CLASS_SEVERITY, type ReplyClass, type Settings } from '../../../shared/contracts';
import { lastLifted, mailOutcomes, type MailOutcome } from '../storage';
import { suppressBounced, type ReportedAddress, type StatusChange } from './suppression';

export type SoftThresholds = Pick<Settings['thresholds'], 'softBounces' | 'filtered'>;

/**
 * A mail that was accepted counts as arrived after so long without a bounce: the longest that usual servers keep trying
 * before they report (RFC 5321 §4.5.4.1: "at least 4-5 days"; Postfix `maximal_queue_lifetime` is 5 days).
 */
export const ARRIVED_AFTER = 5 * 24 * 3600 * 1000;

const DAY = 24 * 3600 * 1000;

/** How far back outcomes matter, milliseconds. */
const softWindow = ({ softBounces, filtered }: SoftThresholds): number =>
  Math.max(90, 3 * softBounces.days, 3 * filtered.days) * DAY;

/**
 * Whether a reason of a bounced or failed delivery counts against the mailbox. `expired`: given up after refusals that were
 * not about us (those keep their class).
 */
export const isSoft = (reason: string | null): boolean =>
  reason === 'expired' || (reason !== null && CLASS_SEVERITY[reason as ReplyClass] === 'soft');

/** Reasons that count, for statements. */
export const SOFT_REASONS: readonly string[] = ['expired', ...Object.keys(CLASS_SEVERITY).filter(isSoft)];

/**
 * Whether an address has failed softly often enough. The failures since the last mail that arrived are counted; each is
 * of another campaign. A mail arrived when it was opened or clicked, or was accepted and did not bounce for five days; one
 * that was accepted more recently proves nothing yet.
 * @param outcomes newest first
 * @param now milliseconds since 1970
 */
export function isOverThreshold(
  outcomes: readonly MailOutcome[],
  { softBounces, filtered }: SoftThresholds,
  now: number,
): boolean {
  const failures: MailOutcome[] = [];
  for (const outcome of outcomes) {
    if (outcome.state === 'accepted') {
      if (outcome.seen || now - outcome.settledAt >= ARRIVED_AFTER) break;
    } else if (isSoft(outcome.reason)) {
      failures.push(outcome);
    }
  }
  return (
    reaches(failures, softBounces) ||
    reaches(
      failures.filter(({ reason }) => reason === 'filtered'),
      filtered,
    )
  );
}

function reaches(failures: readonly MailOutcome[], threshold: { campaigns: number; days: number }): boolean {
  if (failures.length < threshold.campaigns) return false;
  return failures[0]!.settledAt - failures.at(-1)!.settledAt >= threshold.days * DAY;
}

/** Somebody whose mail failed softly just now. */
export interface SoftFailure extends ReportedAddress {
  subscriberId: string;
}

/**
 * Suppresses those of them whose mails have failed often enough. The counts are made of the deliveries, which must say so
 * already; for an address that was taken off the suppression list, of those since then.
 * @returns the address hashes that are suppressed now, and whose status changed
 */
export async function suppressSoftFailures(
  trx: Knex.Transaction,
  failures: readonly SoftFailure[],
  thresholds: SoftThresholds,
  now: number,
): Promise<{ hashes: Set<string>; changed: StatusChange[] }> {
  const ids = [...new Set(failures.map(({ subscriberId }) => subscriberId))];
  const outcomes = await mailOutcomes(trx, ids, now - softWindow(thresholds));
  const hashes = [...new Set(failures.map(({ addressHash }) => addressHash))];
  const lifted = await lastLifted(trx, hashes);
  const over = failures.filter(({ subscriberId, addressHash }) => {
    const since = lifted.get(addressHash) ?? 0;
    const counted = (outcomes.get(subscriberId) ?? []).filter(({ settledAt }) => settledAt > since);
    return isOverThreshold(counted, thresholds, now);
  });
  return {
    hashes: new Set(over.map(({ addressHash }) => addressHash)),
    changed: await suppressBounced(trx, 'soft-bounces', over),
  };
}
