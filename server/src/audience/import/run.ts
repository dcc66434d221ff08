import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ImportOptions } from '../../../../shared/contracts';
import type { Context } from '../../context';
import { currentWording, loadSettings } from '../../settings';
import {
  allLists,
  countProblems,
  dialectOf,
  endImport,
  holdImport,
  inTransaction,
  type ImportRow,
} from '../../storage';
import { IMPORT_LIMITS } from '../../../../shared/import-limits';
import { headerOf } from './header';
import { createNotes } from './notes';
import { ImportError } from './errors';
import { readRow, type Mapping, type ReadRow } from './person';
import { isStaged, stagedRows, unstage } from './stage';
import { writeChunk, type Job } from './write';

/**
 * Rows per transaction. SQLite has one connection, which nobody else has meanwhile: some 20 ms, half of them the commit.
 * The file is read no further than the chunk that is written.
 */
const CHUNK = { sqlite: 100, postgres: 500, mysql: 500 };

/** Committed rows that are passed over between two looks whether this process still holds the import. */
const SKIPPED_AT_ONCE = 20_000;

export interface Hold {
  /** Names this process in the lease. */
  runner: string;
  leaseMs: number;
  /** Asked between two chunks. */
  isStopping(): boolean;
}

/**
 * Runs an import that this process holds, from behind its last committed row to its end.
 * @returns `done`; `stopped`: it is still running and may be taken by any process; `lost`: somebody else cancelled it or
 *   took it
 * @throws ImportError when the file cannot be read on; anything else is a fault, after which it can be tried again
 */
export async function runImport(
  ctx: Context,
  row: ImportRow,
  hold: Hold,
): Promise<'done' | 'stopped' | 'lost'> {
  if (!row.options) throw new Error(`import ${row.id} runs without its options`);
  if (!(await isStaged(ctx, row))) throw fileGone();
  const { mapping, job } = await prepare(ctx, row, hold);

  const size = CHUNK[dialectOf(ctx.knex)];
  let passed = 0;
  let isHeader = row.header;
  let chunk: ReadRow[] = [];
  const note = await createNotes(ctx, row.options, () => keepHold(ctx, row.id, hold));
  const flush = async (): Promise<boolean> => {
    const listed = await writeChunk(ctx.knex, job, chunk, await note(chunk));
    if (listed === null) return false;
    job.room -= listed;
    chunk = [];
    // Requests of editors and subscribers get their turn.
    await nextTurn();
    return true;
  };
  for await (const fileRow of stagedRows(ctx, row)) {
    if (isHeader) {
      isHeader = false;
      continue;
    }
    if (++passed <= row.counts.rows) {
      if (passed % SKIPPED_AT_ONCE === 0 && !(await keepHold(ctx, row.id, hold))) return 'lost';
      if (hold.isStopping()) return 'stopped';
      continue;
    }
    chunk.push(readRow(ctx.tokens, mapping, fileRow));
    if (chunk.length < size) continue;
    if (!(await flush())) return 'lost';
    if (hold.isStopping()) return 'stopped';
  }
  if (chunk.length > 0 && !(await flush())) return 'lost';
  if (!(await endImport(ctx.knex, row.id, 'done', { runner: hold.runner }))) return 'lost';
  await unstage(ctx, row);
  return 'done';
}

/** How the rows of an import are meant. */
export async function mappingOf(
  ctx: Context,
  row: ImportRow,
  { columns, status }: Pick<ImportOptions, 'columns' | 'status'>,
): Promise<Mapping> {
  const [{ attributes }, lists] = [await loadSettings(ctx.knex), await allLists(ctx.knex)];
  return { header: await headerOf(ctx, row), columns, status, attributes, lists };
}

/** To pass over a million rows takes longer than the lease, and nothing is written meanwhile. */
const keepHold = (ctx: Context, id: string, { runner, leaseMs }: Hold) =>
  inTransaction(ctx.knex, (trx) => holdImport(trx, id, runner, leaseMs));

async function prepare(ctx: Context, row: ImportRow, hold: Hold): Promise<{ mapping: Mapping; job: Job }> {
  const options = row.options!;
  const lists = await allLists(ctx.knex);
  const [en, ja] = [await currentWording(ctx.knex, 'en'), await currentWording(ctx.knex, 'ja')];
  const mapping = await mappingOf(ctx, row, options);
  const job: Job = {
    importId: row.id,
    runner: hold.runner,
    leaseMs: hold.leaseMs,
    options,
    joining: { options, lists, wordings: { en: en.version, ja: ja.version } },
    room: IMPORT_LIMITS.listedProblems - (await countProblems(ctx.knex, row.id)),
  };
  return { mapping, job };
}

export const fileGone = () =>
  new ImportError(
    'file-gone',
    409,
    'The uploaded file is not there any more (it lies on the machine that took it). Upload it again: people who are imported already count as unchanged.',
  );
