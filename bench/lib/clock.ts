import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

/** What one process spent between two moments. */
export interface Spent {
  seconds: number;
  /** CPU of the main thread, in which the event loop runs, in milliseconds: not what other processes take from it. */
  loopCpuMs: number;
  /** Milliseconds that the main thread could have worked and got no CPU: what neighbours took. */
  waitedMs: number;
  /** Milliseconds that the event loop was not waiting for something, as Node counts it. */
  loopActiveMs: number;
  /** CPU of all threads, in milliseconds. */
  cpuMs: number;
}

/** Starts measuring this process; call the result to end. */
export function startClock(): () => Spent {
  const begun = performance.now();
  const loop = performance.eventLoopUtilization();
  const cpu = process.cpuUsage();
  const thread = schedstat();
  return () => {
    const active = performance.eventLoopUtilization(loop).active;
    const { user, system } = process.cpuUsage(cpu);
    return {
      seconds: (performance.now() - begun) / 1000,
      loopCpuMs: schedstat().ranMs - thread.ranMs,
      waitedMs: schedstat().waitedMs - thread.waitedMs,
      loopActiveMs: active,
      cpuMs: (user + system) / 1000,
    };
  };
}

/** Linux: how long the main thread has had a CPU, and how long it waited for one. */
function schedstat(): { ranMs: number; waitedMs: number } {
  const [ran, waited] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ');
  return { ranMs: Number(ran) / 1e6, waitedMs: Number(waited) / 1e6 };
}
