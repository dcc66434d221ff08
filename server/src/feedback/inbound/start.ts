import type { Context } from '../../context';
import { startListener, LISTENER, type Listener } from './listener';
import { watchMailbox } from './mailbox';
import { SourceNotes } from './notes';
import { takeMail } from './take';
import type { InboundMail } from './types';

/** Milliseconds between two attempts to listen: the process that has the port may end. */
const AGAIN = 30_000;

/** The ways in by mail of this process. */
export interface Inbound {
  /** Port of the SMTP listener; null: none is configured, or another process of this machine has the port. */
  listenerPort(): number | null;
  /** Takes nothing more in, and waits for what is in hand. */
  stop(): Promise<void>;
}

/**
 * Starts what `bounce` configures, in every process that delivers. Nothing of it stops the boot: what does not work says
 * so in the log and in the panel, and is tried again.
 */
export function startInbound(ctx: Context): Inbound {
  const take = (mail: InboundMail) => takeMail(ctx, mail);
  const mailboxes = ctx.config.bounce.mailboxes.map((config) => watchMailbox(ctx, config, take));
  const listening = keepListening(ctx, take);
  let stopping: Promise<unknown> | null = null;
  return {
    listenerPort: listening.port,
    async stop() {
      stopping ??= Promise.all([listening.stop(), ...mailboxes.map((mailbox) => mailbox.stop())]);
      await stopping;
    },
  };
}

function keepListening(ctx: Context, take: Parameters<typeof startListener>[2]) {
  const config = ctx.config.bounce.listener;
  let listener: Listener | null = null;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let said = '';

  async function attempt(): Promise<void> {
    if (!config || stopped) return;
    try {
      listener = await startListener(ctx, config, take);
      ctx.log.info(`newsletter: takes bounces on SMTP port ${listener.port}`);
    } catch (error) {
      await explain(error as NodeJS.ErrnoException);
      if (!stopped) timer = setTimeout(() => void (starting = attempt()), AGAIN);
    }
  }

  /** Once, not every half minute. Another process of ours that listens is no failure. */
  async function explain(error: NodeJS.ErrnoException): Promise<void> {
    const sentence = sentenceOf(error, `${config!.host}:${config!.port}`);
    if (sentence === said) return;
    said = sentence;
    ctx.log.warn(`newsletter: ${sentence}`);
    if (error.code === 'EADDRINUSE') return;
    const notes = new SourceNotes(ctx, 'listener', LISTENER);
    notes.error(sentence);
    await notes.close();
  }

  let starting = attempt();
  return {
    port: () => listener?.port ?? null,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await starting;
      await listener?.close();
    },
  };
}

function sentenceOf({ code, message }: NodeJS.ErrnoException, address: string): string {
  if (code === 'EADDRINUSE')
    return `the SMTP listener cannot have ${address}: another process listens there. One per machine is enough; this one tries again every half minute.`;
  if (code === 'EACCES')
    return `the SMTP listener may not open ${address}: ports below 1024 need root or CAP_NET_BIND_SERVICE. Give it that, or another port and forward 25 to it.`;
  return `the SMTP listener does not work on ${address}: ${message}`;
}
