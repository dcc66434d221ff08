import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { getPriority, tmpdir } from 'node:os';
import path from 'node:path';
import type { Worker } from 'node:worker_threads';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { simpleParser } from 'mailparser';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { compileCampaign, extractLinks, type CampaignSnapshot } from '../../../server/src/compose';
import type { Run } from '../../../server/src/campaign';
import type { Context } from '../../../server/src/context';
import { Answering } from '../../../server/src/delivery/answering';
import type { Recipient } from '../../../server/src/delivery/build/make';
import { MailMaker, type MakerOptions } from '../../../server/src/delivery/build/maker';
import type { ReadyCampaign } from '../../../server/src/delivery/engine-campaign';
import { createMessageBuilder } from '../../../server/src/delivery/message';
import { createSigner, SigningError } from '../../../server/src/delivery/signing';
import type { OutgoingMessage } from '../../../server/src/delivery/types';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, type TestDatabase } from '../../helpers/database';
import { niceThreads } from '../../helpers/processes';
import { until } from '../../integration/faults-bed';
import { dnsWith, rsaPair, snapshotFor } from './support';

const { privateKey, publicKey } = rsaPair();

let db: TestDatabase;
let ctx: Context;
let maker: MailMaker | undefined;

beforeAll(async () => {
  db = await createTestDatabase();
  ctx = await createTestContext(db.knex, {
    publicUrl: 'https://news.example.com',
    worker: { threads: 2 },
    domains: { 'example.com': { dkim: { selector: 'news', privateKey } } },
    // Functions cannot go to another thread.
    transports: {
      relay: { host: 'smtp.postmarkapp.com', tls: { checkServerIdentity: () => undefined } },
    },
    bounce: { domain: 'bounces.example.com', mailboxes: [] },
  });
});
afterEach(async () => {
  vi.useRealTimers();
  await maker?.close();
});
afterAll(() => db.destroy());

function campaign(over: Partial<CampaignSnapshot> = {}, key = 'campaign 1'): ReadyCampaign {
  const snapshot = {
    ...snapshotFor(ctx),
    contents: [
      {
        variant: 'a',
        language: 'en',
        subject: 'Boats for {{firstName}}',
        preheader: 'From {{attributes.harbour}}',
        body: '<p>Dear {{firstName}}, <a href="https://example.com/boats">all boats</a></p>{{#each attributes.long}}{{#each ../attributes.long}}{{#each ../../attributes.long}}<p>More</p>{{/each}}{{/each}}{{/each}}',
      },
    ],
    ...over,
  };
  const links = new Map(extractLinks(snapshot).map((url, at) => [url, at + 1]));
  return { id: 'campaign', key, run: { snapshot } as Run, links, compiled: compileCampaign(snapshot, links) };
}

function recipient(id: number, attributes: Record<string, unknown> = { harbour: '横浜' }): Recipient {
  const email = `reader-${id}@example.net`;
  return {
    id,
    subscriberId: `subscriber${String(id).padStart(15, '0')}`,
    addressHash: ctx.tokens.addressHash(email),
    email,
    variant: 'a',
    language: 'en',
    person: { firstName: `Ayumi ${id}`, lastName: '読者', language: null, attributes },
  };
}

function makerOf(of: Context, options: MakerOptions): MailMaker {
  const signer = createSigner(of);
  return new MailMaker(of, createMessageBuilder(of, signer), signer, options);
}

/** Makes mails until threads do it. */
async function inThreads(answering: Answering | null = null): Promise<MailMaker> {
  const made = (maker = makerOf(ctx, { answering, after: 0 }));
  await made.make(campaign(), recipient(1));
  await until('threads', () => made.ready === 2);
  return made;
}

const isOfThread = ({ raw }: OutgoingMessage) => raw.buffer instanceof SharedArrayBuffer;

