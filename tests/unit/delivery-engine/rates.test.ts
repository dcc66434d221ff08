import { afterEach, expect, it, vi } from 'vitest';
import type { NewsletterConfigInput } from '../../../server/src/config';
import { createPumpEnv, pump, type PumpEnv } from '../../../server/src/delivery/pump';
import { readDestinations, TABLE } from '../../../server/src/storage';
import { createTestContext } from '../../helpers/context';
import { startReceiver, type Receiver } from '../../helpers/receiver';
import { createBed, until, type Bed } from '../../integration/faults-bed';
import { startScriptedServer } from '../delivery-wire/scripted-server';

let bed: Bed;
let env: PumpEnv;
const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await env.epochs.stop();
  await env.pacer.stop();
  for (const transport of env.transports.values()) await transport.close();
  for (const cleanup of cleanups.splice(0)) await cleanup();
  await bed.destroy();
});

type Transports = NonNullable<NewsletterConfigInput['transports']>;

/** @param transports beside the bed's own, `relay`, or in its place */
async function open(transports: Transports = {}): Promise<void> {
  const config = { ...bed.config, transports: { ...bed.config.transports, ...transports } };
  env = createPumpEnv(await createTestContext(bed.db.knex, config));
}
const relay = () => ({ host: '127.0.0.1', port: bed.receiver.port });

async function another(): Promise<Receiver> {
  const receiver = await startReceiver();
  cleanups.push(() => receiver.stop());
  return receiver;
}

/** Lets the sender use several transports: name and weight of each. */
async function routeOver(weights: Record<string, number>): Promise<void> {
  const transports = Object.entries(weights).map(([name, weight]) => ({ name, weight }));
  for (const { campaign_id, snapshot } of await bed.db.knex(TABLE.runs).select('campaign_id', 'snapshot')) {
    const { sender, ...rest } = JSON.parse(String(snapshot)) as { sender: object };
    const changed = JSON.stringify({ ...rest, sender: { ...sender, transports } });
    await bed.db.knex(TABLE.runs).where({ campaign_id }).update({ snapshot: changed });
  }
}

const ticket = (id = bed.campaignId) => pump(env, id, new AbortController().signal);
const sent = (id = bed.campaignId) =>
  until('the campaign is sent', async () => {
    await ticket(id);
    return (await bed.state(id)) === 'sent';
  });

/** When the messages of all receivers were complete, milliseconds since a moment before they were begun. */
async function arrivals(since: number, ...receivers: Receiver[]): Promise<number[]> {
  const ledgers = await Promise.all(receivers.map((receiver) => receiver.ledger()));
  return ledgers
    .flat()
    .map(({ at }) => at - since)
    .sort((a, b) => a - b);
}

/** No message is earlier than its turn; a tenth of a second may be caught up. */
function expectRate(perSecond: number, times: number[]): void {
  expect(times.filter((at, nth) => at < (nth * 1000) / perSecond - 100)).toEqual([]);
}

it('keeps to the rate of a transport over all receivers', async () => {
  bed = await createBed({ recipients: 12, domain: (n) => `inbox${n % 4}.test` });
  await open({ relay: { ...relay(), rate: { messagesPerSecond: 5 } } });
  const begun = Date.now();
  await sent();
  const times = await arrivals(begun, bed.receiver);
  expect(times).toHaveLength(12);
  expectRate(5, times);
});

it('sends what does not fit into the rate of a transport over another one', async () => {
  bed = await createBed({ recipients: 60 });
  const second = await another();
  await open({
    relay: { ...relay(), rate: { messagesPerSecond: 2 } },
    second: { host: '127.0.0.1', port: second.port },
  });
  await routeOver({ relay: 1000, second: 1 });
  const begun = Date.now();
  await sent();
  const slow = await arrivals(begun, bed.receiver);
  expect(slow.length).toBeGreaterThan(0);
  expectRate(2, slow);
  expect(second.count()).toBe(60 - slow.length);
});

