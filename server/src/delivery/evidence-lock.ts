import { closeSync, openSync } from 'node:fs';
import net from 'node:net';
import { once } from 'node:events';

/** A socket that this process listens on: it exists exactly as long as the process can write anywhere. */
export interface EvidenceLock {
  release(): Promise<void>;
}

/**
 * Holds the lock of an evidence file. The kernel gives it back when the last thread of the process is gone, however it
 * ended; a stopped process keeps it. Unlike a process id it means the same in other containers and is never used again.
 * @throws the system's error, also where the file system knows no sockets
 */
export async function holdLock(folder: string, token: string): Promise<EvidenceLock> {
  const way = wayInto(folder, token);
  const server = net.createServer((socket) => socket.destroy());
  try {
    server.listen(way.path);
    await once(server, 'listening');
  } catch (error) {
    way.leave();
    throw error;
  }
  server.unref();
  return {
    async release() {
      await new Promise<void>((resolve) => server.close(() => resolve()));
      way.leave();
    },
  };
}

/** `dead`: its process has ended. `missing`: there is no such lock here. `held`: it lives, or nobody can tell. */
export async function probeLock(folder: string, token: string): Promise<'held' | 'dead' | 'missing'> {
  let way: ReturnType<typeof wayInto>;
  try {
    way = wayInto(folder, token);
  } catch {
    return 'missing';
  }
  try {
    return await new Promise((resolve) => {
      const socket = net.connect(way.path);
      socket.once('connect', () => resolve('held'));
      socket.once('error', ({ code }: NodeJS.ErrnoException) => {
        resolve(code === 'ECONNREFUSED' ? 'dead' : code === 'ENOENT' ? 'missing' : 'held');
      });
      socket.once('connect', () => socket.destroy());
    });
  } finally {
    way.leave();
  }
}

/** The path of a socket has 107 octets at most, that of a project has not: by way of the open folder it is short. */
function wayInto(folder: string, token: string): { path: string; leave: () => void } {
  const fd = openSync(folder, 'r');
  return { path: `/proc/self/fd/${fd}/${token}.lock`, leave: () => closeSync(fd) };
}
