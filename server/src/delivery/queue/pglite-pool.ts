import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { PgPool, PgPoolClient, PgQueryResult } from 'bullmq';
import { BackOff } from './back-off';
import { PGLITE_THREAD } from './pglite-thread';

interface Answer {
  id?: number;
  result?: unknown;
  error?: { message: string };
  channel?: string;
  payload?: string;
}

/**
 * PGlite in a worker thread behind the interface that BullMQ expects of a pool of PostgreSQL connections. There is one
 * session: all clients share it, and each sees all notifications.
 */
export class PglitePool extends EventEmitter implements PgPool {
  private readonly thread: Worker;
  private readonly calls = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  private readonly clients = new Set<Client>();
  private nextId = 1;
  private readonly backOff = new BackOff();
  private dead: Error | null = null;

  private constructor(folder: string) {
    super();
    this.thread = new Worker(PGLITE_THREAD, {
      eval: true,
      workerData: { pglite: pglitePath(), folder },
      execArgv: [],
    });
    this.thread.on('message', (answer: Answer) => this.onAnswer(answer));
    this.thread.on('error', (error) => this.fail(error));
    this.thread.on('exit', () => this.fail(new Error('the thread of the embedded queue has ended')));
  }

  /**
   * Opens (or makes) the database in a folder. The caller holds the lock on the folder.
   * @throws Error when it cannot be opened within the time
   */
  static async open(folder: string, timeoutMs: number): Promise<PglitePool> {
    const pool = new PglitePool(folder);
    const timeout = new AbortController();
    try {
      await Promise.race([
        pool.call('open'),
        sleep(timeoutMs, undefined, { signal: timeout.signal }).then(() => {
          throw new Error(`not open after ${timeoutMs / 1000} s`);
        }),
      ]);
      return pool;
    } catch (error) {
      await pool.thread.terminate();
      throw error;
    } finally {
      timeout.abort();
    }
  }

  query<R>(text: string, params?: readonly unknown[]): Promise<PgQueryResult<R>> {
    return this.backOff.run(() => this.call('query', { text, params }) as Promise<PgQueryResult<R>>);
  }

  connect(): Promise<PgPoolClient> {
    const client = new Client(this, () => this.clients.delete(client));
    this.clients.add(client);
    return Promise.resolve(client);
  }

  async end(): Promise<void> {
    if (!this.dead) await this.call('close');
    this.dead = new Error('the embedded queue is closed');
    await this.thread.terminate();
  }

  private call(call: string, value?: unknown): Promise<unknown> {
    if (this.dead) return Promise.reject(this.dead);
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.calls.set(id, { resolve, reject });
      this.thread.postMessage({ id, call, value });
    });
  }

  private onAnswer({ id, result, error, channel, payload }: Answer): void {
    if (id === undefined) {
      for (const client of this.clients) client.emit('notification', { channel, payload });
      return;
    }
    const call = this.calls.get(id);
    this.calls.delete(id);
    if (error) call?.reject(Object.assign(new Error(error.message), error));
    else call?.resolve(result);
  }

  private fail(error: Error): void {
    this.dead ??= error;
    for (const call of this.calls.values()) call.reject(this.dead);
    this.calls.clear();
  }
}

class Client extends EventEmitter implements PgPoolClient {
  constructor(
    private readonly pool: PglitePool,
    private readonly onRelease: () => void,
  ) {
    super();
    this.setMaxListeners(0);
  }

  query<R>(text: string, params?: readonly unknown[]): Promise<PgQueryResult<R>> {
    return this.pool.query<R>(text, params);
  }

  release(): void {
    this.onRelease();
  }
}

/** Absolute, since the thread has no module path of its own. */
function pglitePath(): string {
  const resolver = typeof require === 'function' ? require : createRequire(import.meta.url);
  return resolver.resolve('@electric-sql/pglite');
}