it('begins no message over a transport before its turn while several campaigns share it beside another one', async () => {
  bed = await createBed({ recipients: 40 });
  const campaigns = [bed.campaignId];
  for (const name of ['second', 'third', 'fourth'])
    campaigns.push(await bed.add({ recipients: 40, name: () => name }));
  const second = await another();
  await second.script({ delayMs: 30 });
  await open({
    relay: { ...relay(), rate: { messagesPerSecond: 5 } },
    second: { host: '127.0.0.1', port: second.port },
  });
  await routeOver({ relay: 10, second: 1 });
  const all = env.pacer.whole(env.transports.get('relay')!);
  const begin = all.begin.bind(all);
  const waits: number[] = [];
  vi.spyOn(all, 'begin').mockImplementation((now) => {
    waits.push(all.wait(now));
    begin(now);
  });
  await Promise.all(campaigns.map((id) => sent(id)));
  expect(waits).toHaveLength(bed.receiver.count());
  expect(waits.filter((ms) => ms > 0)).toEqual([]);
});

it('keeps to the rate of a sender’s domain over all of its campaigns and transports', async () => {
  bed = await createBed({
    recipients: 7,
    config: { pacing: { senderDomains: { 'example.test': { messagesPerSecond: 5 } } } },
  });
  const other = await bed.add({ recipients: 7, name: () => 'other' });
  const second = await another();
  await open({ second: { host: '127.0.0.1', port: second.port } });
  await routeOver({ relay: 1, second: 1 });
  const begun = Date.now();
  await Promise.all([sent(), sent(other)]);
  const times = await arrivals(begun, bed.receiver, second);
  expect(times).toHaveLength(14);
  expectRate(5, times);
});

it.each([
  ['MAIL', '454 4.7.0 Throttled, slow down'],
  ['DOT', '454 4.7.0 Throttling failure: Maximum sending rate exceeded.'],
])(
  'sends nothing more over a relay that throttles us at %s, whoever it is for, and goes on over another one',
  async (step, reply) => {
    bed = await createBed({ recipients: 200, domain: (n) => (n % 2 ? 'gmail.com' : 'inbox.test') });
    const throttling = await startScriptedServer({ reply: { [step]: reply } });
    cleanups.push(() => throttling.close());
    await open({ throttling: { host: '127.0.0.1', port: throttling.port } });
    await routeOver({ throttling: 1, relay: 1 });
    const begun = Date.now();
    await until('each one is tried', async () => {
      await ticket();
      await until('outcomes', () => env.places.inUse === 0 && !env.batches.get(bed.campaignId)?.size);
      return (await bed.db.knex(TABLE.deliveries).where({ state: 'queued' }).first('id')) === undefined;
    });

    const rows = await bed.db.knex(TABLE.deliveries);
    const deferred = rows.filter(({ state }) => state === 'deferred');
    expect(new Set(deferred.map((row) => `${row.transport} ${row.attempt} ${row.reason}`))).toEqual(
      new Set(['throttling 1 rate']),
    );
    expect(throttling.commands.filter((line) => line.startsWith('MAIL'))).toHaveLength(deferred.length);
    // What was begun when it was said for the first time, and one in two seconds since, or fewer.
    const since = Math.ceil((Date.now() - begun) / 2_000);
    expect(deferred.length).toBeLessThanOrEqual(2 * env.ctx.config.worker.slots + 1 + since);
    const others = rows.filter(({ state }) => state !== 'deferred');
    expect(new Set(others.map((row) => `${row.state} ${row.transport}`))).toEqual(
      new Set(['accepted relay']),
    );
    expect(bed.receiver.count()).toBe(200 - deferred.length);

    await env.pacer.stop(); // what was learned is written
    const { rows: learned } = await readDestinations(bed.db.knex);
    expect(learned).toMatchObject([{ source: 'throttling', destination: '*', reason: 'rate' }]);
    expect(learned[0]!.rate).toBeLessThanOrEqual(0.5);
  },
);
