import fc from 'fast-check';
import { expect, it } from 'vitest';
import { addsUp, partsOf, settled } from '../../../admin/src/pages/Campaigns/report/parts';
import { undoDeadline, startUndo, endUndo } from '../../../admin/src/pages/Campaigns/review/undo';

const count = fc.nat({ max: 1_000_000 });
const countsOf = fc
  .record({
    accepted: count,
    bounced: count,
    failed: count,
    skipped: count,
    inDoubt: count,
    unfinished: count,
  })
  .map((parts) => ({ ...parts, candidates: Object.values(parts).reduce((sum, value) => sum + value, 0) }));

it('draws parts that add up to the candidates, whatever is put off', () => {
  fc.assert(
    fc.property(countsOf, count, (counts, putOff) => {
      const parts = partsOf(counts, [{ state: 'deferred', reason: 'rate', count: putOff }]);
      expect(parts.reduce((sum, part) => sum + part.count, 0)).toBe(counts.candidates);
      expect(parts.every((part) => part.count >= 0)).toBe(true);
      if (counts.candidates > 0) expect(parts.reduce((sum, part) => sum + part.width, 0)).toBeCloseTo(100);
      expect(addsUp(counts)).toBe(true);
      expect(settled(counts)).toBe(counts.candidates - counts.unfinished);
    }),
  );
});

it('notices counts that do not add up', () => {
  expect(
    addsUp({ candidates: 10, accepted: 8, bounced: 1, failed: 0, skipped: 0, inDoubt: 0, unfinished: 0 }),
  ).toBe(false);
});

it('counts down from what this computer noted, else only when the start is less than a minute away', () => {
  const now = Date.parse('2026-11-24T08:00:00Z');
  expect(undoDeadline('a', '2026-11-24T09:00:00Z', now)).toBeNull();
  expect(undoDeadline('a', '2026-11-24T08:00:20Z', now)).toBe(now + 20_000);
  startUndo('a', now);
  expect(undoDeadline('a', '2026-11-24T09:00:00Z', now)).toBe(now + 30_000);
  endUndo('a');
  expect(undoDeadline('a', null, now)).toBeNull();
});
