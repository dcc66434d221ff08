import { createId } from '@paralleldrive/cuid2';
import type { Knex } from 'knex';
import {
  IMPORT_NOTES,
  type ImportCounts,
  type ImportDelimiter,
  type ImportEncoding,
  type ImportNotes,
  type ImportOptions,
  type ImportProduct,
  type ImportState,
} from '../../../shared/contracts';
import { nowMsSql } from './dialect';
import { TABLE } from './tables';
import { pieces } from './transaction';

/** An import as its table has it. Times in milliseconds since 1970. */
export interface ImportRow {
  id: string;
  state: ImportState;
  fileName: string;
  format: 'csv' | 'xlsx';
  product: ImportProduct | null;
  encoding: ImportEncoding | null;
  delimiter: ImportDelimiter | null;
  header: boolean;
  options: ImportOptions | null;
  /** The machine that has the staged file. */
  host: string;
  createdBy: string | null;
  bytesTotal: number;
  bytesDone: number;
  /** Rows of people that are committed. */
  counts: ImportCounts;
  valueProblems: number;
  /** What is said about the addresses of people, and of those who were left out for it. */
  notes: ImportNotes;
  leftOut: ImportNotes;
  /** Runs that broke off since the last committed rows. */
  attempts: number;
  error: string | null;
  leaseUntil: number;
  createdAt: number;
  startedAt: number | null;
  endedAt: number | null;
}

export type NewImport = Pick<
  ImportRow,
  | 'fileName'
  | 'format'
  | 'product'
  | 'encoding'
  | 'delimiter'
  | 'header'
  | 'host'
  | 'createdBy'
  | 'bytesTotal'
> & { id: string };

/** @returns a new id, in the form of a documentId */
export const newImportId = (): string => createId();

export async function insertImport(db: Knex, fresh: NewImport): Promise<void> {
  await db(TABLE.imports).insert({
    id: fresh.id,
    state: 'mapping',
    file_name: fresh.fileName.slice(0, 255),
    format: fresh.format,
    product: fresh.product,
    encoding: fresh.encoding,
    delimiter: fresh.delimiter,
    header: fresh.header,
    host: fresh.host,
    created_by: fresh.createdBy?.slice(0, 255) ?? null,
    bytes_total: fresh.bytesTotal,
    created_at: Date.now(),
  });
}

export async function findImport(db: Knex, id: string): Promise<ImportRow | null> {
  const row: Row | undefined = await db(TABLE.imports).where({ id }).first();
  return row ? toImport(row) : null;
}