/** Without what is another one in each mail: boundary and signature; the date was looked at. */
function essence({ raw, envelope }: OutgoingMessage): unknown {
  const text = raw.toString('latin1');
  expect(text).toMatch(/^Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000\r$/m);
  const [boundary] = /=_[0-9a-f]{24}/.exec(text)!;
  return {
    envelope,
    text: text
      .replaceAll(boundary, '')
      .replace(/^Date: .*\r\n/m, '')
      .replace(/ t=\d+;/, '')
      .replace(/ bh=[\s\S]*? b=[\s\S]*?\r\n(?=\S)/, '\r\n'),
  };
}

it.each([
  ['signs in libuv’s threads', null],
  ['of a process that answers HTTP signs by itself', new Answering()],
])('makes the mails that the event loop makes; a thread that %s', async (_, answering) => {
  const threads = await inThreads(answering);
  const here = makerOf(ctx, { answering, after: Infinity });
  const rows = Array.from({ length: 60 }, (_none, n) => recipient(n + 1));
  const one = campaign();
  const [theirs, ours] = await Promise.all([
    Promise.all(rows.map((row) => threads.make(one, row))),
    Promise.all(rows.map((row) => here.make(one, row))),
  ]);
  expect(theirs.every(isOfThread)).toBe(true);
  expect(ours.some(isOfThread)).toBe(false);
  expect(theirs.map(essence)).toEqual(ours.map(essence));
  const verdicts = await Promise.all(
    theirs.map(({ raw }) => dkimVerify(raw, { resolver: dnsWith('news._domainkey.example.com', publicKey) })),
  );
  expect(verdicts.map(({ results }) => results.map(({ status }) => status.result))).toEqual(
    rows.map(() => ['pass']),
  );
  const { subject, html } = await simpleParser(theirs[9]!.raw);
  expect(subject).toBe('Boats for Ayumi 10');
  expect(html).toContain(ctx.urls.click(10, 1));
  await here.close();
});

it('signs in threads with the keys that the process has read, whatever stands in their files by then', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'newsletter-keys-'));
  const file = path.join(folder, 'key.pem');
  writeFileSync(file, privateKey);
  const config = {
    ...ctx.config,
    domains: { 'example.com': { dkim: { selector: 'news', privateKey: file } } },
  };
  const withFile = { ...ctx, config };
  const threads = (maker = makerOf(withFile, { answering: null, after: 0 }));
  writeFileSync(file, rsaPair().privateKey);
  await threads.make(campaign(), recipient(1));
  await until('threads', () => threads.ready === 2);
  const { raw } = await threads.make(campaign(), recipient(2));
  const { results } = await dkimVerify(raw, { resolver: dnsWith('news._domainkey.example.com', publicKey) });
  expect(results.map(({ status }) => status.result)).toEqual(['pass']);
  rmSync(folder, { recursive: true });
});

it('ends its threads after a minute without a mail, and starts them again', async () => {
  vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] });
  try {
    const threads = (maker = makerOf(ctx, { answering: null, after: 0 }));
    await threads.make(campaign(), recipient(1));
    await vi.waitFor(() => expect(threads.ready).toBe(2), 30_000);
    vi.advanceTimersByTime(50_000);
    expect(threads.ready).toBe(2);
    vi.advanceTimersByTime(30_000);
    expect(threads.ready).toBe(0);
    await threads.make(campaign(), recipient(2));
    await vi.waitFor(() => expect(threads.ready).toBe(2), 30_000);
  } finally {
    vi.useRealTimers();
  }
});

it.runIf(process.platform === 'linux')(
  'lowers the priority of its threads alone, and only where HTTP is served',
  async () => {
    const before = niceThreads(process.pid);
    await inThreads(new Answering());
    expect(niceThreads(process.pid)).toBe(before + 2);
    expect(getPriority()).toBeLessThan(10);
    await maker!.close();
    await inThreads();
    expect(niceThreads(process.pid)).toBe(before);
  },
);

