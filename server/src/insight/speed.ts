import type { Knex } from 'knex';
import type { CampaignCounts, CampaignReport } from '../../../shared/contracts';

const WINDOW_MS = 10_000;
/** Two looks closer together than this say little. */
const MIN_MS = 500;

interface Sample {
  at: number;
  settled: number;
}

/** Earlier looks at campaigns that are being sent. Counting by time instead would read every row of the campaign. */
const samples = new WeakMap<Knex, Map<string, Sample[]>>();

/**
 * Messages per second between this look at a campaign and the oldest one of the last ten seconds, and the seconds to
 * go at that speed. Null at the first look, when there is nothing to compare with.
 * @param waiting some recipients' time has not come: no speed says when the campaign ends
 */
export function speedOf(
  db: Knex,
  id: string,
  counts: CampaignCounts,
  now: number,
  waiting = false,
): CampaignReport['speed'] {
  const known = samples.get(db) ?? new Map<string, Sample[]>();
  samples.set(db, known);
  const settled = counts.accepted + counts.bounced + counts.failed + counts.inDoubt;
  const recent = (known.get(id) ?? []).filter((sample) => sample.at >= now - WINDOW_MS);
  known.set(id, [...recent, { at: now, settled }]);
  const [oldest] = recent;
  if (!oldest || now - oldest.at < MIN_MS) return null;
  const perSecond = Math.max(0, (settled - oldest.settled) / ((now - oldest.at) / 1000));
  return {
    perSecond: Math.round(perSecond * 10) / 10,
    secondsLeft: perSecond > 0 && !waiting ? Math.ceil(counts.unfinished / perSecond) : null,
  };
}

/** A campaign that is not being sent has no speed, and its next start must not compare with the last one. */
export function forgetSpeed(db: Knex, id: string): void {
  samples.get(db)?.delete(id);
}
