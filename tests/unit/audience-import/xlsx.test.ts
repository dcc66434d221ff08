import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { ReadableStream as WebStream } from 'node:stream/web';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeXlsxStream, type XlsxStreamRow } from 'hucre/xlsx';
import { stagedFile } from '../../../server/src/audience/import/stage';
import { findPersonByHash } from '../../../server/src/storage';
import { saveSettings } from '../../../server/src/settings';
import { emailKey } from '../../../shared/address';
import { importBed, type Bed } from './support';

let bed: Bed;
beforeAll(async () => {
  bed = await importBed('sqlite');
});
afterAll(() => bed.destroy());

async function workbook(rows: Iterable<XlsxStreamRow>, inlineStrings = false): Promise<Buffer> {
  return buffer(Readable.fromWeb(writeXlsxStream(rows, { name: 'People', inlineStrings }) as WebStream));
}

const person = (email: string) =>
  findPersonByHash(bed.ctx.knex, bed.ctx.tokens.addressHash(emailKey(email)!));

describe('workbooks', () => {
  it('keeps separators of lines and paragraphs, at which newer versions of Node end lines, within their cells', async () => {
    const pasted = 'Ann\u2028Mary\u2029Lee';
    const detail = await bed.upload(
      await workbook([
        ['Email', 'Name'],
        ['ann@example.org', pasted],
      ]),
      'a.xlsx',
    );
    expect(detail.preview?.rows).toEqual([['ann@example.org', pasted]]);
    const staged = readFileSync(stagedFile(bed.ctx, detail), 'utf8');
    expect(staged).not.toMatch(/[\u2028\u2029]/);
    expect((await bed.run(detail)).counts).toMatchObject({ rows: 1, created: 1 });
  });

  it.each([false, true])('reads texts, numbers, dates and truths (inline texts: %s)', async (inline) => {
    await saveSettings(bed.ctx.knex, {
      attributes: [
        { name: 'born', label: 'Born', type: 'date' },
        { name: 'shoe', label: 'Shoe', type: 'number' },
        { name: 'vip', label: 'VIP', type: 'boolean' },
      ],
    });
    const name = inline ? 'inline' : 'shared';
    const detail = await bed.upload(
      await workbook(
        [
          ['Email', '氏名', 'Born', 'Shoe', 'VIP'],
          [`${name}@example.jp`, '山田　花子', new Date(Date.UTC(1980, 4, 31)), 24.5, true],
          [null, null, null, null, null],
          ['nobody', null, null, null, null],
        ],
        inline,
      ),
      'people.xlsx',
    );
    expect(detail).toMatchObject({
      format: 'xlsx',
      preview: { encoding: null, delimiter: null, columns: ['Email', '氏名', 'Born', 'Shoe', 'VIP'] },
    });
    const done = await bed.run(detail);
    expect(done.counts).toMatchObject({ rows: 2, created: 1, invalid: 1 });
    // The number of the row in the sheet, whose third one is empty.
    expect(await bed.problems(detail.id)).toEqual(['4 Email bad-address nobody']);
    expect(await person(`${name}@example.jp`)).toMatchObject({
      firstName: '花子',
      lastName: '山田',
      attributes: { born: '1980-05-31', shoe: 24.5, vip: true },
    });
  });

  it('refuses what would unpack to more than fits', async () => {
    const bomb = await workbook([['email'], ['a@example.org']]);
    // The size in the table of contents: byte 24 of the entry of the sheet.
    const at = bomb.lastIndexOf('xl/worksheets/sheet1.xml') - 46;
    expect(bomb.toString('latin1', at, at + 4)).toBe('PK\x01\x02');
    bomb.writeUInt32LE(0xfffffff0, at + 24);
    await expect(bed.upload(bomb)).rejects.toThrow('too large to be read');
  });

  it('refuses more columns than can be mapped, and a torn file', async () => {
    const wide = await workbook([Array.from({ length: 201 }, (_, i) => `c${i}`)]);
    await expect(bed.upload(wide)).rejects.toThrow('more than 200 columns');
    const torn = await workbook([['email'], ['a@example.org']]);
    torn.fill(0, 60, 200);
    await expect(bed.upload(torn)).rejects.toThrow(/could not be read|not an Excel workbook/);
  });
});
