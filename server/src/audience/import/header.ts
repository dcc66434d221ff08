import { IMPORT_LIMITS } from '../../../../shared/import-limits';
import type { Context } from '../../context';
import type { ImportRow } from '../../storage';
import { ImportError } from './errors';
import { stagedRows, type Reading } from './stage';
import { tooManyColumns } from './xlsx';

/** The beginning of a staged file. */
export interface Beginning {
  /** Names of the columns: the header's, or their numbers. */
  columns: string[];
  /** The first rows of people, each with a cell per column. */
  rows: string[][];
}

/**
 * @throws ImportError empty-file, too-many-columns, broken-row
 */
export async function readBeginning(
  ctx: Pick<Context, 'projectDir'>,
  target: { id: string; header: boolean } & Reading,
): Promise<Beginning> {
  const wanted = IMPORT_LIMITS.previewRows + (target.header ? 1 : 0);
  const rows: string[][] = [];
  for await (const { cells } of stagedRows(ctx, target)) {
    rows.push(cells);
    if (rows.length === wanted) break;
  }
  if (rows.length === 0)
    throw new ImportError('empty-file', 400, 'The file has no rows. Choose a file with people in it.');
  const header = target.header ? rows.shift()! : [];
  // A header that ends in empty cells, as spreadsheets write them, has no further columns.
  const width = Math.max(1, ...[header, ...rows].map((cells) => trimmedLength(cells)));
  if (width > IMPORT_LIMITS.columns) throw tooManyColumns();
  const names = target.header ? trimmedLength(header) : width;
  const count = Math.max(1, names);
  return {
    columns: Array.from({ length: count }, (_, at) => header[at]?.trim() || `#${at + 1}`),
    rows: rows.map((cells) => Array.from({ length: count }, (_, at) => cells[at] ?? '')),
  };
}

function trimmedLength(cells: readonly string[]): number {
  return cells.reduce((length, cell, at) => (cell.trim() === '' ? length : at + 1), 0);
}

/** The names of an import's columns. */
export async function headerOf(ctx: Pick<Context, 'projectDir'>, row: ImportRow): Promise<string[]> {
  return (await readBeginning(ctx, row)).columns;
}
