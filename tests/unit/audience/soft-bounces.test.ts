import { describe, expect, it } from 'vitest';
import { isOverThreshold } from '../../../server/src/audience/soft-bounces';
import type { MailOutcome } from '../../../server/src/storage';

const DAY = 24 * 3600 * 1000;
const NOW = 1_800_000_000_000;
const THRESHOLDS = { softBounces: { campaigns: 3, days: 14 }, filtered: { campaigns: 2, days: 1 } };

const outcome = (daysAgo: number, reason: string | null, seen = false): MailOutcome => ({
  state: reason === null ? 'accepted' : 'bounced',
  reason,
  settledAt: NOW - daysAgo * DAY,
  seen,
});
const over = (...outcomes: MailOutcome[]) => isOverThreshold(outcomes, THRESHOLDS, NOW);

describe('soft bounces of an address', () => {
  it('are enough when they are of three campaigns over 14 days', () => {
    expect(over(outcome(0, 'mailbox-full'), outcome(7, 'network'), outcome(14, 'expired'))).toBe(true);
    expect(over(outcome(0, 'mailbox-full'), outcome(7, 'network'), outcome(13.9, 'expired'))).toBe(false);
    expect(over(outcome(0, 'mailbox-full'), outcome(20, 'expired'))).toBe(false);
  });

  it('start anew after a mail that arrived', () => {
    const since = [outcome(0, 'mailbox-full'), outcome(8, 'mailbox-full')];
    expect(over(...since, outcome(10, null), outcome(16, 'other'))).toBe(false);
    expect(over(...since, outcome(16, 'other'))).toBe(true);
  });

  it('do not start anew after one that was accepted a moment ago, unless somebody has seen it', () => {
    const before = [outcome(5, 'routing'), outcome(10, 'routing'), outcome(20, 'routing')];
    expect(over(outcome(4.9, null), ...before)).toBe(true);
    expect(over(outcome(4.9, null, true), ...before)).toBe(false);
  });

  it('do not count what is about us', () => {
    const blocked = ['reputation', 'content', 'authentication', 'policy', 'rate'];
    expect(over(...blocked.map((reason, i) => outcome(i * 7, reason)))).toBe(false);
  });

  it('are enough twice on different days where the reply says unknown for a filter too', () => {
    expect(over(outcome(0, 'filtered'), outcome(1, 'filtered'))).toBe(true);
    expect(over(outcome(0, 'filtered'), outcome(0.5, 'filtered'))).toBe(false);
    expect(over(outcome(0, 'filtered'), outcome(1, 'mailbox-full'))).toBe(false);
  });
});
