import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { freePort } from '../../scripts/lib/playground.mjs';
import { debianPostgres, unprivileged, which } from '../../scripts/lib/services.mjs';

/** A server of one test, which it may stop and start as it likes; the shared ones are in use by other tests. */
export interface StoppableServer {
  url: string;
  start(): Promise<void>;
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Ends it and removes its data. */
  destroy(): Promise<void>;
}

const initdb = which('initdb', ...debianPostgres('initdb'));
const postgres = which('postgres', ...debianPostgres('postgres'));
const redis = which('redis-server');

/** Whether this machine has the programs. */
export const canStart = { postgres: Boolean(initdb && postgres), redis: Boolean(redis) };

export async function startOwnPostgres(): Promise<StoppableServer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'newsletter-own-postgres-'));
  chmodSync(folder, 0o755);
  const user = unprivileged(folder, ['postgres', 'nobody']) ?? {};
  const data = path.join(folder, 'data');
  const made = spawnSync(
    initdb!,
    ['-D', data, '-U', 'newsletter', '-A', 'trust', '-E', 'UTF8', '--no-sync'],
    {
      encoding: 'utf8',
      cwd: folder,
      ...user,
    },
  );
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);
  const port = await freePort();
  const args = ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder];
  // Fast shutdown: open sessions are ended.
  const url = `postgres://newsletter@127.0.0.1:${port}/postgres`;
  const launch = () => spawn(postgres!, args, { cwd: folder, stdio: 'ignore', ...user });
  return stoppable(url, folder, 'SIGINT', launch, () => lets(url));
}

export async function startOwnRedis(): Promise<StoppableServer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'newsletter-own-redis-'));
  const port = await freePort();
  const args = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--save',
    '',
    '--appendonly',
    'no',
  ];
  return stoppable(`redis://127.0.0.1:${port}`, folder, 'SIGTERM', () =>
    spawn(redis!, args, { cwd: folder, stdio: 'ignore' }),
  );
}

/** While it starts, PostgreSQL listens already and refuses everybody. */
async function lets(url: string): Promise<boolean> {
  const client = new Client(url);
  client.on('error', () => {});
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

async function stoppable(
  url: string,
  folder: string,
  signal: NodeJS.Signals,
  launch: () => ChildProcess,
  isReady: () => Promise<boolean> = () => Promise.resolve(true),
): Promise<StoppableServer> {
  let child: ChildProcess | null = null;
  const server: StoppableServer = {
    url,
    async start() {
      child = launch();
      await accepting(Number(new URL(url).port), child, isReady);
    },
    async stop(how = signal) {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill(how);
      await ended;
    },
    async destroy() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
}

async function accepting(port: number, child: ChildProcess, isReady: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; ) {
    if (child.exitCode !== null) throw new Error(`the server on port ${port} ended with ${child.exitCode}`);
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (open && (await isReady())) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nobody listens on port ${port}`);
}
