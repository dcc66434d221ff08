import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { parse } from 'csv-parse';
import { parse as parseSync } from 'csv-parse/sync';
import { IMPORT_DELIMITERS, type ImportDelimiter, type ImportEncoding } from '../../../../shared/contracts';
import { IMPORT_LIMITS } from '../../../../shared/import-limits';
import { textOf } from './encoding';
import { ImportError } from './errors';

/** One row of a file, as it lies there. */
export interface FileRow {
  /** From 1: the line in which the row begins, or its number in a sheet. */
  line: number;
  cells: string[];
  /** Bytes of the file that were read when this row came out, at least. */
  bytes: number;
}

const RULES = {
  record_delimiter: '\n',
  relax_column_count: true,
  // A quote within an unquoted cell (5" pipe) is a quote, not an error.
  relax_quotes: true,
  skip_empty_lines: true,
  skip_records_with_empty_values: true,
} as const;

/**
 * The rows of a text file, streamed. Lines that are empty, or have only delimiters, are passed over.
 * @throws ImportError broken-row when a quote opens and never closes: what follows it cannot be told apart any more
 */
export async function* csvRows(
  path: string,
  encoding: ImportEncoding,
  delimiter: ImportDelimiter,
): AsyncGenerator<FileRow> {
  const file = createReadStream(path);
  let isBroken = false;
  let end = 0;
  const parser = parse({
    ...RULES,
    delimiter,
    info: true,
    raw: true,
    max_record_size: IMPORT_LIMITS.rowCharacters,
    skip_records_with_error: true,
    on_skip: () => {
      isBroken = true;
    },
  });
  // Errors of each part reach the reader through the last one.
  pipeline([file, ...textOf(encoding), parser], () => {});
  try {
    for await (const { record, info, raw } of parser as AsyncIterable<Parsed>) {
      // `raw` starts with the empty lines that were passed over and ends with the row's own line end.
      const text = raw.replace(/^\n+/, '');
      const line = info.lines - lineEnds(text.endsWith('\n') ? text.slice(0, -1) : text);
      end = info.lines;
      yield { line, cells: record, bytes: file.bytesRead };
    }
  } finally {
    file.destroy();
  }
  // Nothing comes behind a quote that is still open at the end of the file, or for too long.
  if (isBroken) throw brokenRow(end + 1);
}

interface Parsed {
  record: string[];
  info: { lines: number };
  raw: string;
}

const lineEnds = (text: string) => text.split('\n').length - 1;

const brokenRow = (line: number) =>
  new ImportError(
    'broken-row',
    400,
    `A quote (") opens in or after line ${line} and never closes, so that the rest of the file could not be read. Correct that line, then import the file again: people who are imported already count as unchanged.`,
  );

/** The delimiter that cuts the beginning of the file into the most columns of equal number. */
export async function detectDelimiter(path: string, encoding: ImportEncoding): Promise<ImportDelimiter> {
  const sample = await beginning(path, encoding);
  const scored = IMPORT_DELIMITERS.map((delimiter) => ({ delimiter, score: score(sample, delimiter) }));
  return scored.reduce((best, next) => (next.score > best.score ? next : best)).delimiter;
}

async function beginning(path: string, encoding: ImportEncoding): Promise<string> {
  const file = createReadStream(path, { end: 128 * 1024 });
  const text = pipeline([file, ...textOf(encoding)], () => {}) as unknown as AsyncIterable<string>;
  let all = '';
  for await (const chunk of text) all += chunk;
  return all;
}

function score(sample: string, delimiter: string): number {
  const rows: string[][] = parseSync(sample, {
    ...RULES,
    delimiter,
    to: 50,
    skip_records_with_error: true,
  });
  const width = rows[0]?.length ?? 0;
  if (width < 2) return 0;
  const alike = rows.filter((row) => row.length === width).length / rows.length;
  return width * alike;
}
