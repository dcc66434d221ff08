import { afterEach, expect, it } from 'vitest';
import { createPumpEnv, pump, type PumpEnv } from '../../../server/src/delivery/pump';
import { untried } from '../../../server/src/delivery/engine-send';
import { TABLE, type ClaimedDelivery } from '../../../server/src/storage';
import { createTestContext } from '../../helpers/context';
import { createBed, until, type Bed, type BedOptions } from '../../integration/faults-bed';

let bed: Bed;
let env: PumpEnv;
let stop: AbortController;
afterEach(async () => {
  stop.abort();
  await env.epochs.stop();
  await env.pacer.stop();
  for (const transport of env.transports.values()) await transport.close();
  await bed.destroy();
});

async function setUp(options: BedOptions): Promise<void> {
  stop = new AbortController();
  bed = await createBed(options);
  env = createPumpEnv(await createTestContext(bed.db.knex, bed.config));
}
const ticket = () => pump(env, bed.campaignId, stop.signal);
const settled = () => until('no message has a slot', () => env.places.inUse === 0);

/** The statements that need the table fail, as those of a database that is away. */
const without = (table: string) => bed.db.knex.schema.renameTable(table, `${table}_away`);
const with_ = (table: string) => bed.db.knex.schema.renameTable(`${table}_away`, table);

async function sendsAll(recipients: number): Promise<void> {
  await until('the campaign is sent', async () => {
    await ticket();
    return (await bed.state()) === 'sent';
  });
  const tally = await bed.tally();
  expect(tally.states).toEqual({ accepted: recipients });
  expect(tally.twice).toEqual([]);
}

it('keeps no slot when the campaign cannot be looked at while a row waits for one', async () => {
  await setUp({ recipients: 60 });
  await bed.receiver.script({ stall: true });
  const failing = expect(ticket()).rejects.toThrow(TABLE.campaigns);
  await until('all slots are taken', () => env.places.inUse === env.places.size);
  await without(TABLE.campaigns);
  await bed.receiver.script({});
  await failing;
  await settled();
  await with_(TABLE.campaigns);
  await sendsAll(60);
});

it('lets go of rows that wait for their destination', async () => {
  await setUp({
    recipients: 60,
    domain: () => 'gmail.com',
    config: { pacing: { destinations: { google: { messagesPerSecond: 40 } } } },
  });
  const failing = expect(ticket()).rejects.toThrow(TABLE.campaigns);
  await until('some are sent', () => bed.receiver.count() >= 5);
  await without(TABLE.campaigns);
  await failing;
  await settled();
  await until('the batches are given back', () => !env.batches.get(bed.campaignId)?.size);
  await with_(TABLE.campaigns);
  await sendsAll(60);
});

it('gives a batch back when the database is there again', async () => {
  await setUp({ recipients: 5 });
  await bed.receiver.script({ stall: true });
  const sending = ticket();
  await until('all are on their way', () => env.places.inUse === 5);
  await until('all are with the receiver', () => bed.receiver.count() === 5);
  await without(TABLE.batches);
  await bed.receiver.script({});
  await settled();
  await sending.catch(() => {}); // it may have looked for further batches
  await with_(TABLE.batches);
  await sendsAll(5);
});

it('is not waited for by what ends after the ledger was closed', async () => {
  await setUp({ recipients: 1 });
  const ticker = await env.epochs.current();
  await ticker.stop();
  const row = { id: 1, attempt: 0 } as ClaimedDelivery;
  const late = ticker.settle(untried(row, 'skipped', 'unsubscribed', null)).then(() => 'done');
  const never = new Promise((resolve) => setTimeout(resolve, 20_000, 'never'));
  expect(await Promise.race([late, never])).toBe('done');
});
