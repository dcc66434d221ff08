import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDelivery, type Delivery } from '../../../server/src/delivery';
import { health, overview } from '../../../server/src/insight';
import {
  beat,
  endProcess,
  listProcesses,
  noteSource,
  type ProcessIdentity,
  TABLE,
} from '../../../server/src/storage';
import type { Context } from '../../../server/src/context';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../../helpers/database';
import { startReceiver } from '../../helpers/receiver';
import { until } from '../../integration/faults-bed';

const MINUTE = 60_000;
const nothing = { reconciledAt: null, settledAt: null };
const identity = (id: string, more: Partial<ProcessIdentity> = {}): ProcessIdentity => ({
  id,
  host: 'machine-a',
  pid: 7,
  role: 'worker',
  version: '0.1.0',
  queue: 'redis',
  ...more,
});

let db: TestDatabase;
let ctx: Context;
afterEach(() => db.destroy());

/** A campaign that has been due for some minutes. */
async function addCampaign(state: 'sending' | 'scheduled', minutes: number): Promise<void> {
  const at = Date.now() - minutes * MINUTE;
  const id = `campaign-${state}`;
  await db.knex(TABLE.campaigns).insert({ document_id: id, name: 'News', state });
  await db.knex(TABLE.runs).insert({
    campaign_id: id,
    version: 1,
    snapshot: '{}',
    start_at: at,
    frozen_at: at,
    created_at: at,
  });
  if (state === 'sending') await db.knex(TABLE.batches).insert({ campaign_id: id, size: 1, next_at: 0 });
}

const ids = (dto: { problems: { id: string }[] }) => dto.problems.map((problem) => problem.id);

describe.each(databaseKinds)('health on %s', (kind) => {
  beforeEach(async () => {
    db = await createTestDatabase(kind);
    ctx = await createTestContext(db.knex, { queue: { redis: 'redis://127.0.0.1:1' } });
  });
  const well = {
    role: 'web' as const,
    opening: false,
    queue: { backend: 'redis' as const, ok: true, message: null },
    transports: [],
    reconciledAt: null,
    inFlight: 0,
    slots: 8,
  };

  it('lists processes by their heartbeats, forgets the long gone, and knows who died and who ended', async () => {
    await beat(db.knex, identity('lives'), { reconciledAt: 1_000, settledAt: null }, MINUTE);
    await beat(db.knex, identity('lives'), { reconciledAt: 2_000, settledAt: 3_000 }, MINUTE);
    await beat(db.knex, identity('died', { role: 'both' }), nothing, -1_000);
    await beat(db.knex, identity('ended'), nothing, MINUTE);
    await endProcess(db.knex, 'ended');
    await beat(db.knex, identity('long-gone'), nothing, -11 * MINUTE);
    expect(await listProcesses(db.knex)).toHaveLength(3);
    await beat(db.knex, identity('new', { role: 'web' }), nothing, MINUTE);
    expect(await db.knex(TABLE.processes).where({ id: 'long-gone' })).toEqual([]);
    const dto = await health(ctx, well);
    expect(dto.processes.map(({ role, alive }) => [role, alive])).toEqual(
      expect.arrayContaining([
        ['worker', true],
        ['both', false],
        ['web', true],
      ]),
    );
    expect(dto.processes).toHaveLength(3);
    expect(dto.lastReconciliation).toBe(new Date(2_000).toISOString());
    expect(dto.ok).toBe(true);
  });

  it('says how the listener and each mailbox do, and which of them needs somebody', async () => {
    const auth = { user: 'u', pass: 'p' };
    const mailboxes = ['works', 'fails', 'died', 'new'].map((name) => ({
      name,
      host: 'imap.example.com',
      auth,
    }));
    const boxed = await createTestContext(db.knex, {
      queue: { redis: 'redis://127.0.0.1:1' },
      bounce: { domain: 'bounce.example.com', listener: {}, mailboxes },
    });
    await noteSource(db.knex, 'listener', 'smtp', { seenAt: Date.now() - MINUTE });
    await noteSource(db.knex, 'mailbox', 'works', { error: 'Was away.' });
    await noteSource(db.knex, 'mailbox', 'works', { seenAt: Date.now() + 1 });
    await noteSource(db.knex, 'mailbox', 'fails', { seenAt: Date.now() - MINUTE });
    await noteSource(db.knex, 'mailbox', 'fails', { error: 'The server refuses the login.' });
    await noteSource(db.knex, 'mailbox', 'died', { seenAt: Date.now() - 11 * MINUTE });
    const dto = await health(boxed, well);
    expect(dto.inbound.map(({ name, ok }) => [name, ok])).toEqual([
      ['smtp', true],
      ['works', true],
      ['fails', false],
      ['died', false],
      ['new', null],
    ]);
    expect(ids(dto)).toEqual(['mailbox-failed', 'mailbox-failed']);
    expect(dto.problems[0]).toMatchObject({
      values: { name: 'fails', reason: 'The server refuses the login.' },
    });
    expect((await health(ctx, well)).inbound).toEqual([]);
    await noteSource(db.knex, 'listener', 'smtp', { seenAt: Date.now() - 11 * MINUTE });
    expect((await health(boxed, well)).inbound[0]).toMatchObject({
      ok: false,
      message: 'nobody has listened for 11 minutes',
    });
  });

  it('says that nobody sends when something is due and no worker lives, and the overview says it too', async () => {
    await beat(db.knex, identity('web', { role: 'web' }), nothing, MINUTE);
    expect(await health(ctx, well)).toMatchObject({ ok: true, oldestDue: null });
    await addCampaign('sending', 3);
    const dto = await health(ctx, well);
    expect(ids(dto)).toEqual(['no-worker']);
    expect(dto.problems[0]).toMatchObject({ values: { minutes: 3 } });
    expect(dto.problems[0]?.message).toContain('Nobody sends');
    expect(dto.due).toEqual({ deliveries: dto.oldestDue, mails: null, starts: null });
    expect((await overview(ctx)).attention.map((item) => item.id)).toContain('no-worker');
    await beat(db.knex, identity('worker'), nothing, MINUTE);
    expect(await health(ctx, well)).toMatchObject({ ok: true });
    expect((await overview(ctx)).attention.map((item) => item.id)).not.toContain('no-worker');
  });

  it('tells a campaign that is slow on purpose from one that stands still', async () => {
    await addCampaign('sending', 90);
    await beat(db.knex, identity('worker'), { ...nothing, settledAt: Date.now() - 10 * MINUTE }, MINUTE);
    expect(ids(await health(ctx, well))).toEqual([]);
    await beat(db.knex, identity('worker'), { ...nothing, settledAt: Date.now() - 40 * MINUTE }, MINUTE);
    const dto = await health(ctx, well);
    expect(dto.problems).toMatchObject([{ id: 'late', values: { minutes: 40 } }]);
  });

  it('does not call a batch due before its time', async () => {
    await addCampaign('sending', 90);
    await db.knex(TABLE.batches).update({ next_at: Date.now() + MINUTE });
    expect((await health(ctx, well)).due.deliveries).toBeNull();
  });

  it('sees late starts and single mails, other queues, and a reconciler that does not run', async () => {
    await addCampaign('scheduled', 6);
    const at = Date.now() - 8 * MINUTE;
    await db.knex(TABLE.mails).insert({
      kind: 'confirm',
      subscriber_id: 'x',
      email: 'a@example.com',
      payload: '{}',
      next_at: 0,
      created_at: at,
    });
    await beat(db.knex, identity('worker'), { ...nothing, reconciledAt: at }, MINUTE);
    await beat(db.knex, identity('web', { role: 'web', queue: 'embedded' }), nothing, MINUTE);
    await db.knex(TABLE.processes).where({ id: 'worker' }).update({ started_at: at });
    const dto = await health(ctx, well);
    expect(ids(dto).sort()).toEqual(['late', 'no-reconciliation', 'queues-differ']);
    expect(dto.oldestDue).toBe(new Date(at).toISOString());
    expect(dto.problems.find((problem) => problem.id === 'late')?.values).toEqual({ minutes: 8 });
  });
});

