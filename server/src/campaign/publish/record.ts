import type { Knex } from 'knex';
import {
  findRun,
  firingsOfEntry,
  insertFiring,
  lockCampaign,
  lockFiring,
  moveFiring,
  rulesOf,
  type FiringRecord,
  type RuleRecord,
  type StateReason,
} from '../../storage';
import { ruleMatches } from './conditions';
import { titleOf, type Entry, type EntryType } from './entries';
import { withdraw } from './withdraw';

/** One locale of a document that was just published, with components and relations filled in. */
export interface Publication {
  type: EntryType;
  entry: Entry;
  locale: string | null;
}

/** Rules that a publication of this content type could fire. */
export async function enabledRules(db: Knex, contentType: string): Promise<RuleRecord[]> {
  return (await rulesOf(db, contentType)).filter((rule) => rule.enabled);
}

const NO_LONGER_MEETS: StateReason = {
  sentence: 'The entry was published again and no longer meets the conditions of the rule.',
  cause: { id: 'entry-changed', values: {} },
};
const PUBLISHED_AGAIN: StateReason = {
  sentence: 'The entry was published again before this was sent.',
  cause: { id: 'entry-republished', values: {} },
};

/**
 * Writes a pending firing for each rule that the publication fires, in the transaction that publishes. What an earlier
 * publication of the entry has scheduled and not sent yet is taken back by a rule with `again: 'every'`, or when the
 * entry no longer meets the conditions; a rule that fires once renews it.
 * @returns ids of the firings, to be dispatched after the commit, and of the campaigns that were cancelled
 */
export async function recordPublication(
  trx: Knex.Transaction,
  rules: readonly RuleRecord[],
  { type, entry, locale }: Publication,
  now: number = Date.now(),
): Promise<{ fired: number[]; cancelled: string[] }> {
  const fired: number[] = [];
  const cancelled: string[] = [];
  const known = await firingsOfEntry(trx, type.uid, [entry.documentId]);
  for (const rule of rules) {
    const earlier = known.filter((firing) => isFiringOf(firing, rule, locale));
    if (!ruleMatches(rule, entry, locale)) {
      cancelled.push(...(await withdraw(trx, earlier, 'cancelled', NO_LONGER_MEETS)));
      continue;
    }
    if (rule.again === 'never' && hasFired(known, rule, locale)) {
      fired.push(...(await renewable(trx, earlier, now)));
      continue;
    }
    const id = await insertFiring(trx, {
      ruleId: rule.documentId,
      contentType: type.uid,
      entryId: entry.documentId,
      locale: locale ?? '',
      occasion: rule.again === 'every' ? `at-${publicationTime(entry) ?? now}` : 'first',
      title: titleOf(type, entry),
      createdAt: now,
    });
    if (id === null) continue;
    fired.push(id);
    cancelled.push(...(await withdraw(trx, earlier, 'superseded', PUBLISHED_AGAIN)));
  }
  return { fired, cancelled };
}

/**
 * Firings whose campaign waits for the time that the rule gave it: it is to say what the entry says now. They are
 * pending again; a campaign that a person scheduled anew is theirs.
 */
async function renewable(
  trx: Knex.Transaction,
  firings: readonly FiringRecord[],
  now: number,
): Promise<number[]> {
  const ids: number[] = [];
  for (const { id, scheduledFor, campaignId } of firings) {
    if (scheduledFor === null || scheduledFor <= now || campaignId === null) continue;
    // The firing before the campaign, as everywhere.
    const firing = await lockFiring(trx, id);
    if (firing?.state !== 'done') continue;
    const campaign = await lockCampaign(trx, campaignId);
    const run = await findRun(trx, campaignId);
    if (campaign?.state !== 'scheduled' || run?.startAt !== scheduledFor) continue;
    await moveFiring(trx, id, ['done'], { to: 'pending' });
    ids.push(id);
  }
  return ids;
}

/** Whether an entry has fired a rule in this locale, and that was not taken back before anything came of it. */
export const hasFired = (
  firings: readonly FiringRecord[],
  rule: RuleRecord,
  locale: string | null,
): boolean =>
  firings.some((firing) => isFiringOf(firing, rule, locale) && !firing.occasion.startsWith('ended-'));

const isFiringOf = (firing: FiringRecord, rule: RuleRecord, locale: string | null): boolean =>
  firing.ruleId === rule.documentId &&
  firing.locale === (locale ?? '') &&
  !firing.occasion.startsWith('manual-');

/** Two signals of one publication carry the same time. */
function publicationTime(entry: Entry): number | null {
  const time = entry.publishedAt === null ? NaN : new Date(entry.publishedAt as string).getTime();
  return Number.isFinite(time) ? time : null;
}
