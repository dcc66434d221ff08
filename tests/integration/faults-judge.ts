import { appendFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Bed, Tally } from './faults-bed';

export const SLOTS = 8;

/** Kills of `npm run test:faults` over all campaigns; null in the short form that `npm test` runs. */
export const KILLS = process.env.FAULTS_KILLS ? Number(process.env.FAULTS_KILLS) : null;

export const SEED = Number(process.env.FAULTS_SEED ?? Math.floor(Math.random() * 1e9));

/** One line of the table. */
export interface Verdict {
  what: string;
  kills: number;
  /** Intents that one killed process left open, at most. */
  left: number;
  accepted: number;
  twice: number;
  forgotten: number;
  inDoubt: number;
  arrived: number;
  notArrived: number;
  /** Connections that the receiver dropped after the final dot: in doubt without any kill. */
  dropped: number;
}

const SETTLED = ['accepted', 'bounced', 'failed', 'skipped', 'in_doubt'];

/** Holds a campaign that has come to its end to what we claim, and notes the comparison that the claim rests on. */
export function judge(bed: Bed, what: string, kills: number, tally: Tally): void {
  const { states } = tally;
  const settled = SETTLED.reduce((sum, state) => sum + (states[state] ?? 0), 0);
  const verdict: Verdict = {
    what,
    kills,
    left: Math.max(0, ...bed.deaths.map((open) => open.length)),
    accepted: tally.receiver,
    twice: tally.twice.length,
    forgotten: bed.recipients - settled,
    inDoubt: states.in_doubt ?? 0,
    ...tally.doubt,
    dropped: tally.dropped,
  };
  const ours = SETTLED.map((state) => `${state} ${states[state] ?? 0}`).join(', ');
  console.log(
    `ledger: ${what}: kills ${kills} (open at one of them: ${verdict.left} at most), connections dropped after the dot ${tally.dropped}; ` +
      `receiver accepted ${tally.receiver}, twice ${verdict.twice}; ` +
      `ours of ${tally.candidates}: ${ours}, of these in doubt ${verdict.arrived} had arrived; unfinished ${tally.unfinished}`,
  );
  if (process.env.FAULTS_REPORT) appendFileSync(process.env.FAULTS_REPORT, `${JSON.stringify(verdict)}\n`);
  expect(tally.candidates).toBe(bed.recipients);
  expect(tally.twice).toEqual([]);
  expect(tally.denied).toEqual([]);
  expect(tally.invented).toEqual([]);
  expect(tally.misnamed).toEqual([]);
  expect(tally.unfinished).toBe(0);
  expect(verdict.left).toBeLessThanOrEqual(SLOTS);
  expect(tally.orphaned.length).toBeLessThanOrEqual(kills * SLOTS);
  if (bed.deaths.length === kills) expect(bed.deaths.flat()).toEqual(expect.arrayContaining(tally.orphaned));
  expect(tally.unexplained).toEqual([]);
  expect(settled).toBe(tally.candidates);
}
