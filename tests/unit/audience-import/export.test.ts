import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'csv-parse/sync';
import { addPerson, exportCsv, unsubscribe } from '../../../server/src/audience';
import { saveSettings } from '../../../server/src/settings';
import { findPersonByHash } from '../../../server/src/storage';
import { emailKey } from '../../../shared/address';
import { databaseKinds } from '../../helpers/database';
import { addList } from '../audience/support';
import { importBed, type Bed } from './support';

describe.each(databaseKinds)('exports from %s', (kind) => {
  let bed: Bed;
  beforeAll(async () => {
    bed = await importBed(kind);
  });
  beforeEach(() => bed.reset());
  afterAll(() => bed.destroy());

  async function exported(from: Bed, filter: Parameters<typeof exportCsv>[1] = {}): Promise<string> {
    let text = '';
    for await (const piece of await exportCsv(from.ctx, filter)) text += piece;
    return text;
  }
  const rowsOf = (text: string): Record<string, string>[] => parse(text, { bom: true, columns: true });

  const attributes = [
    { name: 'phone', label: 'Phone', type: 'string' as const },
    { name: 'balance', label: 'Balance', type: 'number' as const },
  ];

  async function fill(from: Bed): Promise<void> {
    await saveSettings(from.ctx.knex, { attributes });
    const garden = await addList(from.ctx.knex, 'garden');
    await addPerson(
      from.ctx,
      {
        email: 'rosa@example.org',
        firstName: '=HYPERLINK("http://evil.example")',
        lastName: '山田',
        language: 'ja',
        timezone: 'Asia/Tokyo',
        attributes: { phone: '+81312345678', balance: -5, note: '@home, "yes"\nand no' },
        lists: [garden],
        consent: true,
      },
      { source: 'admin' },
    );
    await addPerson(from.ctx, { email: 'tom@example.org', consent: true }, { source: 'admin' });
    const hash = from.ctx.tokens.addressHash(emailKey('tom@example.org')!);
    await unsubscribe(from.ctx, { addressHash: hash }, { via: 'page' });
  }

  it('writes text that a spreadsheet reads as UTF-8 and never runs', async () => {
    await fill(bed);
    const text = await exported(bed);
    expect(text.startsWith('\uFEFFemail,first_name,')).toBe(true);
    const [rosa, tom] = rowsOf(text);
    expect(rosa).toMatchObject({
      email: 'rosa@example.org',
      first_name: '\'=HYPERLINK("http://evil.example")',
      last_name: '山田',
      status: 'subscribed',
      lists: 'garden',
      phone: "'+81312345678",
      balance: '-5',
      attributes: '{"note":"@home, \\"yes\\"\\nand no"}',
    });
    expect(tom).toMatchObject({ status: 'unsubscribed', status_reason: 'page', lists: '' });
  });

  it('writes whom the filter shows', async () => {
    await fill(bed);
    const emails = async (filter: Parameters<typeof exportCsv>[1]) =>
      rowsOf(await exported(bed, filter)).map(({ email }) => email);
    expect(await emails({ status: 'unsubscribed' })).toEqual(['tom@example.org']);
    expect(await emails({ search: 'rosa' })).toEqual(['rosa@example.org']);
  });

  it('goes through more people than one page, each once', async () => {
    const count = 1100;
    const file = ['email'].concat(Array.from({ length: count }, (_, i) => `p${i}@example.org`)).join('\n');
    await bed.run(await bed.upload(file));
    const emails = rowsOf(await exported(bed)).map(({ email }) => email);
    expect(new Set(emails).size).toBe(count);
    expect(emails).toHaveLength(count);
  });

  it('can be imported again somewhere else', async () => {
    await fill(bed);
    const other = await importBed(kind);
    try {
      await saveSettings(other.ctx.knex, { attributes });
      await addList(other.ctx.knex, 'garden');
      const text = await exported(bed);
      const detail = await other.upload(text);
      expect(detail.product).toBe('newsletter');
      const done = await other.run(detail);
      expect(done).toMatchObject({ counts: { rows: 2, created: 1, left: 1 }, valueProblems: 0 });
      const hash = other.ctx.tokens.addressHash(emailKey('rosa@example.org')!);
      expect(await findPersonByHash(other.ctx.knex, hash)).toMatchObject({
        firstName: '=HYPERLINK("http://evil.example")',
        language: 'ja',
        timezone: 'Asia/Tokyo',
        attributes: { phone: '+81312345678', balance: -5, note: '@home, "yes"\nand no' },
      });
      const again = rowsOf(await exported(other));
      const [before] = rowsOf(text);
      expect(again[0]).toMatchObject({
        phone: before?.phone,
        lists: 'garden',
        attributes: before?.attributes,
      });
    } finally {
      await other.destroy();
    }
  });
});