it('keeps a mail as it is until it is given back, however often others are', async () => {
  const threads = await inThreads();
  const one = campaign();
  const held: { message: OutgoingMessage; copy: Buffer }[] = [];
  for (let id = 1; id <= 400; id++) {
    const message = await threads.make(one, recipient(id));
    expect(message.raw.toString('latin1')).toContain(`reader-${id}@example.net`);
    if (id % 20 === 0) held.push({ message, copy: Buffer.from(message.raw) });
    else {
      message.free!();
      message.free!();
    }
  }
  for (const { message, copy } of held) expect(message.raw.equals(copy)).toBe(true);
  expect(new Set(held.map(({ message }) => message.raw.buffer)).size).toBe(held.length);
});

it('tells what is wrong with one mail, and makes the others', async () => {
  const threads = await inThreads();
  const one = campaign();
  const foreign = campaign({ sender: { id: 'x', name: 'X', email: 'x@elsewhere.example' } }, 'campaign 2');
  const long = { long: Array.from({ length: 110 }, (_, n) => n) };
  const ends = await Promise.allSettled([
    threads.make(one, recipient(1)),
    threads.make(foreign, recipient(2)),
    threads.make(one, recipient(3, long)),
    threads.make(one, { ...recipient(4), email: 'a b@example.net' }),
    threads.make(one, recipient(5)),
  ]);
  expect(ends.map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'rejected',
    'rejected',
    'fulfilled',
  ]);
  const reasons = ends.map((end) => (end.status === 'rejected' ? (end.reason as Error) : null));
  expect(reasons[1]).toBeInstanceOf(SigningError);
  expect(reasons[1]!.message).toContain('elsewhere.example is not configured');
  expect(reasons[2]!.message).toMatch(/The mail grew to \d+ characters/);
  expect(reasons[3]).not.toBeInstanceOf(SigningError);
});

it('makes a mail that is larger than its rooms are', async () => {
  const threads = await inThreads();
  const [message] = await Promise.all([
    threads.make(campaign(), recipient(1, { long: Array.from({ length: 30 }, (_, n) => n) })),
  ]);
  expect(message.raw.length).toBeGreaterThan(200_000);
  message.free!();
  expect((await simpleParser(message.raw)).to).toMatchObject({ text: expect.stringContaining('reader-1@') });
});

it('goes on with more campaigns than a thread keeps', async () => {
  const threads = await inThreads();
  const campaigns = Array.from({ length: 40 }, (_, n) =>
    campaign({ list: { name: `List ${n}`, slug: `list-${n}` } }, `campaign ${n}`),
  );
  for (const _ of [1, 2]) {
    const made = await Promise.all(campaigns.map((one, n) => threads.make(one, recipient(n + 1))));
    expect(made.every(isOfThread)).toBe(true);
    for (const [n, { raw }] of made.entries())
      expect(raw.toString('latin1')).toContain(`<list-${n}.example.com>`);
  }
});

it('makes here what threads had not when they died, says so, and leaves them alone then', async () => {
  const warn = vi.spyOn(ctx.log, 'warn').mockImplementation(() => {});
  const threads = await inThreads();
  const one = campaign();
  const made = Promise.all(Array.from({ length: 100 }, (_, n) => threads.make(one, recipient(n + 1))));
  const { threads: all } = threads as unknown as { threads: { worker: Worker }[] };
  await Promise.all(all.map(({ worker }) => worker.terminate()));
  for (const [n, { raw }] of (await made).entries()) {
    expect(raw.toString('latin1')).toContain(`reader-${n + 1}@example.net`);
  }
  expect(threads.ready).toBe(0);
  expect(isOfThread(await threads.make(one, recipient(1)))).toBe(false);
  expect(warn.mock.calls.flat().map(String)).toEqual([
    expect.stringContaining('1 more'),
    expect.stringContaining('in the event loop for the next 5 minutes'),
  ]);
  warn.mockRestore();
});

