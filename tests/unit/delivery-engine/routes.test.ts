import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { SenderTransport } from '../../../shared/contracts';
import type { NewsletterConfigInput } from '../../../server/src/config';
import { createPumpEnv, pump, type PumpEnv } from '../../../server/src/delivery/pump';
import { pickTransport, routesOf, sendOver, type Route } from '../../../server/src/delivery/routes';
import type { OutgoingMessage, SendOutcome, Transport } from '../../../server/src/delivery/types';
import { TABLE } from '../../../server/src/storage';
import { createTestContext } from '../../helpers/context';
import { startDnsServer } from '../../helpers/dns-server';
import { startReceiver, type Receiver } from '../../helpers/receiver';
import { createBed, until, type Bed, type BedOptions } from '../../integration/faults-bed';

describe('the choice', () => {
  const transport = (name: string, over: Partial<Transport> = {}): Transport => ({
    name,
    type: 'smtp',
    capacity: 2,
    waiting: 0,
    site: () => Promise.resolve(null),
    send: () => Promise.reject(new Error('not here')),
    verify: () => Promise.resolve(),
    abort: () => {},
    close: () => Promise.resolve(),
    ...over,
  });
  const routes = (...list: [Transport, number][]): Route[] =>
    list.map(([one, weight]) => ({ transport: one, weight }));
  const options = { domain: 'example.net', now: 0, wait: () => 0 };
  const nameOf = async (list: Route[], over: Partial<Parameters<typeof pickTransport>[1]> = {}) =>
    (await pickTransport(list, { ...options, ...over })).transport?.name;

  it('goes by weight', async () => {
    const both = routes([transport('a'), 3], [transport('b'), 1]);
    const names = await Promise.all(
      [0, 0.25, 0.74, 0.75, 0.999].map((at) => nameOf(both, { random: () => at })),
    );
    expect(names).toEqual(['a', 'a', 'a', 'b', 'b']);
  });

  it('leaves out what rests, was tried, or has no room while another one has', async () => {
    const both = routes([transport('a', { waiting: 2 }), 1000], [transport('b'), 1]);
    expect(await nameOf(both)).toBe('b');
    expect(await nameOf(both, { tried: new Set(['b']) })).toBe('a');
    expect(await nameOf(both, { wait: ({ name }) => (name === 'b' ? 5 : 0) })).toBe('a');
    const none = await pickTransport(both, { ...options, wait: ({ name }) => (name === 'b' ? 5 : 7) });
    expect(none).toEqual({ transport: null, waitMs: 5, why: 'No transport may be used now' });
  });

  it('comes back to the transport of the first try, and waits for it when that is short', async () => {
    const both = routes([transport('a'), 1000], [transport('b', { waiting: 9 }), 1]);
    expect(await nameOf(both, { sticky: 'b' })).toBe('b');
    const busy = (ms: number) => ({ sticky: 'b', wait: ({ name }: Transport) => (name === 'b' ? ms : 0) });
    expect(await pickTransport(both, { ...options, ...busy(300) })).toMatchObject({
      transport: null,
      waitMs: 300,
    });
    expect(await nameOf(both, busy(120_000))).toBe('a');
    expect(await nameOf(both, { ...busy(300), tried: new Set(['b']) })).toBe('a');
    expect(await nameOf(both, { sticky: 'gone' })).toBe('a');
  });

  it('knows a sender’s transports, or the first one', () => {
    const all = new Map([transport('a'), transport('b')].map((one) => [one.name, one]));
    const names = (transports?: SenderTransport[]) =>
      routesOf(all, { ...(transports && { transports }) }).map(({ transport: { name }, weight }) => [
        name,
        weight,
      ]);
    expect(names()).toEqual([['a', 1]]);
    expect(names([])).toEqual([['a', 1]]);
    expect(
      names([
        { name: 'b', weight: 7 },
        { name: 'x', weight: 1 },
      ]),
    ).toEqual([['b', 7]]);
    expect(names([{ name: 'x', weight: 1 }])).toEqual([]);
  });

  it('sends over another one only when nothing was handed over', async () => {
    const message: OutgoingMessage = { envelope: { from: 'a@b', to: 'c@d' }, raw: Buffer.from('') };
    const tries: string[] = [];
    const saying = (name: string, outcome: SendOutcome, type: 'smtp' | 'mx' = 'smtp') => ({
      transport: transport(name, { type, send: () => (tries.push(name), Promise.resolve(outcome)) }),
    });
    const fine: SendOutcome = { kind: 'accepted', reply: { code: 250, status: null, text: 'ok' } };
    const second = saying('second', fine);
    const run = async (outcome: SendOutcome, type?: 'smtp' | 'mx') => {
      tries.length = 0;
      const { way } = await sendOver(saying('first', outcome, type), message, () => Promise.resolve(second));
      expect(tries.at(-1)).toBe(way.transport.name);
      return [...tries];
    };
    const lost = { kind: 'lost', message: 'x' } as const;
    expect(await run({ ...lost, stage: 'connect' })).toEqual(['first', 'second']);
    expect(await run({ ...lost, stage: 'auth' })).toEqual(['first', 'second']);
    expect(await run({ ...lost, stage: 'data' })).toEqual(['first']);
    expect(await run({ ...lost, stage: 'connect' }, 'mx')).toEqual(['first']);
    expect(await run({ kind: 'unknown', message: 'x' })).toEqual(['first']);
    expect(
      await run({ kind: 'refused', stage: 'rcpt', reply: { code: 550, status: null, text: '' } }),
    ).toEqual(['first']);
  });
});

