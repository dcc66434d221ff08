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
  /** Only with `sockets`. */
  misbehave?: Misbehaviour;
}

/**
 * `body`: at the first octets of a message. `dot`: when it is complete, and taken. `idle`: when nothing is asked for a
 * moment. `slow`: for a whole connection, on which replies come octet by octet.
 */
export type Step =
  | 'greeting'
  | 'ehlo'
  | 'starttls'
  | 'auth'
  | 'rset'
  | 'mail'
  | 'rcpt'
  | 'data'
  | 'body'
  | 'dot'
  | 'idle'
  | 'slow';

/** Closes the connection without a word or with a 421, says nothing any more, or says what is no reply. */
export type Misdeed = 'drop' | '421' | 'stall' | 'malformed';

export interface Misbehaviour {
  /** Says which replies. */
  seed: number;
  /** One of so many replies at a step. */
  every: Partial<Record<Step, number>>;
  /** In turn. */
  ways: Misdeed[];
}

export interface ReceivedMessage {
  to: string;
  messageId: string | null;
  /**
   * What was replied. `dropped`: nothing that is a reply, but it was taken. Of messages that were not taken: `unread`, it
   * came when the receiver had turned away; `cut`, it was asked for or begun, and did not come to its end.
   */
  reply: number | 'dropped' | 'unread' | 'cut';
  /** When it was complete, milliseconds since 1970. */
  at: number;
}

export interface Receiver {
  port: number;
  script(script: ReceiverScript): Promise<void>;
  /** Every complete message, in the order of arrival; then what was not taken. */
  ledger(): Promise<ReceivedMessage[]>;
  /** How often it did what wrong: step and misdeed → times. */
  misdeeds(): Promise<Record<string, number>>;
  /** Complete messages so far, without those that were not taken. */
  count(): number;
  stop(): Promise<void>;
}

/**
 * Starts a recording receiver in its own process on a free loopback port.
 * @param options.chunking it offers PIPELINING and CHUNKING; otherwise it is smtp-server, which has PIPELINING alone
 * @param options.sockets it is not smtp-server even so, but the one that can misbehave
 */
export async function startReceiver(
  script: ReceiverScript = {},
  { chunking = false, sockets = chunking }: { chunking?: boolean; sockets?: boolean } = {},
): Promise<Receiver> {
  const file = sockets ? 'receiver-sockets.mjs' : 'receiver-process.mjs';
  const args = chunking ? ['chunking'] : [];
  const child: ChildProcess = fork(path.join(import.meta.dirname, file), args, { execArgv: [] });
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
    misdeeds: async () => (await call({ call: 'misdeeds' })) as Record<string, number>,
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
