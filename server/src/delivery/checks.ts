import type { TransportConfig } from '../config';
import type { Context } from '../context';
import { oneLine } from './replies-parse';
import { capped } from './test-send';
import { createTransport } from './transport';

export interface TransportCheck {
  ok: boolean;
  /** What went wrong, a sentence; null when it works. */
  message: string | null;
  /** Milliseconds since 1970. */
  at: number;
}

/** Milliseconds for which a check is good. */
const FRESH_MS = 60_000;

/**
 * Connects to each transport and logs in, in the background: whoever asks gets what is known at once, and starts the next
 * check when that is older than a minute. Nobody who does not ask makes connections.
 */
export class TransportChecks {
  private readonly known = new Map<string, TransportCheck>();
  private running: Promise<void> | null = null;
  private startedAt = 0;

  constructor(private readonly ctx: Context) {}

  /** By name of the transport; without an entry: not checked yet. */
  look(): ReadonlyMap<string, TransportCheck> {
    if (!this.running && Date.now() - this.startedAt > FRESH_MS) {
      this.startedAt = Date.now();
      this.running = this.run().finally(() => {
        this.running = null;
      });
    }
    return this.known;
  }

  private async run(): Promise<void> {
    await Promise.all(
      Object.entries(this.ctx.config.transports).map(async ([name, config]) => {
        this.known.set(name, await checkTransport(this.ctx, name, config));
      }),
    );
  }
}

/** Connects and logs in, or looks whether mail servers can be found; gives up on a silent server after 20 seconds. */
export async function checkTransport(
  ctx: Context,
  name: string,
  config: TransportConfig,
): Promise<TransportCheck> {
  const transport = createTransport(ctx, name, capped(config));
  let message: string | null = null;
  try {
    await transport.verify();
  } catch (error) {
    message = oneLine((error as Error).message);
  } finally {
    void transport.close();
  }
  return { ok: message === null, message, at: Date.now() };
}