describe('the health of a process', () => {
  let delivery: Delivery;
  afterEach(() => delivery.stop());

  it('does not call the embedded queue a problem while it opens, but when another process holds it', async () => {
    db = await createTestDatabase('sqlite');
    ctx = await createTestContext(db.knex);
    delivery = createDelivery(ctx, { work: true });
    const started = delivery.start();
    expect(delivery.health()).toMatchObject({ opening: true, queue: { ok: false } });
    expect((await health(ctx, delivery.health())).problems).toEqual([]);
    await started;
    expect(delivery.health()).toMatchObject({ opening: false, queue: { ok: true, message: null } });
    const other = createDelivery({ ...ctx, log: { ...ctx.log, warn() {} } }, { work: true });
    const waits = other.start();
    await until('the second to meet the first', () => !other.health().opening);
    const { problems } = await health(ctx, other.health());
    expect(problems).toMatchObject([{ id: 'queue' }]);
    expect(problems[0]?.message).toContain(`is used by process ${process.pid}`);
    await other.stop();
    await waits;
  });

  it('checks the transports in the background, by a login, and answers meanwhile', async () => {
    db = await createTestDatabase('sqlite');
    const receiver = await startReceiver();
    const transports = {
      good: { host: '127.0.0.1', port: receiver.port },
      bad: { host: '127.0.0.1', port: 1 },
    };
    ctx = await createTestContext(db.knex, { transports, worker: { enabled: false, heartbeatSeconds: 0.2 } });
    delivery = createDelivery(ctx, { work: false });
    expect(delivery.health().transports).toEqual([
      { name: 'good', ok: null, message: null, checkedAt: null },
      { name: 'bad', ok: null, message: null, checkedAt: null },
    ]);
    await until('both checks', () => delivery.health().transports.every(({ ok }) => ok !== null), 20);
    expect(delivery.health().transports).toMatchObject([
      { name: 'good', ok: true, message: null },
      { name: 'bad', ok: false, message: expect.stringContaining('Nothing listens') },
    ]);
    await delivery.start();
    await until('a heartbeat', async () => (await listProcesses(db.knex)).length === 1);
    const dto = await health(ctx, delivery.health());
    expect(dto).toMatchObject({ ok: false, queue: { ok: false }, processes: [{ role: 'web', alive: true }] });
    expect(ids(dto).sort()).toEqual(['queue', 'transport-failed']);
    await delivery.stop();
    expect((await health(ctx, delivery.health())).processes).toEqual([]);
    await receiver.stop();
  });
});