type Transports = NonNullable<NewsletterConfigInput['transports']>;
type Relay = { host: string; port: number };

describe('a campaign', () => {
  let bed: Bed;
  let env: PumpEnv;
  const cleanups: (() => Promise<unknown>)[] = [];
  afterEach(tearDown);

  async function tearDown(): Promise<void> {
    await env.epochs.stop();
    await env.pacer.stop();
    await env.warmUps.stop();
    for (const transport of env.transports.values()) await transport.close();
    for (const cleanup of cleanups.splice(0)) await cleanup();
    await bed.destroy();
  }

  async function setUp(
    options: BedOptions,
    transports: (relay: Relay) => Transports | Promise<Transports>,
    senderTransports: SenderTransport[],
  ): Promise<void> {
    bed = await createBed(options);
    const relay = { host: '127.0.0.1', port: bed.receiver.port, pool: { maxConnections: 5 } };
    const config = { ...bed.config, transports: await transports(relay) };
    env = createPumpEnv(await createTestContext(bed.db.knex, config));
    const run: { snapshot: string } = await bed.db.knex(TABLE.runs).first('snapshot');
    const snapshot = JSON.parse(run.snapshot) as { sender: object };
    snapshot.sender = { ...snapshot.sender, transports: senderTransports };
    await bed.db.knex(TABLE.runs).update({ snapshot: JSON.stringify(snapshot) });
  }
  const ticket = () => pump(env, bed.campaignId, new AbortController().signal);
  const sent = () =>
    until('the campaign is sent', async () => {
      await ticket();
      return (await bed.state()) === 'sent';
    });
  const rows = () => bed.db.knex(TABLE.deliveries).orderBy('id');
  const one = (name: string, weight = 1) => ({ name, weight });

  async function another(): Promise<Receiver> {
    const receiver = await startReceiver();
    cleanups.push(() => receiver.stop());
    return receiver;
  }

  /** A port on which nobody listens. */
  async function deadPort(): Promise<number> {
    const server = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as net.AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }

  it('goes out over the other transport when one is away, without a lost attempt and without a second mail', async () => {
    await setUp(
      { recipients: 60 },
      async (relay) => ({ dead: { host: '127.0.0.1', port: await deadPort() }, relay }),
      [one('dead', 100), one('relay')],
    );
    await sent();
    const all = await rows();
    expect(new Set(all.map((row) => `${row.state} ${row.attempt} ${row.transport}`))).toEqual(
      new Set(['accepted 1 relay']),
    );
    expect(await bed.tally()).toMatchObject({ receiver: 60, twice: [], denied: [], invented: [] });
  });

  it('lets a relay rest after three messages without a session', async () => {
    const dead = await deadPort();
    const waits: number[] = [];
    for (const recipients of [2, 3]) {
      await setUp({ recipients }, () => ({ dead: { host: '127.0.0.1', port: dead } }), [one('dead')]);
      await ticket();
      expect((await rows()).map(({ state, attempt }) => [state, attempt])).toEqual(
        Array(recipients).fill(['deferred', 1]),
      );
      waits.push(env.breakers.get('dead')!.wait());
      if (recipients === 2) await tearDown();
    }
    expect(waits).toEqual([0, expect.closeTo(2_000, -3)]);
  });

  it('is shared by its transports', async () => {
    const second = await another();
    await setUp(
      { recipients: 100 },
      (relay) => ({ relay, second: { host: '127.0.0.1', port: second.port } }),
      [one('relay'), one('second')],
    );
    await sent();
    const counts = [bed.receiver.count(), second.count()];
    expect(counts[0]! + counts[1]!).toBe(100);
    for (const count of counts) expect(count).toBeGreaterThan(10);
  });

  it('sends what a new address may not send over a warm one', async () => {
    const startedOn = new Date().toISOString().slice(0, 10);
    const second = await another();
    await setUp(
      { recipients: 40 },
      (relay) => ({ relay, fresh: { host: '127.0.0.1', port: second.port, warmUp: { startedOn } } }),
      [one('relay'), one('fresh', 1000)],
    );
    await sent();
    // The second message of the day goes three minutes after the first one.
    expect([bed.receiver.count(), second.count()]).toEqual([39, 1]);
  });

  it('waits where there is no other transport, the most engaged first', async () => {
    const startedOn = new Date().toISOString().slice(0, 10);
    await setUp({ recipients: 30 }, (relay) => ({ relay: { ...relay, warmUp: { startedOn } } }), []);
    await bed.db
      .knex(TABLE.subscribers)
      .where('email', 'like', 'person-23@%')
      .update({ last_clicked_at: new Date() });
    const { again, delayMs } = await ticket();
    await until('its outcome', () => env.places.inUse === 0);
    expect([again, delayMs > 0]).toEqual([true, true]);
    expect((await bed.receiver.ledger()).map(({ to }) => to)).toEqual(['person-23@inbox.test']);
    expect((await bed.tally()).unfinished).toBe(29);
    expect(await bed.db.knex(TABLE.batches).orderBy('turn').select('size', 'turn')).toEqual([
      { size: 1, turn: 0 },
      { size: 29, turn: 3 },
    ]);
  });

  it('goes to the recipients’ own mail servers', async () => {
    const dns = await startDnsServer({
      'one.test': { mx: [[10, 'mx.host.test']] },
      'two.test': { mx: [[10, 'mx.host.test']] },
      'never.test': { mx: [[0, '.']] },
      'mx.host.test': { a: ['127.0.0.1'] },
    });
    cleanups.push(() => dns.close());
    const domains = ['one.test', 'two.test', 'never.test', 'gone.test'];
    await setUp(
      { recipients: 40, domain: (n) => domains[n % 4]! },
      () => ({
        direct: {
          type: 'mx',
          port: bed.receiver.port,
          resolver: [dns.server],
          allowPrivate: true,
          mtaSts: false,
        },
      }),
      [],
    );
    await until('all are tried', async () => {
      await ticket();
      await until('its outcomes', () => env.places.inUse === 0);
      return (await rows()).every((row) => row.state !== 'queued');
    });
    const states = new Map<string, Set<string>>();
    for (const row of await rows()) {
      const domain = String(row.email).split('@')[1]!;
      states.set(domain, (states.get(domain) ?? new Set()).add(`${row.state} ${row.reason}`));
    }
    expect(states.get('one.test')).toEqual(new Set(['accepted null']));
    expect(states.get('two.test')).toEqual(new Set(['accepted null']));
    expect(states.get('never.test')).toEqual(new Set(['bounced invalid']));
    expect([...states.get('gone.test')!].every((state) => state.startsWith('deferred '))).toBe(true);
    expect(await bed.db.knex(TABLE.suppressions).count({ n: '*' }).first()).toEqual({ n: 10 });
    expect(await bed.tally()).toMatchObject({ receiver: 20, twice: [], denied: [], invented: [] });
  });
});
