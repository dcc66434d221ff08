import { afterEach, expect, it } from 'vitest';
import { destinations, forgetWaiting } from '../../../server/src/insight';
import {
  addDestinationCounts,
  inTransaction,
  TABLE,
  writeDestination,
  writeRun,
} from '../../../server/src/storage';
import { dayOf } from '../../../server/src/delivery/warm-up';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, type TestDatabase } from '../../helpers/database';
import { addCampaign, addRun, snapshotOf, toLists } from '../campaign/fixtures';

let db: TestDatabase;
afterEach(() => db.destroy());

const MINUTE = 60_000;

it('says of each destination what it gets, what holds it back and why, those in trouble first', async () => {
  db = await createTestDatabase('sqlite');
  const ctx = await createTestContext(db.knex, {
    transports: {
      relay: { host: '127.0.0.1', rate: { messagesPerSecond: 50 } },
      spare: { host: '127.0.0.1' },
    },
    pacing: { destinations: { outlook: { messagesPerSecond: 5, connections: 3 } } },
  });
  const now = Date.now();
  const id = await addRun(ctx, 'sending');
  const sent = await addRun(ctx, 'sent');
  const count = (destination: string, accepted: number, campaignId = id) =>
    addDestinationCounts(db.knex, [{ campaignId, source: 'relay', destination, accepted }], now);
  await count('other', 900);
  await count('google', 40);
  await count('outlook', 30);
  await count('icloud', 5);
  await count('yahoo', 1000, sent);
  const learned = {
    source: 'relay',
    concurrency: null,
    rate: null,
    rateUntil: 0,
    suspendedUntil: 0,
    saidAt: now,
    cuts: 1,
    suspensions: 1,
    refusingSince: now,
    version: 0,
  };
  await writeDestination(db.knex, {
    ...learned,
    destination: 'google',
    suspendedUntil: now + 30 * MINUTE,
    reason: 'asked',
    reply: '421 4.7.0 try again in 30 minutes',
  });
  await writeDestination(db.knex, {
    ...learned,
    destination: 'icloud',
    concurrency: 4,
    rate: 0.5,
    rateUntil: now + 15 * MINUTE,
    reason: 'rate',
    reply: '421 slow down',
  });
  // Over by now, of another campaign, and of another source.
  await writeDestination(db.knex, {
    ...learned,
    destination: 'yahoo',
    rate: 1,
    rateUntil: now - 1,
    reason: 'rate',
    reply: 'x',
  });
  await writeDestination(db.knex, {
    ...learned,
    source: 'spare',
    destination: '*',
    concurrency: 1,
    reason: 'rate',
    reply: 'y',
  });
  await db.knex(TABLE.deliveries).insert(
    [10, 20, 30].map((minutes, n) => ({
      campaign_id: id,
      batch_id: 1,
      subscriber_id: `person-${n}`,
      email: `person-${n}@gmail.com`,
      email_key: `person-${n}@gmail.com`,
      address_hash: `hash-${n}`,
      language: 'en',
      state: 'deferred',
      reason: n === 0 ? 'rate' : 'held',
      next_at: now + minutes * MINUTE,
      transport: 'relay',
      destination: 'google',
      created_at: now,
    })),
  );

  const answer = await destinations(ctx, id);
  expect(answer.moving).toBe(true);
  expect(answer.destinations.map(({ destination, accepted }) => [destination, accepted])).toEqual([
    ['google', 40],
    ['icloud', 5],
    ['*', 975],
    ['other', 900],
    ['outlook', 30],
  ]);
  const [google, icloud, whole, other, outlook] = answer.destinations;
  expect(google).toMatchObject({
    source: 'relay',
    perSecond: 4,
    limit: null,
    suspension: {
      until: new Date(now + 30 * MINUTE).toISOString(),
      why: { reason: 'asked', reply: '421 4.7.0 try again in 30 minutes', at: new Date(now).toISOString() },
    },
    nextAt: new Date(now + 10 * MINUTE).toISOString(),
  });
  expect(google!.deferred).toEqual(
    expect.arrayContaining([
      { reason: 'rate', count: 1 },
      { reason: 'held', count: 2 },
    ]),
  );
  expect(icloud!.limit).toEqual({
    messagesPerSecond: 0.5,
    connections: 4,
    firstConnections: null,
    why: { reason: 'rate', reply: '421 slow down', at: new Date(now).toISOString() },
    until: new Date(now + 15 * MINUTE).toISOString(),
  });
  expect(whole).toMatchObject({
    source: 'relay',
    limit: { messagesPerSecond: 50, connections: null, why: { reason: 'configured' } },
    deferred: [],
  });
  const sum = answer.destinations.reduce((all, one) => all + (one === whole ? 0 : one.perSecond), 0);
  expect(whole!.perSecond).toBeCloseTo(sum, 0);
  expect(other).toMatchObject({ limit: null, suspension: null, deferred: [], nextAt: null });
  expect(outlook!.limit).toEqual({
    messagesPerSecond: 5,
    connections: 3,
    firstConnections: null,
    why: { reason: 'configured', reply: null, at: null },
    until: null,
  });

  // Over all: what was learned over other sources, too; what is over by itself, and ended campaigns, not.
  const all = (await destinations(ctx, null)).destinations;
  expect(all.map(({ source, destination }) => `${source} ${destination}`)).toEqual([
    'relay google',
    'relay icloud',
    'spare *',
    'relay *',
    'relay other',
    'relay outlook',
  ]);
  expect(await destinations(ctx, sent)).toMatchObject({
    moving: false,
    destinations: [{ destination: 'yahoo', accepted: 1000, limit: null }],
  });
  await db.knex(TABLE.deliveries).delete();
  forgetWaiting(db.knex);
  expect((await destinations(ctx, id)).destinations[0]!.deferred).toEqual([]);
});

