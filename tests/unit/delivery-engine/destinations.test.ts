import { afterEach, expect, it } from 'vitest';
import { createPumpEnv, pump, type PumpEnv } from '../../../server/src/delivery/pump';
import { forgetDestination, readDestinations, releaseHeld, TABLE } from '../../../server/src/storage';
import { createTestContext } from '../../helpers/context';
import { createBed, until, type Bed, type BedOptions } from '../../integration/faults-bed';

let bed: Bed;
let env: PumpEnv;
afterEach(async () => {
  await close();
  await bed.destroy();
});

async function open(config = bed.config): Promise<void> {
  env = createPumpEnv(await createTestContext(bed.db.knex, config));
}
async function close(): Promise<void> {
  await env.epochs.stop();
  await env.pacer.stop();
  for (const transport of env.transports.values()) await transport.close();
}
async function setUp(options: BedOptions): Promise<void> {
  bed = await createBed(options);
  await open();
}
const ticket = () => pump(env, bed.campaignId, new AbortController().signal);
const rowsOf = (domain: string) =>
  bed.db.knex(TABLE.deliveries).where('email', 'like', `%@${domain}`).orderBy('id');
const row = async () =>
  (await readDestinations(bed.db.knex)).rows.find((one) => one.destination === 'google');
/** As many tickets as those who have no limit need. */
const othersAreThrough = () =>
  until('the others are through', async () => {
    await ticket();
    await settled();
    return (await rowsOf('inbox.test')).every((one) => one.state === 'accepted');
  });
/** All that was begun has its outcome, and all that was put off is written: a loaded machine is late with it. */
const settled = () =>
  until('outcomes', () => env.places.inUse === 0 && !env.batches.get(bed.campaignId)?.size);
const noneIsQueued = () =>
  until('each one was looked at', async () => {
    await ticket();
    await settled();
    return (await bed.db.knex(TABLE.deliveries).where({ state: 'queued' }).first('id')) === undefined;
  });

/** Every second one is a person at Gmail. */
const mixed = {
  name: (n: number) => (n % 2 ? 'gee' : 'person'),
  domain: (n: number) => (n % 2 ? 'gmail.com' : 'inbox.test'),
};
const ASKED = '421 4.7.0 Sending rate limit exceeded, try again in 30 minutes';

/** As after the end of the times for which rows were put off. */
async function allDue(): Promise<void> {
  await bed.db.knex(TABLE.deliveries).update({ next_at: 0 });
  await bed.db.knex(TABLE.batches).update({ next_at: 0 });
}

it('stops at a receiver that asks for a pause, without an attempt for those behind, and sends to the others', async () => {
  await setUp({ recipients: 200, ...mixed });
  await bed.receiver.script({ refuse: { gee: ASKED } });
  await noneIsQueued();
  const theirs = await rowsOf('gmail.com');
  expect(theirs.every((one) => one.state === 'deferred')).toBe(true);
  const tried = theirs.filter((one) => Number(one.attempt) === 1);
  expect(tried.length).toBeGreaterThanOrEqual(1);
  expect(tried.length).toBeLessThanOrEqual(8); // the slots of the process
  const held = theirs.filter((one) => Number(one.attempt) === 0);
  expect(held.length).toBe(100 - tried.length);
  expect(new Set(held.map((one) => one.reason))).toEqual(new Set(['held']));
  const in30 = Date.now() + 29 * 60_000;
  for (const one of theirs) expect(Number(one.next_at)).toBeGreaterThan(in30);

  const tally = await bed.tally();
  expect(tally).toMatchObject({ candidates: 200, unfinished: 100, twice: [], denied: [], invented: [] });
  await until('it is written down', async () => (await row()) !== undefined);
  expect(await row()).toMatchObject({ source: 'relay', reason: 'asked', suspensions: 1 });
  expect((await row())!.reply).toContain('try again in 30 minutes');
});

it('knows a suspension after a restart, and forgets it when it is resumed elsewhere', async () => {
  await setUp({ recipients: 60, ...mixed });
  await bed.receiver.script({ refuse: { gee: ASKED } });
  await noneIsQueued();
  await close();
  await bed.receiver.script({});
  const before = await bed.tally();
  expect(before.states.accepted).toBe(30);

  await open();
  await allDue();
  await ticket();
  await settled();
  expect((await bed.tally()).states).toEqual(before.states);

  // As the panel of another process does it.
  expect(await forgetDestination(bed.db.knex, 'relay', 'google')).toBe(true);
  expect(await forgetDestination(bed.db.knex, 'relay', 'google')).toBe(false);
  const google = { source: 'relay', destination: 'google' };
  expect(await releaseHeld(bed.db.knex, bed.campaignId, google, Date.now())).toBe(30);
  await until('the campaign is sent', async () => {
    await ticket();
    return (await bed.state()) === 'sent';
  });
  const tally = await bed.tally();
  expect(tally.states).toEqual({ accepted: 60 });
  expect(tally.twice).toEqual([]);
});

