import { afterEach, expect, it } from 'vitest';
import { freezeStep, pause, resume } from '../../../server/src/campaign';
import { createPumpEnv, pump, type PumpEnv } from '../../../server/src/delivery/pump';
import { STATE_HOLDS_MS } from '../../../server/src/delivery/pump-watch';
import { claimBatch, TABLE } from '../../../server/src/storage';
import { createTestContext } from '../../helpers/context';
import { createBed, until, type Bed, type BedOptions } from '../../integration/faults-bed';

const SLOTS = 8;

let bed: Bed;
let env: PumpEnv;
afterEach(async () => {
  await bed.receiver.script({});
  await env.epochs.stop();
  await env.pacer.stop();
  for (const transport of env.transports.values()) await transport.close();
  await bed.destroy();
});

async function setUp(options: BedOptions): Promise<void> {
  bed = await createBed({ ...options, config: { worker: { slots: SLOTS, ...options.config?.worker } } });
  env = createPumpEnv(await createTestContext(bed.db.knex, bed.config));
}
const ticket = () => pump(env, bed.campaignId, new AbortController().signal);
const arePrepared = () =>
  until('as many are prepared as are in flight', () => env.places.inUse === 2 * SLOTS);
const openIds = async (): Promise<number[]> =>
  (await bed.db.knex(TABLE.epochs).pluck('open_ids')).flatMap((text: string) => JSON.parse(text) as number[]);
async function pumpToEnd(): Promise<void> {
  await until('the campaign is sent', async () => {
    await ticket();
    return (await bed.state()) === 'sent';
  });
}

it('prepares messages ahead, with no more than W intents in the ledger', async () => {
  await setUp({ recipients: 60 });
  await bed.receiver.script({ stall: true });
  const running = ticket();
  await arePrepared();
  await until('W intents', async () => (await openIds()).length === SLOTS);
  expect(env.epochs.inFlight).toBe(SLOTS);
  await bed.receiver.script({});
  await running;
  await pumpToEnd();
  expect(await bed.tally()).toMatchObject({ states: { accepted: 60 }, twice: [], denied: [] });
});

it('sends none of them when the campaign was paused while the server hung', async () => {
  await setUp({ recipients: 60 });
  await bed.receiver.script({ stall: true });
  const running = ticket();
  await arePrepared();
  await until('W intents', async () => (await openIds()).length === SLOTS);
  await pause(env.ctx, bed.campaignId);
  const pausedAt = Date.now();
  await until('what is known of its state is old', () => Date.now() > pausedAt + STATE_HOLDS_MS);
  await bed.receiver.script({});
  await running;
  await until('all have left their places', () => env.places.inUse === 0);
  expect(await bed.tally()).toMatchObject({
    receiver: SLOTS,
    states: { accepted: SLOTS, queued: 60 - SLOTS },
  });
  await resume(env.ctx, bed.campaignId);
  await pumpToEnd();
  expect(await bed.tally()).toMatchObject({ states: { accepted: 60 }, twice: [] });
});

it('counts what an epoch before has in flight', async () => {
  await setUp({ recipients: 60, config: { worker: { leaseSeconds: 1 } } });
  await bed.receiver.script({ stall: true });
  const first = ticket();
  await arePrepared();
  await until('W intents', async () => (await openIds()).length === SLOTS);
  const before = await env.epochs.current();
  await bed.db.knex(TABLE.epochs).update({ lease_until: 1 });
  await until('the lease is found lost', () => before.fenced);
  await first;
  const second = ticket();
  await until('a new epoch has messages that wait', () => env.places.inUse === 2 * SLOTS);
  expect(env.epochs.inFlight).toBe(SLOTS);
  await bed.receiver.script({});
  await second;
  await pumpToEnd();
  expect(await bed.tally()).toMatchObject({ states: { accepted: 60 }, twice: [] });
});

it('goes on where each commit takes longer than what is known of the campaign holds', async () => {
  await setUp({ recipients: 40, config: { worker: { tickMs: 700, ticketSeconds: 30 } } });
  await pumpToEnd();
  expect(await bed.tally()).toMatchObject({ states: { accepted: 40 }, twice: [] });
});

it('admits a delivery once, however often it asks', async () => {
  await setUp({ recipients: 1 });
  await until('the freeze', async () => (await freezeStep(env.ctx, bed.campaignId)) === 'done');
  const ticker = await env.epochs.current();
  await claimBatch(bed.db.knex, bed.campaignId, ticker.epoch);
  const { id } = await bed.db.knex(TABLE.deliveries).first('id');
  const asks = await Promise.all([ticker.admit(Number(id), 0), ticker.admit(Number(id), 0)]);
  expect(asks).toEqual(['admitted', 'ineligible']);
});

it('claims no batch that is being given back', async () => {
  await setUp({ recipients: 1 });
  await until('the freeze', async () => (await freezeStep(env.ctx, bed.campaignId)) === 'done');
  const { epoch } = await env.epochs.current();
  const [id] = (await bed.db.knex(TABLE.batches).pluck('id')).map(Number);
  expect(await claimBatch(bed.db.knex, bed.campaignId, epoch, [id!])).toBeNull();
  expect(await claimBatch(bed.db.knex, bed.campaignId, epoch)).toMatchObject({ id });
});
