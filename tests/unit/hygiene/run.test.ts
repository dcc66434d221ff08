import { createId } from '@paralleldrive/cuid2';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hygieneActSchema, type HygieneAct } from '../../../shared/contracts';
import {
  actOn,
  cancelCheck,
  countPeople,
  findingLines,
  readableSegment,
  removeCheck,
} from '../../../server/src/audience';
import type { Context } from '../../../server/src/context';
import {
  forgetFindings,
  insertHygieneRun,
  putSubscriptions,
  readSuppression,
  subscriptionsOf,
  TABLE,
  takeHygieneRun,
} from '../../../server/src/storage';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../../helpers/database';
import { startDns, type DnsServer } from '../../helpers/dns';
import { addList, hashOf, personOf } from '../audience/support';
import { addPeople, check, emptyTables, foundIn, settle } from './support';

let db: TestDatabase;
let dns: DnsServer;
let ctx: Context;

const act = (id: string, input: HygieneAct) => actOn(ctx, id, hygieneActSchema.parse(input), 'Ann');

describe.each(databaseKinds)('checks of lists on %s', (kind) => {
  beforeAll(async () => {
    db = await createTestDatabase(kind);
  });
  afterAll(() => db.destroy());
  beforeEach(async () => {
    await emptyTables(db.knex);
    dns = await startDns({
      'gmail.com': { mx: ['mx.example'] },
      'example.com': { mx: ['mx.example'] },
      'silent.example': 'servfail',
    });
    const servers = [dns.address];
    ctx = await createTestContext(db.knex, { hygiene: { dns: { servers, timeoutMs: 5_000, tries: 1 } } });
  });
  afterEach(() => dns.close());

  it('reports what it finds about people who get mail, and changes nothing', async () => {
    await addPeople(ctx, [
      'ann@example.com',
      'a.n.n@gmail.com',
      'info@example.com',
      'bob@gone.example',
      'eve@silent.example',
      'a..b@example.com',
      'ANN+x@googlemail.com',
      { email: 'left@gone.example', status: 'unsubscribed' },
      { email: 'suppressed@gone.example' },
    ]);
    await db.knex(TABLE.suppressions).insert({
      address_hash: hashOf(ctx, 'suppressed@gone.example'),
      scope: 'all',
      reason: 'manual',
      since: 0,
    });
    const run = await check(ctx, { scope: { kind: 'all' } });
    expect(run).toMatchObject({ state: 'done', people: 7, progress: 1, createdBy: 'Ann', actions: [] });
    expect(run.domains).toEqual({ asked: 5, unknown: 1 });
    expect(await foundIn(ctx, run)).toEqual([
      'ANN+x@googlemail.com duplicate a.n.n@gmail.com',
      'ANN+x@googlemail.com no-mx nxdomain',
      'a..b@example.com syntax -',
      'bob@gone.example no-mx nxdomain',
      'eve@silent.example dns-unknown ESERVFAIL',
      'info@example.com role -',
    ]);
    expect(run.counts['no-mx']).toEqual({ found: 2, open: 2 });
    expect(await db.knex(TABLE.suppressions)).toHaveLength(1);
    expect(await db.knex(TABLE.hygieneMailboxes)).toEqual([]);

    // What is known is not asked again, but for what DNS did not answer: that is believed for ten minutes, too.
    expect((await check(ctx, { scope: { kind: 'all' } })).domains.asked).toBe(0);
  });

  it('looks at a list or a segment only', async () => {
    const list = await addList(db.knex, 'news');
    const [ann] = await addPeople(ctx, ['info@example.com', 'sales@example.com']);
    await putSubscriptions(db.knex, [{ subscriberId: ann!, listId: list }], 'subscribed', {
      source: 'test',
      consentedAt: 0,
      consentIp: null,
      wordingVersion: null,
    });
    const run = await check(ctx, { scope: { kind: 'list', id: list }, dns: false });
    expect(run.scope).toEqual({ kind: 'list', id: list, name: 'List news' });
    expect(await foundIn(ctx, run)).toEqual(['info@example.com role -']);
    await expect(check(ctx, { scope: { kind: 'segment', id: createId() } })).rejects.toThrow(/no segment/);
  });

  it('goes on behind the last committed page after its process died', async () => {
    const people = Array.from({ length: 450 }, (_, nth) => `info@d${nth}.example`);
    await addPeople(ctx, people);
    const id = await insertHygieneRun(db.knex, { target: { kind: 'all' }, dns: false, createdBy: 'Ann' });
    // A process that looked at 200 people, and whose lease has run out.
    await takeHygieneRun(db.knex, id!, 'dead', 0);
    const found = await db.knex(TABLE.subscribers).orderBy('id').limit(200);
    await db
      .knex(TABLE.hygieneRuns)
      .where({ id: id! })
      .update({ cursor: found.at(-1).id, people: 200 });
    const run = await settle(ctx, id!);
    expect(run).toMatchObject({ state: 'done', people: 450 });
    expect(run.counts.role).toEqual({ found: 250, open: 250 });
  });

  it('does what was decided, in sets, once, and only for the number that was confirmed', async () => {
    const emails = Array.from({ length: 450 }, (_, nth) => `info@d${nth}.example`);
    await addPeople(ctx, [...emails, 'ann@example.com']);
    const { id } = await check(ctx, { scope: { kind: 'all' }, dns: false });
    await db.knex(TABLE.subscribers).where({ email: 'info@d7.example' }).update({ status: 'unsubscribed' });

    await expect(act(id, { kind: 'role', count: 449, action: { do: 'suppress' } })).rejects.toMatchObject({
      code: 'count-changed',
      message: expect.stringContaining('450') as string,
    });
    await expect(act(id, { kind: 'duplicate', count: 1, action: { do: 'suppress' } })).rejects.toMatchObject({
      code: 'wrong-action',
    });
    expect(await db.knex(TABLE.suppressions)).toEqual([]);

    await act(id, { kind: 'role', count: 450, action: { do: 'suppress' } });
    const run = await settle(ctx, id);
    expect(run.counts.role).toEqual({ found: 450, open: 0 });
    expect(run.actions).toMatchObject([
      { kind: 'role', action: 'suppress', confirmed: 450, changed: 449, skipped: 1, by: 'Ann' },
    ]);
    expect(await readSuppression(db.knex, hashOf(ctx, 'info@d0.example'))).toMatchObject({
      reason: 'hygiene',
      detail: 'role',
      addedBy: 'Ann',
    });
    expect(await readSuppression(db.knex, hashOf(ctx, 'info@d7.example'))).toBeNull();
    expect(await readSuppression(db.knex, hashOf(ctx, 'ann@example.com'))).toBeNull();
    // Nothing is open any more.
    await expect(act(id, { kind: 'role', count: 450, action: { do: 'suppress' } })).rejects.toThrow(/0 are/);
  });

  it('takes people off a list, or makes a segment of them', async () => {
    const list = await addList(db.knex, 'news');
    const [ann, bob] = await addPeople(ctx, ['info@example.com', 'bob@gone.example']);
    await putSubscriptions(db.knex, [{ subscriberId: ann!, listId: list }], 'subscribed', {
      source: 'test',
      consentedAt: 0,
      consentIp: null,
      wordingVersion: null,
    });
    const { id } = await check(ctx, { scope: { kind: 'all' } });
    await act(id, { kind: 'role', count: 1, action: { do: 'remove-from-list', list } });
    await settle(ctx, id);
    expect(await subscriptionsOf(db.knex, ann!)).toMatchObject([{ status: 'unsubscribed' }]);

    await act(id, { kind: 'no-mx', count: 1, action: { do: 'tag', name: 'No server', label: 'No server' } });
    const { actions } = await settle(ctx, id);
    const segment = actions[0]!.target!;
    expect(segment.name).toBe('No server');
    const { rules } = await readableSegment(db.knex, segment.documentId);
    expect(await countPeople(ctx, rules)).toEqual({ matched: 1, reachable: 1 });
    expect((await personOf(ctx, 'bob@gone.example'))?.documentId).toBe(bob);
    expect((await personOf(ctx, 'bob@gone.example'))?.attributes).toEqual({
      found_no_mx: new Date().toISOString().slice(0, 10),
    });
  });

  it('runs one at a time, is cancelled, exported without formulas, and forgotten', async () => {
    await addPeople(ctx, ['=info@example.com', 'sales@example.com']);
    const id = await insertHygieneRun(db.knex, { target: { kind: 'all' }, dns: false, createdBy: null });
    await expect(check(ctx, { scope: { kind: 'all' } })).rejects.toMatchObject({ code: 'hygiene-busy' });
    expect(await cancelCheck(ctx, id!)).toMatchObject({ state: 'cancelled' });
    await expect(cancelCheck(ctx, id!)).rejects.toMatchObject({ code: 'wrong-state' });

    await addPeople(ctx, ['+1@gone.example']);
    const run = await check(ctx, { scope: { kind: 'all' } });
    const lines: string[] = [];
    for await (const some of findingLines(ctx, run.id, 'no-mx')) lines.push(some);
    expect(lines.join('')).toBe(
      "\uFEFFemail,finding,detail,status,acted\r\n'+1@gone.example,no-mx,nxdomain,subscribed,no\r\n",
    );
    await removeCheck(ctx, run.id);
    while (await forgetFindings(db.knex, 0));
    expect(await db.knex(TABLE.hygieneFindings)).toEqual([]);
  });
});
