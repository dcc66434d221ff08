import { afterEach, expect, it } from 'vitest';
import { createDelivery, type Delivery } from '../../../server/src/delivery';
import { processDueMails } from '../../../server/src/delivery/mails';
import { createPumpEnv, pump, type PumpEnv } from '../../../server/src/delivery/pump';
import { saveSettings } from '../../../server/src/settings';
import { queueMail } from '../../../server/src/storage';
import { createTestContext } from '../../helpers/context';
import { createBed, until, type Bed, type BedOptions } from '../../integration/faults-bed';

let bed: Bed;
let env: PumpEnv | undefined;
let delivery: Delivery | undefined;
const running: Promise<unknown>[] = [];
const stop = { current: new AbortController() };

afterEach(async () => {
  stop.current.abort();
  await Promise.all(running.splice(0));
  stop.current = new AbortController();
  await delivery?.stop();
  await env?.epochs.stop();
  for (const transport of env?.transports.values() ?? []) await transport.close();
  [env, delivery] = [undefined, undefined];
  await bed.destroy();
});

async function setUp(options: BedOptions): Promise<PumpEnv> {
  bed = await createBed(options);
  await bed.receiver.script({ delayMs: 10 });
  const ctx = await createTestContext(bed.db.knex, bed.config);
  ctx.log.warn = () => {};
  return (env = createPumpEnv(ctx));
}

function begin(id: string): void {
  const pumping = (async () => {
    while (!stop.current.signal.aborted && (await pump(env!, id, stop.current.signal)).again);
  })();
  running.push(pumping);
}

/** Messages that the receiver has, by the beginning of the address. */
async function taken(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { to } of await bed.receiver.ledger()) {
    const name = to.split(/[-@]/)[0]!;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

it('ends a campaign of 50 long before one of 6,000 that was first', async () => {
  await setUp({ recipients: 6_000, name: () => 'large', config: { worker: { batchSize: 500 } } });
  const small = await bed.add({ recipients: 50, name: () => 'small' });
  begin(bed.campaignId);
  await until('a part of the large one', () => bed.receiver.count() >= 100);
  begin(small);
  await until('the small one is sent', async () => (await bed.state(small)) === 'sent');
  const names = (await bed.receiver.ledger()).map(({ to }) => to.split('-')[0]);
  expect(names.filter((name) => name === 'small')).toHaveLength(50);
  const between = names.slice(names.indexOf('small'), names.lastIndexOf('small'));
  // One each in turn.
  expect(between.filter((name) => name === 'large').length).toBeLessThan(100);
  expect(names.length).toBeLessThan(3_000);
}, 120_000);

it('shares by the weight of the priority', async () => {
  await setUp({ recipients: 900, name: () => 'high', priority: 'high' });
  const normal = await bed.add({ recipients: 900, name: () => 'normal' });
  begin(normal);
  await until('the normal one alone', () => bed.receiver.count() >= 8);
  begin(bed.campaignId);
  await until('most of the high one', async () => ((await taken()).high ?? 0) >= 600);
  const names = (await bed.receiver.ledger()).map(({ to }) => to.split('-')[0]);
  const high = names.flatMap((name, index) => (name === 'high' ? [index] : []));
  const beside = names.slice(high[0], high[599]).filter((name) => name === 'normal').length;
  // Three times as much: 200 beside 600. Of eight slots these are two, so that one more or less is half as much again.
  expect(beside).toBeGreaterThan(100);
  expect(beside).toBeLessThan(330);
}, 120_000);

it('sends a confirmation before all that a campaign has waiting for a connection', async () => {
  const { ctx, transports, builder } = await setUp({
    recipients: 600,
    name: () => 'large',
    config: { worker: { slots: 64 } },
  });
  await saveSettings(bed.db.knex, {
    senders: [{ id: 'news', name: 'News', email: 'news@example.test' }],
    brand: { name: 'Brand', postalAddress: '1 Main Street' },
  });
  // Twenty a second: what comes first is not decided by how long the mail takes to be built and signed.
  await bed.receiver.script({ delayMs: 250 });
  begin(bed.campaignId);
  await until('a campaign that saturates the transport', () => bed.receiver.count() >= 20);
  await queueMail(bed.db.knex, {
    kind: 'confirm',
    subscriberId: 'subscriber0000000000000001',
    email: 'mail-1@inbox.test',
    payload: { addressHash: ctx.tokens.addressHash('mail-1@inbox.test'), language: 'en', lists: ['News'] },
  });
  const before = bed.receiver.count();
  expect(await processDueMails(ctx, transports, builder, { limit: 10 })).toBe(1);
  const ledger = await bed.receiver.ledger();
  const at = ledger.findIndex(({ to }) => to === 'mail-1@inbox.test');
  // Five connections with two messages on each may be before it, and what ended while it was built and signed; not the
  // fifty and more that wait.
  expect(at - before).toBeGreaterThanOrEqual(0);
  expect(at - before).toBeLessThan(45);
}, 120_000);

it('lets a new campaign begin soon, although as many as may be are being sent', async () => {
  bed = await createBed({
    recipients: 3_000,
    name: () => 'large',
    config: { worker: { campaigns: 1, ticketSeconds: 60, batchSize: 100 } },
  });
  await bed.receiver.script({ delayMs: 60 });
  const ctx = await createTestContext(bed.db.knex, bed.config);
  ctx.log.warn = () => {};
  delivery = createDelivery(ctx, { work: true });
  await delivery.start();
  await until('the large one', () => bed.receiver.count() >= 100);
  const small = await bed.add({ recipients: 20, name: () => 'small' });
  await delivery.nudge(small);
  await until('the small one is sent', async () => (await bed.state(small)) === 'sent');
  expect((await taken()).large).toBeLessThan(3_000);
  expect(await bed.state()).toBe('sending');
}, 120_000);
