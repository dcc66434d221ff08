import type { Knex } from 'knex';
import {
  acceptedSince,
  lockSubscribers,
  quietPeople,
  trackedCampaigns,
  unmarkInactive,
  type HygieneTarget,
  type NewFinding,
} from '../../storage';
import { tag, tagOf } from './tags';

const DAY_MS = 86_400_000;

type SunsetTarget = Extract<HygieneTarget, { kind: 'sunset' }>;

/** What the rule is measured by, read once per run. */
export interface Sunset {
  target: SunsetTarget;
  /** Since when nobody may have reacted. */
  cutoff: number;
  /** Campaigns since then that could have shown a reaction. */
  campaigns: string[];
}

export async function prepareSunset(db: Knex, target: SunsetTarget): Promise<Sunset> {
  const cutoff = monthsBefore(target.now, target.months);
  return { target, cutoff, campaigns: await trackedCampaigns(db, cutoff) };
}

/** The same day of an earlier month, or its last one: 31 March minus one month is the end of February. */
export function monthsBefore(time: number, months: number): number {
  const date = new Date(time);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() - months);
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  return date.setUTCDate(Math.min(day, last));
}

/**
 * What the rule says about people with `after` < row id ≤ `end`. Only campaigns with open tracking count as ignored, so that
 * nobody is called inactive whose reactions could not be seen; who is marked is due only if a campaign reached them since.
 */
export async function findInactive(
  db: Knex,
  { target, cutoff, campaigns }: Sunset,
  after: number,
  end: number,
): Promise<{ people: number; findings: NewFinding[] }> {
  const quiet = await quietPeople(db, cutoff, after, end);
  const ids = quiet.map(({ documentId }) => documentId);
  const accepted = await acceptedSince(db, ids, campaigns, cutoff);
  const findings = quiet.flatMap(({ documentId, markedAt, lastSignAt }): NewFinding[] => {
    const mails = accepted.get(documentId) ?? { campaigns: 0, last: 0 };
    const found = (kind: NewFinding['kind']) => [{ subscriberId: documentId, kind, detail: null }];
    if (markedAt === null) return mails.campaigns >= target.campaigns ? found('inactive') : [];
    if (lastSignAt !== null && lastSignAt > markedAt) return found('inactive-back');
    const isDue = markedAt + target.waitDays * DAY_MS <= target.now && mails.last > markedAt;
    return isDue ? found('inactive-due') : [];
  });
  return { people: quiet.length, findings };
}

/** Takes the mark off people: who opened or clicked since has answered what it asked. */
export async function unmark(trx: Knex.Transaction, subscriberIds: readonly string[]): Promise<void> {
  if (subscriberIds.length === 0) return;
  await tag(trx, await lockSubscribers(trx, subscriberIds), tagOf('inactive'), null);
  await unmarkInactive(trx, subscriberIds);
}
