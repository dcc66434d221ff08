import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

export interface SinkOptions {
  /** Milliseconds by which each reply is late, as over a line with such a round trip; default 0. */
  rttMs?: number;
  /** Offers CHUNKING beside PIPELINING; default false. */
  chunking?: boolean;
}

export interface Sink {
  port: number;
  /** Messages, their octets, and the CPU that they cost it, so far. */
  taken(): Promise<{ accepted: number; octets: number; cpuMs: number }>;
  stop(): Promise<void>;
}

/** Starts a mail server that throws everything away, in a process of its own on a free loopback port. */
export async function startSink(options: SinkOptions = {}): Promise<Sink> {
  const child = fork(path.join(import.meta.dirname, 'sink-process.mjs'), [JSON.stringify(options)], {
    execArgv: [],
  });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return {
    port,
    async taken() {
      const answer = once(child, 'message');
      child.send('taken');
      const [taken] = (await answer) as [{ accepted: number; octets: number; cpuMs: number }];
      return taken;
    },
    async stop() {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}