/** One page, newest first. */
export async function pageImports(
  db: Knex,
  { page, pageSize }: { page: number; pageSize: number },
): Promise<{ rows: ImportRow[]; total: number }> {
  const rows: Row[] = await db(TABLE.imports)
    .orderBy([
      { column: 'created_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(pageSize)
    .offset((page - 1) * pageSize);
  const counted = await db(TABLE.imports).count({ total: '*' }).first();
  return { rows: rows.map(toImport), total: Number(counted?.total ?? 0) };
}

/** How the file is read; only before the start. */
export async function updateReading(
  db: Knex,
  id: string,
  reading: Partial<Pick<ImportRow, 'encoding' | 'delimiter' | 'header' | 'product'>>,
): Promise<boolean> {
  return (await db(TABLE.imports).where({ id, state: 'mapping' }).update(reading)) === 1;
}

/** `mapping` → `running`, to be taken by a process at once. */
export async function startImport(db: Knex, id: string, options: ImportOptions): Promise<boolean> {
  const changed = await db(TABLE.imports)
    .where({ id, state: 'mapping' })
    .update({ state: 'running', options: JSON.stringify(options), started_at: Date.now(), lease_until: 0 });
  return changed === 1;
}

/** Running imports that no live process has, oldest first. */
export async function abandonedImports(db: Knex): Promise<ImportRow[]> {
  const rows: Row[] = await db(TABLE.imports)
    .where({ state: 'running' })
    .where('lease_until', '<=', db.raw(nowMsSql(db)))
    .orderBy('started_at');
  return rows.map(toImport);
}

/** Ids of all imports that run, whoever has them. */
export async function runningImports(db: Knex): Promise<string[]> {
  const rows: { id: string }[] = await db(TABLE.imports).where({ state: 'running' }).select('id');
  return rows.map(({ id }) => id);
}

/** Takes a running import that no live process has; false: another one was faster, or it is not running. */
export async function takeImport(db: Knex, id: string, runner: string, leaseMs: number): Promise<boolean> {
  const changed = await db(TABLE.imports)
    .where({ id, state: 'running' })
    .where('lease_until', '<=', db.raw(nowMsSql(db)))
    .update({
      runner,
      lease_until: db.raw(`${nowMsSql(db)} + ${Math.round(leaseMs)}`),
      attempts: db.raw('attempts + 1'),
    });
  return changed === 1;
}

export interface ChunkResult {
  counts: ImportCounts;
  valueProblems: number;
  notes: ImportNotes;
  leftOut: ImportNotes;
  bytesDone: number;
}

/**
 * Adds what a chunk did, and renews the lease, in the chunk's transaction. Called first: it locks the import.
 * @returns false when this process does not hold the import any more (cancelled, or taken by another one)
 */
export async function holdImport(
  trx: Knex.Transaction,
  id: string,
  runner: string,
  leaseMs: number,
): Promise<boolean> {
  const changed = await trx(TABLE.imports)
    .where({ id, state: 'running', runner })
    .update({ lease_until: trx.raw(`${nowMsSql(trx)} + ${Math.round(leaseMs)}`) });
  return changed === 1;
}

export async function addToImport(trx: Knex.Transaction, id: string, chunk: ChunkResult): Promise<void> {
  const plus = (column: string, by: number) => trx.raw('?? + ?', [column, by]);
  const row: Row | undefined = await trx(TABLE.imports).where({ id }).first('notes', 'left_out');
  await trx(TABLE.imports)
    .where({ id })
    .update({
      rows_done: plus('rows_done', chunk.counts.rows),
      created_count: plus('created_count', chunk.counts.created),
      updated_count: plus('updated_count', chunk.counts.updated),
      unchanged_count: plus('unchanged_count', chunk.counts.unchanged),
      duplicate_count: plus('duplicate_count', chunk.counts.duplicates),
      suppressed_count: plus('suppressed_count', chunk.counts.suppressed),
      left_count: plus('left_count', chunk.counts.left),
      invalid_count: plus('invalid_count', chunk.counts.invalid),
      value_problem_count: plus('value_problem_count', chunk.valueProblems),
      notes: JSON.stringify(sumOf(readNotes(row?.notes), chunk.notes)),
      left_out: JSON.stringify(sumOf(readNotes(row?.left_out), chunk.leftOut)),
      bytes_done: chunk.bytesDone,
      attempts: 0,
    });
}

export const noNotes = (): ImportNotes =>
  Object.fromEntries(IMPORT_NOTES.map((name) => [name, 0])) as ImportNotes;

const readNotes = (value: unknown): ImportNotes => ({
  ...noNotes(),
  ...(value ? (JSON.parse(String(value)) as Partial<ImportNotes>) : {}),
});

const sumOf = (a: ImportNotes, b: ImportNotes): ImportNotes =>
  Object.fromEntries(IMPORT_NOTES.map((name) => [name, a[name] + b[name]])) as ImportNotes;

/**
 * Ends an import that waits or runs.
 * @param runner only if this process holds it; without: whoever does
 * @returns false when it had ended before, or another process holds it
 */
export async function endImport(
  db: Knex,
  id: string,
  state: 'done' | 'failed' | 'cancelled',
  { error = null, runner }: { error?: string | null; runner?: string } = {},
): Promise<boolean> {
  const changed = await db(TABLE.imports)
    .where({ id, ...(runner === undefined ? {} : { runner }) })
    .whereIn('state', ['mapping', 'running'])
    .update({
      state,
      error: error?.slice(0, 1000) ?? null,
      ended_at: Date.now(),
      lease_until: 0,
      ...(state === 'done' ? { bytes_done: db.ref('bytes_total') } : {}),
    });
  return changed === 1;
}

/**
 * Imports that were deleted, or ended before an instant, and whose addresses are still noted. The key is read from one
 * import to the next: a million addresses are not looked at.
 */
export async function importsToForget(db: Knex, before: number): Promise<string[]> {
  const ids: string[] = [];
  for (let after = ''; ; ) {
    const next: { id?: string | null } | undefined = await db(TABLE.importAddresses)
      .where('import_id', '>', after)
      .min({ id: 'import_id' })
      .first();
    if (!next?.id) break;
    ids.push((after = next.id));
  }
  const kept = new Set<string>();
  for (const some of pieces(ids)) {
    const rows: { id: string }[] = await db(TABLE.imports)
      .whereIn('id', some)
      .where((either) => void either.whereNull('ended_at').orWhere('ended_at', '>=', before))
      .select('id');
    for (const { id } of rows) kept.add(id);
  }
  return ids.filter((id) => !kept.has(id));
}

/** Whether it is still noted who was in the file of an import. */
export async function hasAddresses(db: Knex, id: string): Promise<boolean> {
  return Boolean(await db(TABLE.importAddresses).where({ import_id: id }).first('import_id'));
}

/**
 * Forgets some of the addresses that an import has met: all at once would hold SQLite's connection for seconds.
 * @returns whether there may be more
 */
export async function forgetAddresses(db: Knex, id: string, limit = 200): Promise<boolean> {
  const rows: { address_hash: string }[] = await db(TABLE.importAddresses)
    .where({ import_id: id })
    .limit(limit)
    .select('address_hash');
  await db(TABLE.importAddresses)
    .where({ import_id: id })
    .whereIn(
      'address_hash',
      rows.map(({ address_hash }) => address_hash),
    )
    .delete();
  return rows.length === limit;
}

/** Gives a running import back, so that any process may take it after `pauseMs`. */
export async function releaseImport(db: Knex, id: string, runner: string, pauseMs: number): Promise<void> {
  await db(TABLE.imports)
    .where({ id, runner, state: 'running' })
    .update({ lease_until: db.raw(`${nowMsSql(db)} + ${Math.round(pauseMs)}`), runner: null });
}

/** Deletes an import that does not run, with its report; the people stay. Its addresses go later, some at a time. */
export async function deleteImport(db: Knex, id: string): Promise<boolean> {
  const deleted = await db(TABLE.imports).where({ id }).whereNot({ state: 'running' }).delete();
  if (deleted === 0) return false;
  await db(TABLE.importErrors).where({ import_id: id }).delete();
  return true;
}

/** Imports that were uploaded before an instant and never started. */
export async function forgottenImports(db: Knex, before: number): Promise<string[]> {
  const rows: { id: string }[] = await db(TABLE.imports)
    .where({ state: 'mapping' })
    .where('created_at', '<', before)
    .select('id');
  return rows.map(({ id }) => id);
}

/** Deletes the problems of imports that ended before an instant: they hold addresses as they were written. */
export async function forgetProblems(db: Knex, before: number): Promise<void> {
  await db(TABLE.importErrors)
    .whereIn('import_id', db(TABLE.imports).where('ended_at', '<', before).select('id'))
    .delete();
}

export interface StoredProblem {
  line: number;
  column: string | null;
  value: string | null;
  code: string;
}

export async function countProblems(db: Knex, importId: string): Promise<number> {
  const row = await db(TABLE.importErrors).where({ import_id: importId }).count({ total: '*' }).first();
  return Number(row?.total ?? 0);
}

export async function addProblems(
  db: Knex,
  importId: string,
  problems: readonly StoredProblem[],
): Promise<void> {
  for (const some of pieces(problems)) {
    await db(TABLE.importErrors).insert(
      some.map(({ line, column, value, code }) => ({
        import_id: importId,
        line,
        column_name: column?.slice(0, 200) ?? null,
        value: value?.slice(0, 200) ?? null,
        code,
      })),
    );
  }
}

/** Problems in the order of the file, from behind a cursor. */
export async function readProblems(
  db: Knex,
  importId: string,
  { afterId, limit, offset = 0 }: { afterId?: number; limit: number; offset?: number },
): Promise<(StoredProblem & { id: number })[]> {
  const query = db(TABLE.importErrors).where({ import_id: importId }).limit(limit).offset(offset);
  const rows: Row[] = await (afterId === undefined
    ? query.orderBy(['line', 'id'])
    : query.where('id', '>', afterId).orderBy('id'));
  return rows.map((row) => ({
    id: Number(row.id),
    line: Number(row.line),
    column: (row.column_name ?? null) as string | null,
    value: (row.value ?? null) as string | null,
    code: String(row.code),
  }));
}

type Row = Record<string, unknown>;
type Later = 'dns' | 'leaveOut';
type OldOptions = Omit<ImportOptions, Later> & Partial<Pick<ImportOptions, Later>>;

function toImport(row: Row): ImportRow {
  const text = (name: string) => (row[name] ?? null) as string | null;
  const time = (name: string) => (row[name] === null || row[name] === undefined ? null : Number(row[name]));
  const number = (name: string) => Number(row[name] ?? 0);
  const leftOut = readNotes(row.left_out);
  return {
    id: String(row.id),
    state: row.state as ImportState,
    fileName: String(row.file_name),
    format: row.format as ImportRow['format'],
    product: text('product') as ImportProduct | null,
    encoding: text('encoding') as ImportEncoding | null,
    delimiter: text('delimiter') as ImportDelimiter | null,
    header: Boolean(row.header),
    // What a later version added is missing in an import that an earlier one started.
    options: row.options
      ? { dns: false, leaveOut: [], ...(JSON.parse(String(row.options)) as OldOptions) }
      : null,
    host: String(row.host),
    createdBy: text('created_by'),
    bytesTotal: number('bytes_total'),
    bytesDone: number('bytes_done'),
    counts: {
      rows: number('rows_done'),
      created: number('created_count'),
      updated: number('updated_count'),
      unchanged: number('unchanged_count'),
      duplicates: number('duplicate_count'),
      suppressed: number('suppressed_count'),
      left: number('left_count'),
      leftOut: Object.values(leftOut).reduce((sum, count) => sum + count, 0),
      invalid: number('invalid_count'),
    },
    valueProblems: number('value_problem_count'),
    notes: readNotes(row.notes),
    leftOut,
    attempts: number('attempts'),
    error: text('error'),
    leaseUntil: number('lease_until'),
    createdAt: number('created_at'),
    startedAt: time('started_at'),
    endedAt: time('ended_at'),
  };
}
