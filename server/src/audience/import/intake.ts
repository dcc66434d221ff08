import { open } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import type { z } from 'zod';
import type {
  ColumnTarget,
  ImportAddresses,
  importAddressesSchema,
  ImportDetail,
  ImportDto,
  ImportOptions,
  ImportPreview,
  ImportReading,
} from '../../../../shared/contracts';
import type { Context } from '../../context';
import { declareAttribute, loadSettings } from '../../settings';
import {
  deleteImport,
  endImport,
  findImport,
  insertImport,
  newImportId,
  startImport,
  updateReading,
  type ImportRow,
} from '../../storage';
import { knownLists } from '../lists';
import { lookAtAddresses } from './addresses';
import { detectDelimiter } from './csv';
import { detectEncoding } from './encoding';
import { ImportError } from './errors';
import { readBeginning } from './header';
import { recognise, suggestColumns, suggestStatus } from './products';
import { isStaged, stage, stagedFile, unstage } from './stage';
import { fileGone, mappingOf } from './run';

/**
 * Takes an uploaded file over and finds out how it is to be read.
 * @param uploaded.path where the file lies; it is copied
 * @throws ImportError too-large, unreadable-file, empty-file, too-many-columns, broken-row
 */
export async function createImport(
  ctx: Context,
  uploaded: { path: string; name: string; by: string | null },
): Promise<ImportDetail> {
  const fileName = path.basename(uploaded.name.replace(/\\/g, '/')) || 'import.csv';
  const format = await formatOf(uploaded.path);
  const target = { id: newImportId(), format };
  const bytesTotal = await stage(ctx, target, uploaded.path);
  try {
    const file = stagedFile(ctx, target);
    const encoding = format === 'csv' ? await detectEncoding(file) : null;
    const delimiter = encoding ? await detectDelimiter(file, encoding) : null;
    const reading = { ...target, encoding, delimiter, header: true };
    const { columns } = await readBeginning(ctx, reading);
    const header = !columns.some(looksLikeAddress);
    const product = header ? recognise(columns) : null;
    await insertImport(ctx.knex, {
      ...reading,
      header,
      product,
      fileName,
      bytesTotal,
      host: hostname(),
      createdBy: uploaded.by,
    });
  } catch (error) {
    await unstage(ctx, target);
    throw error;
  }
  return importDetail(ctx, target.id);
}

/** No longer than addresses are: the expression takes minutes over a cell of 100,000 signs. */
const looksLikeAddress = (cell: string) => cell.length <= 320 && /^\S+@\S+\.\S+$/.test(cell);

/** By its first bytes, since names lie: every .xlsx file is a ZIP file, and no list of addresses begins like one. */
async function formatOf(file: string): Promise<'csv' | 'xlsx'> {
  const handle = await open(file);
  try {
    const start = Buffer.alloc(8);
    await handle.read(start, 0, 8, 0);
    if (start.readUInt32BE(0) === 0xd0cf11e0) {
      throw new ImportError(
        'unreadable-file',
        400,
        'This is an old Excel file (.xls), or one with a password. Save it as .xlsx without a password, or as CSV.',
      );
    }
    return start.toString('latin1', 0, 4) === 'PK\x03\x04' ? 'xlsx' : 'csv';
  } finally {
    await handle.close();
  }
}

/**
 * An import, with its preview while its columns wait to be mapped.
 * @throws ImportError unknown-import; file-gone
 */
export async function importDetail(ctx: Context, id: string): Promise<ImportDetail> {
  const row = await existing(ctx, id);
  return { ...importDto(row), preview: row.state === 'mapping' ? await preview(ctx, row) : null };
}

async function preview(ctx: Context, row: ImportRow): Promise<ImportPreview> {
  if (!(await isStaged(ctx, row))) throw fileGone();
  const { columns, rows } = await readBeginning(ctx, row);
  const { attributes } = await loadSettings(ctx.knex);
  return {
    encoding: row.encoding,
    delimiter: row.delimiter,
    header: row.header,
    columns,
    rows,
    suggestion: {
      columns: suggestColumns(row.header ? columns : columns.map(() => ''), rows, attributes),
      status: suggestStatus(row.product, columns, row.fileName),
    },
    attributes,
  };
}

/**
 * Reads the file in another way from now on.
 * @throws ImportError unknown-import; wrong-state when it has started; broken-row, too-many-columns, empty-file when it
 *   cannot be read so (then it stays as it was)
 */
export async function changeReading(ctx: Context, id: string, input: ImportReading): Promise<ImportDetail> {
  const row = await existing(ctx, id);
  if (row.state !== 'mapping') throw hasStarted();
  const isText = row.format === 'csv';
  const reading = {
    encoding: (isText && input.encoding) || row.encoding,
    delimiter: (isText && input.delimiter) || row.delimiter,
    header: input.header ?? row.header,
  };
  const { columns } = await readBeginning(ctx, { ...row, ...reading });
  const product = reading.header ? recognise(columns) : null;
  if (!(await updateReading(ctx.knex, id, { ...reading, product }))) throw hasStarted();
  return importDetail(ctx, id);
}

/**
 * What the import would say about the addresses of the file. Nothing is changed by it.
 * @throws ImportError unknown-import, wrong-state, wrong-mapping, file-gone, broken-row
 */
