import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { databaseKinds } from '../../helpers/database';
import { startDns, type DnsServer } from '../../helpers/dns';
import { previewAddresses, startImportRunner } from '../../../server/src/audience';
import { TABLE } from '../../../server/src/storage';
import { check, foundIn } from '../hygiene/support';
import { importBed, until, type Bed } from './support';

const FILE = [
  'email',
  'ann@example.com',
  'info@example.com',
  'eve@gmial.com',
  'x@mailinator.com',
  'bob@gone.example',
  'zoe@silent.example',
  'bob@gone.example',
  'nobody',
].join('\n');

describe.each(databaseKinds)('what an import says about addresses on %s', (kind) => {
  let bed: Bed;
  let dns: DnsServer;
  beforeAll(async () => {
    bed = await importBed(kind);
    const mx = { mx: ['mx.example'] };
    dns = await startDns({
      ...{ 'example.com': mx, 'gmial.com': mx, 'mailinator.com': mx },
      'silent.example': 'servfail',
    });
    Object.assign(bed.ctx.config.hygiene.dns, { servers: [dns.address], timeoutMs: 5_000, tries: 1 });
  });
  afterAll(async () => {
    await dns.close();
    await bed.destroy();
  });
  beforeEach(() => bed.reset());

  it('counts and lists it by line, without the address, and imports everybody', async () => {
    const done = await bed.run(await bed.upload(FILE), { dns: true });
    expect(done.counts).toMatchObject({ created: 6, duplicates: 1, invalid: 1 });
    expect(done.notes).toEqual({
      ...{ 'no-mx': 1, 'dns-unknown': 1, typo: 1, disposable: 1, role: 1, syntax: 0 },
    });
    expect(await bed.problems(done.id)).toEqual([
      '3 - role -',
      '4 - typo gmail.com',
      '5 - disposable -',
      '6 - no-mx gone.example',
      '8 - duplicate 6',
      '9 email bad-address nobody',
    ]);
  });

  it('says the same before anything is imported', async () => {
    const { id, preview } = await bed.upload(FILE);
    const { columns, status } = preview!.suggestion;
    const look = (dns: boolean) => previewAddresses(bed.ctx, id, { columns, status, dns });
    expect(await look(true)).toEqual({
      addresses: 6,
      isWhole: true,
      kinds: [
        { kind: 'no-mx', count: 1, samples: [{ line: 6, email: 'bob@gone.example', detail: 'nxdomain' }] },
        { kind: 'typo', count: 1, samples: [{ line: 4, email: 'eve@gmial.com', detail: 'gmail.com' }] },
        { kind: 'disposable', count: 1, samples: [{ line: 5, email: 'x@mailinator.com', detail: null }] },
        { kind: 'role', count: 1, samples: [{ line: 3, email: 'info@example.com', detail: null }] },
        {
          kind: 'dns-unknown',
          count: 1,
          samples: [{ line: 7, email: 'zoe@silent.example', detail: 'ESERVFAIL' }],
        },
      ],
      domains: { all: 5, unknown: 1, unasked: 0 },
    });
    expect(await look(false)).toMatchObject({ kinds: { length: 3 }, domains: null });
    expect(await previewAddresses(bed.ctx, id, { columns, status: 'unsubscribed', dns: true })).toMatchObject(
      { addresses: 0, kinds: [] },
    );
    expect(await bed.db.knex(TABLE.subscribers)).toEqual([]);
    await expect(
      previewAddresses(bed.ctx, id, { columns: [{ to: 'ignore' }], status, dns: false }),
    ).rejects.toMatchObject({ code: 'wrong-mapping' });
  });

  it('leaves out whom it is told to, says so, and leaves alone who is here', async () => {
    await bed.run(await bed.upload('email,first name\nx@mailinator.com,Old\n'));
    const file =
      'email,first name\nx@mailinator.com,New\nx@mailinator.com,\nadmin@gmial.com,\nann@example.com,\n';
    const leaveOut = ['no-mx', 'disposable', 'typo'] as const;
    const done = await bed.run(await bed.upload(`${file}bob@gone.example,\ninfo@example.com,\n`), {
      leaveOut: [...leaveOut],
    });
    expect(done.counts).toMatchObject({ rows: 6, created: 2, updated: 0, leftOut: 3, duplicates: 1 });
    expect(done.leftOut).toMatchObject({ 'no-mx': 1, disposable: 1, typo: 1, role: 0 });
    expect(done.notes).toMatchObject({ 'no-mx': 0, typo: 0, role: 1 });
    expect(await bed.problems(done.id)).toEqual([
      '2 - left-out-disposable -',
      '3 - duplicate 2',
      '4 - left-out-typo gmail.com',
      '6 - left-out-no-mx gone.example',
      '7 - role -',
    ]);
    const people = await bed.db.knex(TABLE.subscribers).orderBy('email').select('email', 'first_name');
    expect(people.map(({ email, first_name }) => `${email} ${first_name ?? '-'}`)).toEqual([
      'ann@example.com -',
      'info@example.com -',
      'x@mailinator.com Old',
    ]);
  });

  it('lets the people of a file be checked, until it is forgotten who they were', async () => {
    await bed.run(await bed.upload('email\nsales@example.com\n'));
    const scope = { kind: 'import' as const, id: '' };
    const file = await bed.upload('email\ninfo@example.com\nann@example.com\n');
    scope.id = file.id;
    await expect(check(bed.ctx, { scope })).rejects.toMatchObject({ code: 'wrong-state' });
    await bed.run(file);
    const run = await check(bed.ctx, { scope });
    expect(run).toMatchObject({ people: 2, scope: { kind: 'import', name: 'people.csv' } });
    expect(await foundIn(bed.ctx, run)).toEqual(['info@example.com role -']);

    const long = Date.now() - 31 * 86_400_000;
    await bed.db.knex(TABLE.imports).where({ id: file.id }).update({ ended_at: long });
    const runner = startImportRunner(bed.ctx, { lookMs: 20 });
    const noted = () => bed.db.knex(TABLE.importAddresses).where({ import_id: file.id });
    await until(async () => ((await noted()).length === 0 ? true : null)).finally(() => runner.stop());
    expect(await bed.db.knex(TABLE.importAddresses)).toHaveLength(1);
    await expect(check(bed.ctx, { scope })).rejects.toMatchObject({ code: 'import-forgotten' });
  });

  it('asks no DNS unless it is told to', async () => {
    const before = dns.asked.length;
    const done = await bed.run(await bed.upload(FILE));
    expect(done.notes).toMatchObject({ 'no-mx': 0, 'dns-unknown': 0, role: 1 });
    expect(dns.asked.length).toBe(before);
  });
});
