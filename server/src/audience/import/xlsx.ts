import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { IMPORT_LIMITS } from '../../../../shared/import-limits';
import type { FileRow } from './csv';
import { ImportError } from './errors';
import { XLSX_THREAD } from './xlsx-thread';
import { zipEntries } from './zip';

/** Bytes that a workbook may unpack to. 100,000 rows of six columns take 40 MB. */
const MAX_UNPACKED = 1024 * 1024 * 1024;
/** Bytes of its table of shared texts, which must be held in memory. */
const MAX_SHARED_TEXTS = 128 * 1024 * 1024;
/** Mebibytes of memory for the thread. */
const THREAD_MIB = 768;

/**
 * Turns the first sheet of an .xlsx file into lines of JSON, which are then read like a text file: streamed, and from
 * where a run broke off.
 * @throws ImportError unreadable-file, too-large, too-many-columns
 */
export async function convertXlsx(from: string, to: string): Promise<void> {
  const entries = await zipEntries(from);
  if (!entries?.some(({ name }) => name === '[Content_Types].xml')) {
    throw new ImportError(
      'unreadable-file',
      400,
      'This is not an Excel workbook (.xlsx). Old .xls and protected files cannot be read: save it as .xlsx without a password, or as CSV.',
    );
  }
  const unpacked = entries.reduce((sum, { size }) => sum + size, 0);
  const shared = entries.find(({ name }) => /sharedStrings\.xml$/i.test(name))?.size ?? 0;
  if (unpacked > MAX_UNPACKED || shared > MAX_SHARED_TEXTS) throw tooLarge();
  await runThread(from, to);
}

async function runThread(from: string, to: string): Promise<void> {
  const thread = new Worker(XLSX_THREAD, {
    eval: true,
    workerData: { from, to, reader: pathToFileURL(readerPath()).href, maxColumns: IMPORT_LIMITS.columns },
    resourceLimits: { maxOldGenerationSizeMb: THREAD_MIB },
    execArgv: [],
  });
  try {
    const answer = await new Promise<{ ok: boolean; code?: string; message?: string }>((resolve, reject) => {
      thread.once('message', resolve);
      thread.once('error', reject);
      thread.once('exit', () => reject(new Error('the thread ended without an answer')));
    });
    if (answer.ok) return;
    if (answer.code === 'TOO_MANY_COLUMNS') throw tooManyColumns();
    throw new ImportError(
      'unreadable-file',
      400,
      `This workbook could not be read (${answer.message}). Save it again as .xlsx without a password, or as CSV.`,
    );
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_WORKER_OUT_OF_MEMORY') throw tooLarge();
    throw error;
  } finally {
    await thread.terminate();
  }
}

export const tooManyColumns = () =>
  new ImportError(
    'too-many-columns',
    400,
    `The file has more than ${IMPORT_LIMITS.columns} columns. Remove those that are not needed.`,
  );

const tooLarge = () =>
  new ImportError(
    'too-large',
    413,
    'This workbook is too large to be read. Save it as CSV, which can be much larger.',
  );

/** The built plugin is CommonJS and has `require`; under test it is a module. */
function readerPath(): string {
  const resolver = typeof require === 'function' ? require : createRequire(import.meta.url);
  return resolver.resolve('hucre/xlsx');
}

/** The rows of a converted sheet; `line` is the number of the row in it. */
export async function* sheetRows(file: string): AsyncGenerator<FileRow> {
  const stream = createReadStream(file);
  try {
    for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) {
      const [number, cells] = JSON.parse(line) as [number, string[]];
      yield { line: number, cells, bytes: stream.bytesRead };
    }
  } finally {
    stream.destroy();
  }
}
