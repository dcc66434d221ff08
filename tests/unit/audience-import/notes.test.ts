import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { databaseKinds } from '../../helpers/database';
import { startDns, type DnsServer } from '../../helpers/dns';
import { importBed, type Bed } from './support';

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
    Object.assign(bed.ctx.config.hygiene.dns, { servers: [dns.address], timeoutMs: 300, tries: 1 });
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

  it('asks no DNS unless it is told to', async () => {
    const before = dns.asked.length;
    const done = await bed.run(await bed.upload(FILE));
    expect(done.notes).toMatchObject({ 'no-mx': 0, 'dns-unknown': 0, role: 1 });
    expect(dns.asked.length).toBe(before);
  });
});
