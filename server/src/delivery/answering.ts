import type { Server } from 'node:http';

/** How long a request counts at most: a download may take minutes, a stream of events for ever. Milliseconds. */
const COUNTED_MS = 250;

/** Somebody who has asked within this time is likely to ask again. Milliseconds. */
const VISIT_MS = 1_000;

/** How long each part of sending steps back at a time. Milliseconds. */
export const STEP_BACK_MS = 50;

/**
 * The HTTP requests that this process is answering. Sending steps back meanwhile, each part of it for a bounded time: an
 * answer asks the database several times, one question after the other, and each of them would wait for what a commit began.
 * Between answers all of it goes on.
 */
export class Answering {
  /** 1 while a request is being answered, else 0; for threads, which are woken when it becomes 0. */
  readonly flag = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  private count = 0;
  private askedAt = -Infinity;
  private readonly waiting = new Set<() => void>();

  /** Counts the requests of a server from now on. */
  watch(server: Pick<Server, 'on'>): void {
    server.on('request', (_request, response) => void response.once('close', this.begin()));
  }

  get isBusy(): boolean {
    return this.count > 0;
  }

  /** Somebody is here who asks every now and then. */
  get isVisited(): boolean {
    return this.isBusy || performance.now() - this.askedAt < VISIT_MS;
  }

  /**
   * A request has come in. It counts for a quarter of a second at most.
   * @returns what tells that it is answered; may be called again
   */
  begin(): () => void {
    this.count += 1;
    this.askedAt = performance.now();
    Atomics.store(this.flag, 0, 1);
    let isOver = false;
    const end = () => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      this.count -= 1;
      if (this.count === 0) this.rest();
    };
    const timer = setTimeout(end, COUNTED_MS).unref();
    return end;
  }

  /** Resolves when no request is being answered, after so many milliseconds at the latest. */
  idle(ms: number): Promise<void> {
    if (!this.isBusy || ms <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const go = () => {
        clearTimeout(timer);
        this.waiting.delete(go);
        resolve();
      };
      const timer = setTimeout(go, ms);
      this.waiting.add(go);
    });
  }

  private rest(): void {
    Atomics.store(this.flag, 0, 0);
    Atomics.notify(this.flag, 0);
    for (const go of this.waiting) go();
  }
}
