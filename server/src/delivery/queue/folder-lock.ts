import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, mkdir, open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Who holds a lock. */
export interface Holder {
  token: string;
  pid: number;
  host: string;
  /** Start of the process in the system's own unit, where the system tells: pids are used again. */
  started: string | null;
  since: string;
}

export interface FolderLock {
  release(): Promise<void>;
}

const BEAT_MS = 2_000;
/** A holder on another machine or in another container is dead when its heart has not beaten for this long. */
const STALE_MS = 15_000;
const POLL_MS = 250;
const heldHere = new Set<string>();

/**
 * Exclusive use of a folder between processes: a file beside it that names its holder and whose time is kept fresh.
 * Waits for a holder that is about to end, as when `strapi develop` restarts.
 * @param onWait called once a minute while another one holds it
 * @returns null when the signal fires first
 */
export async function lockFolder(
  folder: string,
  { signal, onWait }: { signal: AbortSignal; onWait: (holder: Holder) => void },
): Promise<FolderLock | null> {
  const file = `${folder}.lock`;
  await mkdir(path.dirname(file), { recursive: true });
  let toldAt = 0;
  while (!signal.aborted) {
    const token = await create(file);
    if (token) return hold(file, token);
    const holder = await readHolder(file);
    if (holder && !(await isStale(file, holder))) {
      if (Date.now() - toldAt > 60_000) {
        onWait(holder);
        toldAt = Date.now();
      }
      await sleep(POLL_MS, undefined, { signal }).catch(() => {});
    } else {
      await breakLock(file, holder?.token ?? null);
    }
  }
  return null;
}

async function create(file: string): Promise<string | null> {
  const token = randomUUID();
  const holder: Holder = {
    token,
    pid: process.pid,
    host: hostname(),
    started: startOf(process.pid),
    since: new Date().toISOString(),
  };
  // Written aside and linked: the file appears with its content, and only if there is none.
  const draft = `${file}.${token}`;
  const handle = await open(draft, 'wx');
  try {
    await handle.writeFile(JSON.stringify(holder));
  } finally {
    await handle.close();
  }
  // Before others of this process can see it, who would take their own process for a dead one.
  heldHere.add(token);
  try {
    await link(draft, file);
    return token;
  } catch (error) {
    heldHere.delete(token);
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return null;
  } finally {
    await rm(draft, { force: true });
  }
}

function hold(file: string, token: string): FolderLock {
  const beat = setInterval(() => {
    const now = new Date();
    // The next beat tells again; a lock that was taken away is noticed by its new holder, and the folder is disposable.
    utimes(file, now, now).catch(() => {});
  }, BEAT_MS);
  beat.unref();
  return {
    async release() {
      clearInterval(beat);
      heldHere.delete(token);
      if ((await readHolder(file))?.token === token) await rm(file, { force: true });
    },
  };
}

async function readHolder(file: string): Promise<Holder | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Holder;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return null;
    throw error;
  }
}

async function isStale(file: string, holder: Holder): Promise<boolean> {
  if (heldHere.has(holder.token)) return false;
  if (holder.host === hostname() && !isRunning(holder)) return true;
  const info = await stat(file).catch(() => null);
  return info !== null && Date.now() - info.mtimeMs > STALE_MS;
}

function isRunning({ pid, started }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return pid !== process.pid && started === startOf(pid);
}

/** Field 22 of /proc/<pid>/stat, counted behind the name, which may contain blanks; null where there is no /proc. */
function startOf(pid: number): string | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

/**
 * Takes a stale lock away. Only one at a time may, or a second one would take the fresh lock of whoever came first: a file
 * of its own says who is at it, and counts as left behind when it is old.
 */
async function breakLock(file: string, token: string | null): Promise<void> {
  const mutex = `${file}.break`;
  try {
    await (await open(mutex, 'wx')).close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const info = await stat(mutex).catch(() => null);
    if (info && Date.now() - info.mtimeMs > STALE_MS) await rm(mutex, { force: true });
    await sleep(20);
    return;
  }
  try {
    const holder = await readHolder(file);
    if ((holder?.token ?? null) === token) await rm(file, { force: true });
  } finally {
    await rm(mutex, { force: true });
  }
}
