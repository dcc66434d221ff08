import type { CampaignCounts, CampaignReport, DeliveryState } from '../../../../../shared/contracts';

/** Where a candidate is, as the bar shows it: the delivery states. Their counts add up to the candidates. */
export interface Part {
  state: DeliveryState;
  count: number;
  /** Of the bar, 0–100. */
  width: number;
}

/** The parts of the bar in a fixed order. What is unfinished is waiting (`queued`) or was put off (`deferred`). */
export function partsOf(counts: CampaignCounts, reasons: CampaignReport['reasons']): Part[] {
  const putOff = reasons
    .filter(({ state }) => state === 'deferred')
    .reduce((sum, { count }) => sum + count, 0);
  const deferred = Math.min(putOff, counts.unfinished);
  const parts: [DeliveryState, number][] = [
    ['accepted', counts.accepted],
    ['bounced', counts.bounced],
    ['failed', counts.failed],
    ['in_doubt', counts.inDoubt],
    ['skipped', counts.skipped],
    ['deferred', deferred],
    ['queued', counts.unfinished - deferred],
  ];
  return parts.map(([state, count]) => ({
    state,
    count,
    width: counts.candidates > 0 ? (count / counts.candidates) * 100 : 0,
  }));
}

/** Whether the parts make the whole; the page says so when they do not, instead of drawing a bar that lies. */
export const addsUp = (counts: CampaignCounts): boolean =>
  counts.accepted + counts.bounced + counts.failed + counts.skipped + counts.inDoubt + counts.unfinished ===
  counts.candidates;

/** How many have been handed over or settled: what "already went" means when somebody cancels. */
export const settled = (counts: CampaignCounts): number => counts.candidates - counts.unfinished;
