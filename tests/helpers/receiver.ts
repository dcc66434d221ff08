import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

/** How the receiver answers. Addresses are matched by their beginning. */
export interface ReceiverScript {
  /** Beginning of an address → reply to RCPT, such as `550 5.1.1 no such user`. */
  refuse?: Record<string, string>;
  /** Takes the message and closes the connection without a reply. */
  dropAfterDot?: string[];
  /** Answers the first message to the address with 451, the next one with 250. */
  deferOnce?: string[];
  /** Takes messages and replies when another script comes, unless that one stalls them too. */
  stall?: boolean;
  /** As `stall`, from the message on that follows this many since the start: what a test looks at stands still. */
  stallAfter?: number;
  /** Milliseconds between the final dot and the reply. */
  delayMs?: number;
  refuseConnections?: boolean;
  refuseAuth?: boolean;
}

export interface ReceivedMessage {
  to: string;
  messageId: string | null;
  /** What was replied; `dropped`: nothing. */
  reply: number | 'dropped';
  /** When it was complete, milliseconds since 1970. */
  at: number;
}

export interface Receiver {
  port: number;
  script(script: ReceiverScript): Promise<void>;
  /** Every complete message, in the order of arrival. */
  ledger(): Promise<ReceivedMessage[]>;
  /** Complete messages so far. */
  count(): number;
  stop(): Promise<void>;
}

/**
 * Starts a recording receiver in its own process on a free loopback port.
 * @param options.chunking it offers PIPELINING and CHUNKING; otherwise it is smtp-server, which has PIPELINING alone
 */
export async function startReceiver(
  script: ReceiverScript = {},
  { chunking = false }: { chunking?: boolean } = {},
): Promise<Receiver> {
  const file = chunking ? 'receiver-chunking.mjs' : 'receiver-process.mjs';
  const child: ChildProcess = fork(path.join(import.meta.dirname, file), { execArgv: [] });
  const calls = new Map<number, (result: unknown) => void>();
  let nextId = 1;
  let count = 0;
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the receiver ended with ${code}`)));
    child.on(
      'message',
      (message: { event?: string; id?: number; result?: unknown; port?: number; count?: number }) => {
        if (message.event === 'listening') resolve(message.port!);
        else if (message.event === 'received') count = message.count!;
        else calls.get(message.id!)?.(message.result);
      },
    );
  });
  const call = (message: object) =>
    new Promise<unknown>((resolve) => {
      const id = nextId++;
      calls.set(id, resolve);
      child.send({ ...message, id });
    });
  const receiver: Receiver = {
    port,
    script: async (next) => void (await call({ call: 'script', script: next })),
    ledger: async () => (await call({ call: 'ledger' })) as ReceivedMessage[],
    count: () => count,
    async stop() {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
  await receiver.script(script);
  return receiver;
}
