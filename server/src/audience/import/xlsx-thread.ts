/**
 * Source of the worker thread that turns the first sheet of an .xlsx file into lines of JSON: `[number, [cells]]`. A
 * text and not a module: the plugin is built into one file, and a thread needs a file of its own or a text. It uses
 * nothing but Node and the reader whose address it is given (an ES module, hence the `import`).
 *
 * Why a thread: the table of shared texts of a large workbook is parsed in one go (0.5 s and 300 MB for 300,000 texts),
 * and a thread has a limit of memory of its own, whose excess ends the thread and not the process.
 */
export const XLSX_THREAD = `
'use strict';
const { parentPort, workerData } = require('node:worker_threads');
const { createWriteStream, readFileSync } = require('node:fs');
const { once } = require('node:events');
const { finished } = require('node:stream/promises');

const text = (value) => {
  if (value === null || value === undefined) return '';
  if (!(value instanceof Date)) return String(value);
  const iso = Number.isNaN(value.getTime()) ? '' : value.toISOString();
  return iso.endsWith('T00:00:00.000Z') ? iso.slice(0, 10) : iso;
};

// Since Node 24, readline ends lines at these two as well, which JSON does not escape.
const line = (row) =>
  JSON.stringify(row).replace(/[\\u2028\\u2029]/g, (one) => '\\\\u' + one.charCodeAt(0).toString(16)) + '\\n';

async function convert() {
  const { streamXlsxRows } = await import(workerData.reader);
  const out = createWriteStream(workerData.to);
  for await (const { index, values } of streamXlsxRows(readFileSync(workerData.from))) {
    if (values.length > workerData.maxColumns && values.slice(workerData.maxColumns).some((value) => value !== null && value !== ''))
      throw Object.assign(new Error('too many columns'), { code: 'TOO_MANY_COLUMNS' });
    const cells = values.slice(0, workerData.maxColumns).map(text);
    if (cells.every((cell) => cell === '')) continue;
    if (!out.write(line([index + 1, cells]))) await once(out, 'drain');
  }
  out.end();
  await finished(out);
}

convert().then(
  () => parentPort.postMessage({ ok: true }),
  (error) => parentPort.postMessage({ ok: false, code: error.code || error.name, message: error.message }),
);
`;
