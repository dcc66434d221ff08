import { createServer, get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it, vi } from 'vitest';
import { Answering } from '../../../server/src/delivery/answering';
import { createPumpEnv, pump, type PumpEnv } from '../../../server/src/delivery/pump';
import { TABLE } from '../../../server/src/storage';
import { createTestContext } from '../../helpers/context';
import { createBed, until, type Bed } from '../../integration/faults-bed';

let server: Server | undefined;
let bed: Bed | undefined;
let env: PumpEnv | undefined;
afterEach(async () => {
  vi.useRealTimers();
  server?.close();
  await env?.maker.close();
  await env?.epochs.stop();
  await env?.pacer.stop();
  for (const transport of env?.transports.values() ?? []) await transport.close();
  await bed?.destroy();
  server = bed = env = undefined;
});

it('counts the requests of a server until they are answered or given up', async () => {
  const answering = new Answering();
  const responses: (() => void)[] = [];
  server = createServer((_request, response) => {
    responses.push(() => response.end('answer'));
  });
  answering.watch(server);
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect([answering.isBusy, answering.flag[0]]).toEqual([false, 0]);

  vi.useFakeTimers({ toFake: ['setTimeout'] }); // they count, however slow this machine is
  const answered = new Promise((resolve) => get(url, (response) => response.resume().on('end', resolve)));
  const cut = get(url);
  cut.on('error', () => {});
  await vi.waitUntil(() => responses.length === 2, { timeout: 10_000 });
  expect([answering.isBusy, answering.flag[0]]).toEqual([true, 1]);
  let isIdle = false;
  const idle = answering.idle(60_000).then(() => (isIdle = true));
  responses[0]!();
  await answered;
  await new Promise(setImmediate);
  expect([answering.isBusy, isIdle]).toEqual([true, false]);
  cut.destroy();
  await idle;
  expect([answering.isBusy, answering.flag[0]]).toEqual([false, 0]);
});

it('does not count a download for longer than a quarter of a second, and waits as long as it was told', async () => {
  vi.useFakeTimers();
  const answering = new Answering();
  const end = answering.begin();
  const later = vi.fn();
  void answering.idle(100).then(later);
  await vi.advanceTimersByTimeAsync(99);
  expect(later).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(later).toHaveBeenCalledOnce();
  await vi.advanceTimersByTimeAsync(149);
  expect(answering.isBusy).toBe(true);
  await vi.advanceTimersByTimeAsync(1);
  expect(answering.isBusy).toBe(false);
  answering.begin();
  end(); // of the one that is over
  expect(answering.isBusy).toBe(true);
});

it('knows for a second that somebody has asked', async () => {
  vi.useFakeTimers();
  const answering = new Answering();
  expect(answering.isVisited).toBe(false);
  const end = answering.begin();
  expect(answering.isVisited).toBe(true);
  end();
  await vi.advanceTimersByTimeAsync(999);
  expect(answering.isVisited).toBe(true);
  await vi.advanceTimersByTimeAsync(1);
  expect(answering.isVisited).toBe(false);
});

/** Somebody always waits for an answer. */
class AlwaysAsked extends Answering {
  readonly waits: number[] = [];
  override get isBusy(): boolean {
    return true;
  }
  override idle(ms: number): Promise<void> {
    this.waits.push(ms);
    return super.idle(ms);
  }
}

async function setUp(answering: Answering, recipients: number): Promise<PumpEnv> {
  bed = await createBed({ recipients, config: { worker: { threads: 1, leaseSeconds: 60 } } });
  env = createPumpEnv(await createTestContext(bed.db.knex, bed.config), { answering });
  return env;
}

it('commits when the answer is given, or a twentieth of a second after the last commit', async () => {
  const answering = new AlwaysAsked();
  const { epochs } = await setUp(answering, 1);
  const ticker = await epochs.current();
  const since = performance.now();
  expect(await ticker.admit(12345, 0)).toBe('ineligible');
  expect(await ticker.admit(12346, 0)).toBe('ineligible');
  expect(performance.now() - since).toBeGreaterThan(45);
  const [first, second] = answering.waits;
  expect(first).toBeLessThan(0); // there was none before
  expect(second).toBeLessThanOrEqual(50);

  let answer = () => {};
  const idle = new Promise<void>((resolve) => (answer = resolve));
  vi.spyOn(answering, 'idle').mockReturnValue(idle);
  let admission: string | undefined;
  const admitted = ticker.admit(12347, 0).then((result) => (admission = result));
  await sleep(150);
  const before = admission;
  answer();
  await admitted;
  expect([before, admission]).toEqual([undefined, 'ineligible']);
});

it('sends to each one once while it always answers somebody, and steps back for a twentieth of a second', async () => {
  const answering = new AlwaysAsked();
  Atomics.store(answering.flag, 0, 1);
  const { ctx } = await setUp(answering, 250);
  await until('the campaign is sent', async () => {
    await pump(env!, bed!.campaignId, new AbortController().signal);
    return (await bed!.state()) === 'sent';
  });
  const tally = await bed!.tally();
  expect(tally.states).toEqual({ accepted: 250 });
  expect(tally).toMatchObject({ twice: [], denied: [], invented: [] });
  expect(answering.waits.length).toBeGreaterThan(5);
  expect(Math.max(...answering.waits)).toBe(50);
  expect(await ctx.knex(TABLE.subscribers).whereNotNull('last_sent_at')).toHaveLength(250);
});
