import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Context } from '../../context';
import {
  abandonedImports,
  deleteImport,
  endImport,
  findImport,
  forgetAddresses,
  forgetProblems,
  forgottenImports,
  importsToForget,
  releaseImport,
  runningImports,
  takeImport,
  type ImportRow,
} from '../../storage';
import { databaseSentence, startBackground, type Background } from '../background';
import { ImportError } from './errors';
import { fileGone, runImport, type Hold } from './run';
import { isStaged, sweep, unstage } from './stage';

const LEASE_MS = 15_000;
const LOOK_MS = 10_000;
/** A machine that has the file and does not come back within this time is not waited for. */
const ABSENT_MS = 15 * 60_000;
/** Runs that may break off without a single row committed in between. */
const ATTEMPTS = 5;
const RETRY_MS = 10_000;
const TIDY_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Files of imports that were never started, and of failed ones. */
const KEEP_FILES_MS = DAY_MS;
/** Problems hold addresses as they were written; who was in a file is kept as long, for a check of them. */
const KEEP_PROBLEMS_MS = 30 * DAY_MS;

/** Runs imports in this process, one at a time, until it is stopped. */
export type ImportRunner = Background;

/**
 * Starts looking for imports that should run and that no live process has: those that were just started, and those whose
 * process died. Several processes may look: each import is taken by one of them.
 */
export function startImportRunner(ctx: Context, options: { lookMs?: number } = {}): ImportRunner {
  const runner = randomUUID();
  let tidiedAt = 0;
  return startBackground({
    lookMs: options.lookMs ?? LOOK_MS,
    failed: (error) => ctx.log.error(`newsletter: imports: ${databaseSentence(error)}`),
    async look(isStopping) {
      const hold: Hold = { runner, leaseMs: LEASE_MS, isStopping };
      if (Date.now() - tidiedAt > TIDY_MS) {
        await tidy(ctx);
        await forgetEnded(ctx, hold);
        tidiedAt = Date.now();
      }
      await runAbandoned(ctx, hold);
    },
  });
}

async function runAbandoned(ctx: Context, hold: Hold): Promise<void> {
  for (const row of await abandonedImports(ctx.knex)) {
    if (hold.isStopping()) return;
    if (!(await isStaged(ctx, row))) await giveUp(ctx, row);
    else if (await takeImport(ctx.knex, row.id, hold.runner, hold.leaseMs)) await run(ctx, row.id, hold);
  }
}

async function run(ctx: Context, id: string, hold: Hold): Promise<void> {
  const row = await findImport(ctx.knex, id);
  if (!row) return;
  try {
    const outcome = await runImport(ctx, row, hold);
    if (outcome === 'stopped') await releaseImport(ctx.knex, id, hold.runner, 0);
    else if (outcome === 'done') ctx.log.info(`newsletter: import ${id} is done`);
  } catch (error) {
    await breakOff(ctx, row, hold, error as Error);
  }
  await forgetEnded(ctx, hold);
}

async function forgetEnded(ctx: Context, hold: Hold): Promise<void> {
  for (const id of await importsToForget(ctx.knex, Date.now() - KEEP_PROBLEMS_MS)) {
    while (!hold.isStopping() && (await forgetAddresses(ctx.knex, id))) await nextTurn();
  }
}

/** What is wrong with the file ends the import; what is wrong with us or the database is tried again a few times. */
async function breakOff(ctx: Context, row: ImportRow, hold: Hold, error: Error): Promise<void> {
  if (error instanceof ImportError) {
    await endImport(ctx.knex, row.id, 'failed', { error: error.message, runner: hold.runner });
    return;
  }
  const now = await findImport(ctx.knex, row.id);
  const sentence = databaseSentence(error);
  ctx.log.error(`newsletter: import ${row.id} broke off: ${sentence}`);
  if (now && now.attempts < ATTEMPTS) {
    await releaseImport(ctx.knex, row.id, hold.runner, RETRY_MS);
    return;
  }
  await endImport(ctx.knex, row.id, 'failed', {
    error: `The import broke off several times at the same rows (${sentence}). What was imported before stays; import the file again once the cause is mended.`,
    runner: hold.runner,
  });
}

/** The file lies on another machine, which has its time to come back, or it is lost. */
async function giveUp(ctx: Context, row: ImportRow): Promise<void> {
  const since = Math.max(row.leaseUntil, row.startedAt ?? 0);
  if (row.host !== hostname() && Date.now() - since < ABSENT_MS) return;
  await endImport(ctx.knex, row.id, 'failed', { error: fileGone().message });
}

async function tidy(ctx: Context): Promise<void> {
  const now = Date.now();
  for (const id of await forgottenImports(ctx.knex, now - KEEP_FILES_MS)) {
    const row = await findImport(ctx.knex, id);
    if (row && (await deleteImport(ctx.knex, id))) await unstage(ctx, row);
  }
  await forgetProblems(ctx.knex, now - KEEP_PROBLEMS_MS);
  await sweep(ctx, new Set(await runningImports(ctx.knex)), KEEP_FILES_MS);
}