it('keeps to the rate of a destination while the others go on, and puts off what does not fit into ten seconds', async () => {
  await setUp({
    recipients: 200,
    ...mixed,
    config: { pacing: { destinations: { google: { messagesPerSecond: 4 } } }, worker: { ticketSeconds: 4 } },
  });
  const begun = Date.now();
  await othersAreThrough();
  const seconds = (Date.now() - begun) / 1000;
  const ledger = await bed.receiver.ledger();
  const google = ledger.filter(({ to }) => to.startsWith('gee'));
  expect(google.length).toBeGreaterThanOrEqual(8);
  expect(google.length).toBeLessThanOrEqual(4 * seconds + 2);

  const theirs = await rowsOf('gmail.com');
  const put = theirs.filter((one) => one.reason === 'paced');
  // Ten seconds' worth may wait in memory: what of it was not sent is queued as before.
  expect(put.length).toBeGreaterThanOrEqual(100 - google.length - 40);
  expect(put.length).toBeGreaterThan(0);
  expect(put.every((one) => one.state === 'deferred' && Number(one.attempt) === 0)).toBe(true);
  const last = Math.max(...put.map((one) => Number(one.next_at)));
  // 100 messages are 25 seconds' worth, begun ten seconds after the last look.
  expect(last - begun).toBeGreaterThan(10_000);
  expect(last - begun).toBeLessThan(seconds * 1000 + 45_000);
  const { again, wakeAt } = await ticket();
  expect(again || wakeAt! <= Date.now() + 20_000).toBe(true);
  expect(await bed.tally()).toMatchObject({ candidates: 200, twice: [], denied: [] });
});

it('lets no more messages to a destination at a time than its limit', async () => {
  await setUp({
    recipients: 40,
    ...mixed,
    config: { pacing: { destinations: { google: { connections: 2 } } }, worker: { ticketSeconds: 20 } },
  });
  await bed.receiver.script({ stall: true });
  const running = ticket();
  await until('all that may go is there', () => bed.receiver.count() >= 5);
  const onTheirWay = (await bed.receiver.ledger()).filter(({ to }) => to.startsWith('gee'));
  expect(onTheirWay.length).toBeLessThanOrEqual(2);
  await bed.receiver.script({});
  await running;
  await until('the campaign is sent', async () => {
    await ticket();
    return (await bed.state()) === 'sent';
  });
  expect((await bed.tally()).states).toEqual({ accepted: 40 });
});

it('counts what each destination got', async () => {
  await setUp({ recipients: 60, ...mixed });
  await until('the campaign is sent', async () => {
    await ticket();
    return (await bed.state()) === 'sent';
  });
  await close();
  const counts = await bed.db.knex(TABLE.destinationCounts).orderBy('destination');
  expect(counts.map(({ destination, accepted }) => [destination, Number(accepted)])).toEqual([
    ['google', 30],
    ['other', 30],
  ]);
  await open();
});

it('gives up who waits for a receiver that refuses everything for longer than the give-up time', async () => {
  await setUp({ recipients: 20, ...mixed, config: { pacing: { giveUpHours: 4 } } });
  await bed.receiver.script({ refuse: { gee: ASKED } });
  await noneIsQueued();
  await close();
  const fiveHoursAgo = Date.now() - 5 * 3_600_000;
  await bed.db.knex(TABLE.destinations).update({ suspensions: 5, refusing_since: fiveHoursAgo, version: 9 });
  await allDue();
  // Half of them have waited for long; the others came later.
  const theirs = await rowsOf('gmail.com');
  const old = theirs.slice(0, 5).map((one) => one.id as number);
  await bed.db.knex(TABLE.deliveries).whereIn('id', old).update({ first_tried_at: fiveHoursAgo });
  await open();
  await until('they were looked at again', async () => {
    await ticket();
    await settled();
    return (await rowsOf('gmail.com')).every((one) => Number(one.next_at) > 0 || one.state === 'failed');
  });
  const after = await rowsOf('gmail.com');
  expect(after.map((one) => [one.state, one.reason])).toEqual([
    ...Array.from({ length: 5 }, () => ['failed', 'rate']),
    ...Array.from({ length: 5 }, () => ['deferred', 'held']),
  ]);
  expect(String(after[0]!.reply_text)).toContain('try again in 30 minutes');
  expect((await bed.tally()).candidates).toBe(20);
});

it('comes back to a greylist over the same transport', async () => {
  await setUp({ recipients: 12, name: () => 'grey' });
  await bed.receiver.script({ deferOnce: ['grey'] });
  const { campaignId, db } = bed;
  const run = await db.knex(TABLE.runs).where({ campaign_id: campaignId }).first('snapshot');
  const snapshot = JSON.parse(String(run.snapshot)) as { sender: object };
  const transports = [
    { name: 'relay', weight: 1 },
    { name: 'second', weight: 1 },
  ];
  await db.knex(TABLE.runs).update({
    snapshot: JSON.stringify({ ...snapshot, sender: { ...snapshot.sender, transports } }),
  });
  await close();
  await open({
    ...bed.config,
    transports: { ...bed.config.transports, second: bed.config.transports!.relay! },
  });
  await ticket();
  await settled();
  const first = new Map((await rowsOf('inbox.test')).map((one) => [one.id, one.transport]));
  expect(new Set(first.values())).toEqual(new Set(['relay', 'second']));
  await allDue();
  await until('the campaign is sent', async () => {
    await ticket();
    return (await bed.state()) === 'sent';
  });
  for (const one of await rowsOf('inbox.test')) expect(one.transport).toBe(first.get(one.id));
});