export async function previewAddresses(
  ctx: Context,
  id: string,
  query: z.output<typeof importAddressesSchema>,
): Promise<ImportAddresses> {
  const row = await existing(ctx, id);
  if (row.state !== 'mapping') throw hasStarted();
  if (!(await isStaged(ctx, row))) throw fileGone();
  const mapping = await mappingOf(ctx, row, query);
  checkColumns(query.columns, mapping.header.length);
  return lookAtAddresses(ctx, row, mapping, query.dns);
}

/**
 * Lets an import run, in whichever process has its file.
 * @throws ImportError unknown-import, wrong-state, wrong-mapping, unknown-attribute, file-gone; AudienceError unknown-list
 */
export async function beginImport(ctx: Context, id: string, options: ImportOptions): Promise<ImportDto> {
  const row = await existing(ctx, id);
  if (row.state !== 'mapping') throw hasStarted();
  if (!(await isStaged(ctx, row))) throw fileGone();
  const { columns } = await readBeginning(ctx, row);
  checkMapping(options, columns.length);
  await knownLists(ctx.knex, options.lists);
  await declareAttributes(ctx, options.columns);
  if (!(await startImport(ctx.knex, id, options))) throw hasStarted();
  return importDto(await existing(ctx, id));
}

function checkMapping({ columns, consent, lists }: ImportOptions, count: number): void {
  const names = checkColumns(columns, count);
  if (consent.kind === 'confirm' && lists.length === 0 && !names.includes('lists'))
    throw wrongMapping('Choose the list that people are asked to confirm.');
}

/** @returns what the columns become */
function checkColumns(columns: readonly ColumnTarget[], count: number): string[] {
  if (columns.length !== count)
    throw wrongMapping(
      `The file has ${count} columns, but ${columns.length} were mapped. Load the page again.`,
    );
  const names = columns
    .filter(({ to }) => to !== 'ignore' && to !== 'status')
    .map((target) =>
      target.to === 'attribute'
        ? `attribute ${target.name}`
        : target.to === 'newAttribute'
          ? `attribute ${target.declaration.name}`
          : target.to,
    );
  if (!names.includes('email')) throw wrongMapping('Say which column has the email address.');
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice) throw wrongMapping(`Two columns are mapped to "${twice}". Choose one of them.`);
  return names;
}

/** Declares the attributes that the mapping makes, and refuses those that nobody has declared. */
async function declareAttributes(ctx: Context, columns: readonly ColumnTarget[]): Promise<void> {
  const { attributes } = await loadSettings(ctx.knex);
  const fresh = columns.flatMap((target) => (target.to === 'newAttribute' ? [target.declaration] : []));
  const declared = new Set(attributes.map(({ name }) => name));
  const known = fresh.find(({ name }) => declared.has(name));
  if (known)
    throw new ImportError('wrong-mapping', 409, `There is an attribute "${known.name}" already: choose it.`);
  for (const target of columns) {
    if (target.to === 'attribute' && !declared.has(target.name)) {
      throw new ImportError(
        'unknown-attribute',
        400,
        `There is no attribute "${target.name}". It may have been removed from the settings.`,
      );
    }
  }
  if (fresh.length > 0) await declareAttribute(ctx.knex, ...fresh);
}

/**
 * Cancels an import: what it has imported stays.
 * @throws ImportError unknown-import, wrong-state
 */
export async function cancelImport(ctx: Context, id: string): Promise<ImportDto> {
  const row = await existing(ctx, id);
  if (!(await endImport(ctx.knex, id, 'cancelled'))) {
    throw new ImportError('wrong-state', 409, 'This import has ended already.');
  }
  await unstage(ctx, row);
  return importDto(await existing(ctx, id));
}

/**
 * Takes an import and its report off the list; people who were imported stay.
 * @throws ImportError unknown-import; wrong-state while it runs
 */
export async function removeImport(ctx: Context, id: string): Promise<void> {
  const row = await existing(ctx, id);
  if (!(await deleteImport(ctx.knex, id)))
    throw new ImportError('wrong-state', 409, 'This import is running. Cancel it first.');
  await unstage(ctx, row);
}

async function existing(ctx: Pick<Context, 'knex'>, id: string): Promise<ImportRow> {
  const row = await findImport(ctx.knex, id);
  if (row) return row;
  throw new ImportError(
    'unknown-import',
    404,
    `There is no import with the id "${id}". It may have been deleted.`,
  );
}

const wrongMapping = (message: string) => new ImportError('wrong-mapping', 400, message);
const hasStarted = () => new ImportError('wrong-state', 409, 'This import was started already.');

/** As the panel gets it. */
export function importDto(row: ImportRow): ImportDto {
  const iso = (time: number | null) => (time === null ? null : new Date(time).toISOString());
  return {
    id: row.id,
    state: row.state,
    fileName: row.fileName,
    format: row.format,
    product: row.product,
    createdBy: row.createdBy,
    createdAt: iso(row.createdAt) ?? '',
    startedAt: iso(row.startedAt),
    endedAt: iso(row.endedAt),
    counts: row.counts,
    valueProblems: row.valueProblems,
    notes: row.notes,
    leftOut: row.leftOut,
    progress: row.bytesTotal > 0 ? Math.min(1, row.bytesDone / row.bytesTotal) : 0,
    error: row.error,
    options: row.options,
  };
}