it('says with how many connections a destination begins of which nothing was learned', async () => {
  db = await createTestDatabase('sqlite');
  const ctx = await createTestContext(db.knex, {
    transports: { direct: { type: 'mx' }, relay: { host: '127.0.0.1' } },
    pacing: { destinations: { outlook: { connections: 2 } } },
  });
  const now = Date.now();
  const id = await addRun(ctx, 'sending');
  for (const destination of ['new.example', 'outlook', 'cut.example'])
    await addDestinationCounts(
      db.knex,
      [{ campaignId: id, source: 'direct', destination, accepted: 1 }],
      now,
    );
  await addDestinationCounts(
    db.knex,
    [{ campaignId: id, source: 'relay', destination: 'other', accepted: 1 }],
    now,
  );
  const learned = { rate: null, rateUntil: 0, suspendedUntil: 0, cuts: 1, suspensions: 0, refusingSince: 0 };
  const said = { reason: 'connections', reply: '421 fewer', saidAt: now, version: 0 };
  const cut = { source: 'direct', destination: 'cut.example', concurrency: 4 };
  await writeDestination(db.knex, { ...cut, ...learned, ...said });
  const found = (await destinations(ctx, id)).destinations;
  const limits = found.map(({ source, destination, limit }) => [`${source} ${destination}`, limit]);
  expect(Object.fromEntries(limits)).toMatchObject({
    'direct new.example': { connections: 5, firstConnections: 2, why: { reason: 'configured' } },
    'direct outlook': { connections: 2, firstConnections: null },
    'direct cut.example': { connections: 4, firstConnections: null, why: { reason: 'connections' } },
    'relay other': null,
  });
});

it('says of each source of a campaign what its warm-up lets out, or when more, until it is warm', async () => {
  db = await createTestDatabase('sqlite');
  const now = Date.now();
  const DAY = 24 * 60 * MINUTE;
  const today = dayOf(now);
  const soon = dayOf(now + 3 * DAY);
  const ctx = await createTestContext(db.knex, {
    transports: {
      first: { host: 'a', warmUp: { startedOn: today, plan: [100] } },
      second: { host: 'b', warmUp: { startedOn: soon, plan: [100] } },
      warm: { host: 'c', warmUp: { startedOn: today, plan: [1_000_000] } },
    },
  });
  const id = await addRun(ctx, 'sending');
  const day = (reserved: number) =>
    db
      .knex(TABLE.warmUps)
      .insert({ source: 'first', day: today, destination: '', step: 1, quota: 100, reserved, started_at: 1 })
      .onConflict(['source', 'day', 'destination'])
      .merge();
  await day(99);
  const first = { source: 'first', quota: 100, perSecond: 100 / 36_000, nextAt: null as string | null };
  expect((await destinations(ctx, id)).warmUps).toEqual([first]);
  await day(100);
  first.nextAt = new Date(Date.parse(`${today}T00:00:00Z`) + DAY).toISOString();
  expect((await destinations(ctx, id)).warmUps).toEqual([first]);
  const second = { source: 'second', quota: 0, perSecond: 0, nextAt: `${soon}T00:00:00.000Z` };
  expect((await destinations(ctx, null)).warmUps).toEqual([first, second]);
  await db.knex(TABLE.campaigns).update({ state: 'sent' });
  expect((await destinations(ctx, id)).warmUps).toEqual([]);
});

it('says of a campaign that is being sent its pace, the rate of its sender’s domain and those of its sources, before any mail is out', async () => {
  db = await createTestDatabase('sqlite');
  const ctx = await createTestContext(db.knex, {
    transports: {
      relay: { host: 'a', rate: { messagesPerSecond: 0.0005 } },
      spare: { host: 'b', rate: { messagesPerSecond: 9 } },
      free: { host: 'c' },
    },
    domains: { 'example.org': { dkim: 'relay' }, 'example.net': { dkim: 'relay' } },
    pacing: {
      senderDomains: { 'example.org': { messagesPerSecond: 2 }, 'example.net': { messagesPerSecond: 3 } },
    },
  });
  const id = await addCampaign(db.knex, { state: 'sending' });
  const plain = snapshotOf(ctx, id, toLists());
  const sender = { ...plain.sender, email: 'news@EXAMPLE.org', transports: [{ name: 'relay', weight: 1 }] };
  const snapshot = JSON.stringify({ ...plain, sender, pacePerHour: 500 });
  await inTransaction(db.knex, (trx) => writeRun(trx, { campaignId: id, version: 1, snapshot, startAt: 0 }));

  const answer = await destinations(ctx, id);
  expect(answer).toMatchObject({
    pacePerHour: 500,
    senderDomains: [{ domain: 'example.org', messagesPerSecond: 2 }],
  });
  expect(answer.destinations).toMatchObject([
    {
      source: 'relay',
      destination: '*',
      accepted: 0,
      perSecond: 0,
      limit: { messagesPerSecond: 0.0005, why: { reason: 'configured' } },
    },
  ]);

  const all = await destinations(ctx, null);
  expect(all).toMatchObject({
    pacePerHour: null,
    senderDomains: [{ domain: 'example.org' }, { domain: 'example.net' }],
  });
  expect(all.destinations.map(({ source, destination }) => `${source} ${destination}`)).toEqual([
    'relay *',
    'spare *',
  ]);

  await db.knex(TABLE.campaigns).update({ state: 'sent' });
  expect(await destinations(ctx, id)).toEqual({
    destinations: [],
    pacePerHour: null,
    senderDomains: [],
    warmUps: [],
    moving: false,
  });
});
