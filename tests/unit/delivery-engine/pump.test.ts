import { afterEach, expect, it, vi } from 'vitest';
import { cancel, pause, resume } from '../../../server/src/campaign';
import { createPumpEnv, pump, type PumpEnv } from '../../../server/src/delivery/pump';
import type { Transport } from '../../../server/src/delivery/types';
import { TABLE } from '../../../server/src/storage';
import { createTestContext } from '../../helpers/context';
import { createBed, until, type Bed, type BedOptions } from '../../integration/faults-bed';

let bed: Bed;
let env: PumpEnv;
afterEach(async () => {
  vi.restoreAllMocks();
  await env.epochs.stop();
  await env.pacer.stop();
  for (const transport of env.transports.values()) await transport.close();
  await bed.destroy();
});

async function setUp(options: BedOptions): Promise<void> {
  bed = await createBed(options);
  env = createPumpEnv(await createTestContext(bed.db.knex, bed.config));
}
const ticket = (signal = new AbortController().signal) => pump(env, bed.campaignId, signal);
async function pumpToEnd(): Promise<void> {
  await until('the campaign is sent', async () => {
    await ticket();
    return (await bed.state()) === 'sent';
  });
}
const reasonOf = async () =>
  (await bed.db.knex(TABLE.campaigns).where({ document_id: bed.campaignId }).first('state_reason'))
    .state_reason;

it('freezes, sends to each one once and ends the campaign', async () => {
  await setUp({ recipients: 120, name: (n) => (n === 3 ? 'gone' : 'person') });
  await bed.receiver.script({ refuse: { gone: '550 5.1.1 no such user' } });
  await pumpToEnd();
  const tally = await bed.tally();
  expect(tally.states).toEqual({ accepted: 119, bounced: 1 });
  expect(tally).toMatchObject({ twice: [], denied: [], invented: [] });
  expect(await bed.db.knex(TABLE.suppressions).where({ reason: 'hard-bounce' })).toHaveLength(1);
  expect(await bed.db.knex(TABLE.subscribers).whereNotNull('last_sent_at')).toHaveLength(119);
  const ids = (await bed.receiver.ledger()).map((entry) => entry.messageId);
  expect(new Set(ids).size).toBe(119);
});

it('stops soon when paused, goes on exactly there, and ends for good when cancelled', async () => {
  await setUp({ recipients: 600, config: { worker: { ticketSeconds: 30 } } });
  await bed.receiver.script({ delayMs: 30 });
  const running = ticket();
  await until('some mails', () => bed.receiver.count() >= 20);
  await pause(env.ctx, bed.campaignId);
  expect((await running).again).toBe(false);
  await until('outcomes', () => env.places.inUse === 0);
  const paused = await bed.tally();
  expect(paused.receiver).toBeLessThan(600);
  expect(paused.states.accepted).toBe(paused.receiver);
  expect((await ticket()).again).toBe(false);
  expect(bed.receiver.count()).toBe(paused.receiver);

  await resume(env.ctx, bed.campaignId);
  const resumed = ticket();
  await until('more mails', () => bed.receiver.count() >= paused.receiver + 10);
  await cancel(env.ctx, bed.campaignId);
  await resumed;
  await until('outcomes', () => env.places.inUse === 0);
  const ended = await bed.tally();
  expect(ended.states.accepted).toBe(ended.receiver);
  expect(ended.states.accepted! + ended.states.skipped!).toBe(600);
  expect(ended.twice).toEqual([]);
});

it('reads the rest of a batch anew after ten seconds: somebody may have left a list', async () => {
  await setUp({
    recipients: 200,
    config: { worker: { batchSize: 500, ticketSeconds: 60, leaseSeconds: 60 } },
  });
  await bed.receiver.script({ delayMs: 40 });
  const running = ticket();
  await until('some mails', () => bed.receiver.count() >= 20);
  const left = await bed.db.knex(TABLE.subscribers).where({ email: 'person-190@inbox.test' }).first();
  await bed.db
    .knex(TABLE.subscriptions)
    .where({ subscriber_id: left.document_id })
    .update({ status: 'unsubscribed' });
  const now = Date.now;
  vi.spyOn(Date, 'now').mockImplementation(() => now.call(Date) + 11_000);
  await running;
  const tally = await bed.tally();
  expect(tally.states).toEqual({ accepted: 199, skipped: 1 });
  expect(tally.twice).toEqual([]);
});

