import { copyFile, mkdir, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Context } from '../../context';
import { IMPORT_LIMITS } from '../../../../shared/import-limits';
import type { ImportDelimiter, ImportEncoding } from '../../../../shared/contracts';
import type { ImportRow } from '../../storage';
import { csvRows, type FileRow } from './csv';
import { ImportError } from './errors';
import { convertXlsx, sheetRows } from './xlsx';

type Place = Pick<Context, 'projectDir'>;

/** A folder of ours: files of the upload plugin have public addresses. */
const folder = (ctx: Place) => path.join(ctx.projectDir, '.newsletter', 'imports');

const SUFFIX = { csv: '.csv', xlsx: '.jsonl' } as const;

export const stagedFile = (ctx: Place, { id, format }: Pick<ImportRow, 'id' | 'format'>): string =>
  path.join(folder(ctx), id + SUFFIX[format]);

/**
 * Takes an uploaded file over: text as it is, a workbook as lines of JSON.
 * @returns bytes of the staged file
 * @throws ImportError too-large, unreadable-file, too-many-columns
 */
export async function stage(
  ctx: Place,
  target: Pick<ImportRow, 'id' | 'format'>,
  uploaded: string,
): Promise<number> {
  const { size } = await stat(uploaded);
  if (size > IMPORT_LIMITS.fileBytes) {
    throw new ImportError(
      'too-large',
      413,
      `The file has ${Math.ceil(size / 1024 / 1024)} MiB; at most ${IMPORT_LIMITS.fileBytes / 1024 / 1024} MiB can be imported at once. Split it into several files.`,
    );
  }
  const file = stagedFile(ctx, target);
  await mkdir(folder(ctx), { recursive: true, mode: 0o700 });
  try {
    if (target.format === 'csv') await copyFile(uploaded, file);
    else await convertXlsx(uploaded, file);
    return (await stat(file)).size;
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
}

/** Removes the file of an import; the import itself stays. */
export async function unstage(ctx: Place, target: Pick<ImportRow, 'id' | 'format'>): Promise<void> {
  await rm(stagedFile(ctx, target), { force: true });
}

export async function isStaged(ctx: Place, target: Pick<ImportRow, 'id' | 'format'>): Promise<boolean> {
  return stat(stagedFile(ctx, target)).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}

/** Removes files that no import of this list waits for, such as those of imports that were deleted elsewhere. */
export async function sweep(ctx: Place, keep: ReadonlySet<string>, olderThanMs: number): Promise<void> {
  const names = await readdir(folder(ctx)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  for (const name of names) {
    if (keep.has(path.parse(name).name)) continue;
    const file = path.join(folder(ctx), name);
    const { mtimeMs } = await stat(file);
    if (Date.now() - mtimeMs > olderThanMs) await rm(file, { force: true });
  }
}

/** How the staged file of an import is read. */
export interface Reading {
  format: 'csv' | 'xlsx';
  encoding: ImportEncoding | null;
  delimiter: ImportDelimiter | null;
}

/** All rows of a staged file, the header too. */
export function stagedRows(ctx: Place, target: { id: string } & Reading): AsyncGenerator<FileRow> {
  const file = stagedFile(ctx, target);
  return target.format === 'xlsx'
    ? sheetRows(file)
    : csvRows(file, target.encoding ?? 'utf-8', target.delimiter ?? ',');
}
