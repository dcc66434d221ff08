import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Context } from '../../context';
import { loadSettings } from '../../settings';
import {
  abandonedHygieneRun,
  findHygieneRun,
  forgetDomains,
  forgetFindings,
  forgetMailboxes,
  lastSunsetRun,
  moveHygieneRun,
  releaseHygieneRun,
  takeHygieneRun,
  type HygieneRunRow,
} from '../../storage';
import { databaseSentence, startBackground, type Background } from '../background';
import type { Hold } from '../import/run';
import { runAction } from './act';
import { HygieneError } from './errors';
import { actOn, startCheck } from './intake';
import { runCheck } from './run';

/** Longer than an import's: between two pages, DNS may keep a check waiting. */
const LEASE_MS = 60_000;
const LOOK_MS = 10_000;
/** Runs that may break off without a single page committed in between. */
const ATTEMPTS = 5;
const RETRY_MS = 10_000;
const TIDY_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Findings name people; the sums and decisions stay. */
const KEEP_FINDINGS_MS = 30 * DAY_MS;

/** Names of the segment and the attribute that the rule makes when nobody has named them. */
const AUTOMATIC = { name: 'Inactive subscribers', label: 'Inactive since' };

/** Runs checks, and what was decided about them, in this process, one at a time, until it is stopped. */
export type HygieneRunner = Background;

/**
 * Starts looking for checks that should run and that no live process has. Several processes may look: one check runs at a
 * time in all of them.
 */
export function startHygieneRunner(ctx: Context, options: { lookMs?: number } = {}): HygieneRunner {
  const runner = randomUUID();
  let tidiedAt = 0;
  return startBackground({
    lookMs: options.lookMs ?? LOOK_MS,
    failed: (error) => ctx.log.error(`newsletter: list checks: ${databaseSentence(error)}`),
    async look(isStopping) {
      const hold: Hold = { runner, leaseMs: LEASE_MS, isStopping };
      if (Date.now() - tidiedAt > TIDY_MS) {
        await tidy(ctx, hold);
        tidiedAt = Date.now();
      }
      await followSunset(ctx);
      const id = await abandonedHygieneRun(ctx.knex);
      if (id !== null && (await takeHygieneRun(ctx.knex, id, runner, LEASE_MS))) await run(ctx, id, hold);
    },
  });
}

async function run(ctx: Context, id: string, hold: Hold): Promise<void> {
  const row = await findHygieneRun(ctx.knex, id);
  if (!row) return;
  try {
    const outcome = await (row.state === 'acting' ? runAction : runCheck)(ctx, row, hold);
    if (outcome === 'stopped') await releaseHygieneRun(ctx.knex, id, hold.runner, 0);
  } catch (error) {
    await breakOff(ctx, row, hold, error as Error);
  }
  while (!hold.isStopping() && (await forgetMailboxes(ctx.knex))) await nextTurn();
}

/** A fault is tried again a few times, from behind what is committed. */
async function breakOff(ctx: Context, row: HygieneRunRow, hold: Hold, error: Error): Promise<void> {
  const sentence = databaseSentence(error);
  ctx.log.error(`newsletter: the list check ${row.id} broke off: ${sentence}`);
  const now = await findHygieneRun(ctx.knex, row.id);
  if (now && now.attempts < ATTEMPTS) {
    await releaseHygieneRun(ctx.knex, row.id, hold.runner, RETRY_MS);
    return;
  }
  await moveHygieneRun(ctx.knex, row.id, ['running', 'acting'], 'failed', {
    error: `It broke off several times at the same people (${sentence}). What was found and done before stays.`,
    runner: hold.runner,
  });
}

/**
 * The sunset rule by itself, when Settings say so: a check a day, then what it would have asked about. Each part is a
 * check or a decision as a person's would be, and stands in the same reports.
 */
export async function followSunset(ctx: Context): Promise<void> {
  const { sunset, tracking } = await loadSettings(ctx.knex);
  if (!sunset.automatic || !tracking.opens) return;
  const last = await lastSunsetRun(ctx.knex);
  try {
    if (last?.state === 'done' && last.createdBy === null) {
      const { inactive, 'inactive-due': due } = last.counts;
      if (due.open > 0) {
        await actOn(
          ctx,
          last.id,
          { kind: 'inactive-due', count: due.open, action: { do: 'suppress' } },
          null,
        );
        return;
      }
      if (inactive.open > 0) {
        const action = { do: 'tag' as const, ...AUTOMATIC };
        await actOn(ctx, last.id, { kind: 'inactive', count: inactive.open, action }, null);
        return;
      }
    }
    if (!last || Date.now() - last.createdAt > DAY_MS)
      await startCheck(ctx, { scope: { kind: 'sunset' }, dns: false }, null);
  } catch (error) {
    // Another check runs, or somebody else was faster: at the next look.
    if (!(error instanceof HygieneError)) throw error;
  }
}

async function tidy(ctx: Context, hold: Hold): Promise<void> {
  await forgetDomains(ctx.knex);
  const before = Date.now() - KEEP_FINDINGS_MS;
  while (!hold.isStopping() && (await forgetFindings(ctx.knex, before))) await nextTurn();
  while (!hold.isStopping() && (await forgetMailboxes(ctx.knex))) await nextTurn();
}
