import type { Knex } from 'knex';
import { insertFiring, rulesOf, firingsOfEntry, type FiringRecord, type RuleRecord } from '../../storage';
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

/**
 * Writes a pending firing for each rule that the publication fires, in the transaction that publishes. A rule with
 * `again: 'every'` takes back what an earlier publication of the entry has not sent yet.
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
    if (!ruleMatches(rule, entry, locale)) continue;
    if (rule.again === 'never' && hasFired(known, rule, locale)) continue;
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
    const earlier = known.filter((firing) => isFiringOf(firing, rule, locale) && firing.id !== id);
    const sentence = 'The entry was published again before this was sent.';
    cancelled.push(...(await withdraw(trx, earlier, 'superseded', sentence)));
  }
  return { fired, cancelled };
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