it('starts none for a handful of mails, and none when there shall be none', async () => {
  maker = makerOf(ctx, { answering: null });
  for (let id = 1; id <= 100; id++) await maker.make(campaign(), recipient(id));
  const internals = maker as unknown as { threads: unknown[] };
  expect(internals.threads).toEqual([]);
  const without = { ...ctx, config: { ...ctx.config, worker: { ...ctx.config.worker, threads: 0 } } };
  const never = makerOf(without, { answering: null, after: 0 });
  for (let id = 1; id <= 3; id++) expect(isOfThread(await never.make(campaign(), recipient(id)))).toBe(false);
  await never.close();
});

it('lets mails wait for the thread that comes up, in a process that answers HTTP', async () => {
  const one = campaign();
  const eager = (maker = makerOf(ctx, { answering: null, after: 0 }));
  const early = await Promise.all([1, 2, 3].map((n) => eager.make(one, recipient(n))));
  expect(early.map(isOfThread)).toEqual([false, false, false]);
  await maker.close();

  vi.useFakeTimers({ toFake: ['setTimeout'] }); // on a busy machine it may come up late
  const polite = (maker = makerOf(ctx, { answering: new Answering(), after: 2 }));
  // Two are not worth a thread; the third one, asked for before they were made, is.
  const few = await Promise.all([1, 2].map((n) => polite.make(one, recipient(n))));
  expect(few.map(isOfThread)).toEqual([false, false]);
  await maker.close();
  const many = (maker = makerOf(ctx, { answering: new Answering(), after: 2 }));
  const mails = await Promise.all([1, 2, 3].map((n) => many.make(one, recipient(n))));
  expect(mails.map(isOfThread)).toEqual([true, true, true]);
  await maker.close();
  expect(isOfThread(await polite.make(one, recipient(4)))).toBe(false);
});

it.each([
  ['it is ten seconds late', () => void vi.advanceTimersByTime(10_000)],
  ['the process ends', (polite: MailMaker) => polite.hurry()],
])('does not wait for a thread when %s', async (_, happens) => {
  const one = campaign();
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  const polite = (maker = makerOf(ctx, { answering: new Answering(), after: 0 }));
  const first = polite.make(one, recipient(1));
  const second = polite.make(one, recipient(2));
  happens(polite); // at once: the thread takes longer
  expect([await first, await second].map(isOfThread)).toEqual([false, false]);
});

it('makes one mail in a turn of an event loop that answers HTTP', async () => {
  let turn = 0;
  let isOver = false;
  const count = () => {
    turn += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const one = campaign();
  const turns: number[] = [];
  const compiled = {
    ...one.compiled,
    render: (...args: Parameters<typeof one.compiled.render>) => {
      turns.push(turn);
      return one.compiled.render(...args);
    },
  };
  const polite = (maker = makerOf(ctx, { answering: new Answering(), after: Infinity }));
  const rows = [1, 2, 3, 4, 5].map((n) => recipient(n));
  const mails = await Promise.all(rows.map((row) => polite.make({ ...one, compiled }, row)));
  isOver = true;
  expect(mails.some(isOfThread)).toBe(false);
  expect(new Set(turns).size).toBe(5);
});

it('has its thread step back for requests, and work after a twentieth of a second whoever waits', async () => {
  const answering = new Answering();
  const threads = await inThreads(answering);
  const one = campaign();
  await threads.make(one, recipient(1)); // it knows the campaign
  const end = answering.begin(); // for a quarter of a second
  const since = performance.now();
  await threads.make(one, recipient(2));
  expect(performance.now() - since).toBeGreaterThan(40);
  end();
  Atomics.store(answering.flag, 0, 1); // for ever
  const rows = Array.from({ length: 1_800 }, (_none, n) => recipient(n + 1));
  const begun = performance.now();
  const mails = await Promise.all(rows.map((row) => threads.make(one, row)));
  expect(mails.every(isOfThread)).toBe(true);
  // Not a twentieth of a second for each: two threads of 900 mails would take 45 seconds.
  expect(performance.now() - begun).toBeLessThan(40_000);
});