it('skips who left since the audience was frozen, even in the second before the batch', async () => {
  await setUp({ recipients: 30 });
  await bed.receiver.script({ stall: true });
  const stop = new AbortController();
  const running = ticket(stop.signal);
  await until('the first mails', () => bed.receiver.count() >= 5);
  await until(
    'the freeze',
    async () => (await bed.db.knex(TABLE.runs).first('frozen_at')).frozen_at !== null,
  );
  const rows = await bed.db.knex(TABLE.deliveries).orderBy('id', 'desc').limit(3);
  await bed.db
    .knex(TABLE.subscribers)
    .where({ document_id: rows[0].subscriber_id })
    .update({ status: 'unsubscribed' });
  await bed.db
    .knex(TABLE.suppressions)
    .insert({ address_hash: rows[1].address_hash, reason: 'complaint', since: 1 });
  await bed.db.knex(TABLE.subscribers).where({ document_id: rows[2].subscriber_id }).delete();
  stop.abort();
  await bed.receiver.script({});
  await running;
  await until('outcomes', () => env.places.inUse === 0);
  await pumpToEnd();
  expect((await bed.tally()).states).toEqual({ accepted: 27, skipped: 3 });
  const skipped = await bed.db.knex(TABLE.deliveries).where({ state: 'skipped' }).pluck('reason');
  expect(skipped.sort()).toEqual(['deleted', 'suppressed', 'unsubscribed']);
});

it('keeps a 4xx for later with its time, and sends it then', async () => {
  await setUp({ recipients: 3, name: (n) => (n === 1 ? 'grey' : 'person') });
  await bed.receiver.script({ deferOnce: ['grey'] });
  await ticket();
  await until('outcomes', async () => (await bed.tally()).states.deferred === 1);
  const dueAt = async () => Number((await bed.db.knex(TABLE.batches).first('next_at')).next_at);
  await until('the batch is put off', async () => (await dueAt()) > Date.now() + 60_000);
  expect(await bed.state()).toBe('sending');
  await bed.db.knex(TABLE.batches).update({ next_at: 0 });
  await bed.db.knex(TABLE.deliveries).where({ state: 'deferred' }).update({ next_at: 0 });
  await pumpToEnd();
  expect((await bed.tally()).states).toEqual({ accepted: 3 });
  const grey = (await bed.receiver.ledger()).filter((entry) => entry.to.startsWith('grey'));
  expect(grey).toHaveLength(2);
  expect(grey[0]!.messageId).toBe(grey[1]!.messageId);
});

it('rests when the server cannot be reached, without using up the recipients', async () => {
  await setUp({ recipients: 100 });
  await bed.receiver.script({ refuseConnections: true });
  const { again, delayMs } = await ticket();
  expect(again).toBe(true);
  expect(delayMs).toBeGreaterThan(0);
  await until('outcomes', () => env.places.inUse === 0);
  const tally = await bed.tally();
  expect(tally.states.queued).toBeGreaterThanOrEqual(80);
  expect(tally.states.failed).toBeUndefined();
});

it('pauses with a sentence when the transport is gone or a mail cannot be signed', async () => {
  await setUp({ recipients: 5 });
  const { transports } = env;
  env.transports = new Map();
  await ticket();
  expect(await bed.state()).toBe('paused');
  expect(await reasonOf()).toContain('newsletter.config.transports');
  env.transports = transports;
  await resume(env.ctx, bed.campaignId);
  env.maker = createPumpEnv(await createTestContext(bed.db.knex, { ...bed.config, domains: {} })).maker;
  await ticket();
  await until('the pause', async () => (await bed.state()) === 'paused');
  expect(await reasonOf()).toBeTruthy();
  expect((await bed.tally()).states).toEqual({ queued: 5 });
});

it('spreads a pace per hour, and asks for its next ticket when the next message may go', async () => {
  await setUp({ recipients: 20, pacePerHour: 360, config: { worker: { ticketSeconds: 1 } } });
  const { again, delayMs } = await ticket();
  expect(again).toBe(true);
  // The second one may go ten seconds after the first.
  expect(delayMs).toBeGreaterThan(0);
  expect(delayMs).toBeLessThanOrEqual(10_000);
  await until('outcomes', () => env.places.inUse === 0);
  expect(bed.receiver.count()).toBe(1);
});

it('takes a message as in doubt, and never sends it again, when sending fails in an unknown way', async () => {
  await setUp({ recipients: 2 });
  const [[name, transport]] = [...env.transports] as [[string, Transport]];
  let sends = 0;
  const send = () => {
    sends += 1;
    return Promise.reject(new Error('a fault of ours'));
  };
  env.transports = new Map([[name, Object.assign(Object.create(transport) as Transport, { send })]]);
  await pumpToEnd();
  expect((await bed.tally()).states).toEqual({ in_doubt: 2 });
  expect(sends).toBe(2);
});
