import { setTimeout as sleep } from 'node:timers/promises';

const FIRST_MS = 20;
const LONGEST_MS = 2_000;

/**
 * Hands a failure on late, and later with each one in a row. BullMQ takes only a refused connection for a connection
 * error: after any other one (a server that starts or shuts down, 57P03 and 57P01) it tries again at once, and the
 * process would spin.
 */
export class BackOff {
  private failures = 0;
  /** What the last call failed with; null when it worked. */
  problem: Error | null = null;

  /** @throws what the work throws */
  async run<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      this.failures = 0;
      this.problem = null;
      return result;
    } catch (error) {
      const pause = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(this.failures, 10));
      this.failures += 1;
      this.problem = error as Error;
      await sleep(pause);
      throw error;
    }
  }
}
