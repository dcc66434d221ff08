import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockFolder, type Holder } from '../../../server/src/delivery/queue/folder-lock';

let folder: string;
beforeEach(() => {
  folder = path.join(mkdtempSync(path.join(tmpdir(), 'newsletter-lock-')), 'queue');
});
afterEach(() => rmSync(path.dirname(folder), { recursive: true, force: true }));

const lock = (onWait: (holder: Holder) => void = () => {}, signal = new AbortController().signal) =>
  lockFolder(folder, { signal, onWait });

function leave(holder: Partial<Holder>): void {
  const all = { token: 'x', pid: 1, host: hostname(), started: null, since: 'then', ...holder };
  writeFileSync(`${folder}.lock`, JSON.stringify(all));
}

it('gives the folder to one at a time, names the holder, and passes it on', async () => {
  const first = await lock();
  let holder: Holder | undefined;
  const second = lock((found) => (holder = found));
  await expect.poll(() => holder?.pid).toBe(process.pid);
  let got = false;
  void second.then(() => (got = true));
  expect(got).toBe(false);
  await first!.release();
  await (await second)!.release();
});

it('stops waiting when the signal fires', async () => {
  const first = await lock();
  const stop = new AbortController();
  const second = lock(() => stop.abort(), stop.signal);
  expect(await second).toBeNull();
  await first!.release();
});

it('takes the lock of a dead process at once', async () => {
  leave({ pid: spawnSync('true').pid });
  const taken = await lock(() => expect.unreachable('a dead process holds nothing'));
  expect(JSON.parse(readFileSync(`${folder}.lock`, 'utf8')).pid).toBe(process.pid);
  await taken!.release();
});

it('takes the lock of a process whose number was given to another one', async () => {
  leave({ pid: process.ppid, started: '1' });
  await (await lock(() => expect.unreachable('this is another process')))!.release();
});

it('respects another machine while its heart beats, and not longer', async () => {
  leave({ host: 'elsewhere', pid: 999_999_999 });
  let waits = 0;
  const pending = lock(() => (waits += 1));
  await expect.poll(() => waits).toBe(1);
  const old = new Date(Date.now() - 60_000);
  utimesSync(`${folder}.lock`, old, old);
  await (await pending)!.release();
});

it.each(Array.from({ length: 20 }, (_, i) => i))('lets only one of many have a stale lock (%i)', async () => {
  leave({ pid: spawnSync('true').pid });
  let held = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      const mine = await lock();
      most = Math.max(most, ++held);
      await new Promise((resolve) => setImmediate(resolve));
      held -= 1;
      await mine!.release();
    }),
  );
  expect(most).toBe(1);
});
