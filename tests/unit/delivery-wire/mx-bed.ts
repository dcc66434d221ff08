import { afterEach, vi } from 'vitest';
import { mxTransportSchema } from '../../../server/src/config/transports';
import type { MissingDomains } from '../../../server/src/delivery/mx/missing';
import type { SeenPolicies } from '../../../server/src/delivery/mx/sts';
import { createMxTransport, type MxDeps } from '../../../server/src/delivery/mx/transport';
import type { OutgoingMessage, Transport } from '../../../server/src/delivery/types';
import { startDnsServer, type DnsServer, type Records } from '../../helpers/dns-server';
import { startInbox, type Inbox } from './inbox';
import { startScriptedServer, type Script, type ScriptedServer } from './scripted-server';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** The mail servers of a test listen on addresses of their own, all on one port, as those of the Internet do. */
export class Internet {
  port = 0;

  private constructor(readonly dns: DnsServer) {}

  static async start(zone: Record<string, Records>): Promise<Internet> {
    const dns = await startDnsServer(zone);
    cleanups.push(() => dns.close());
    return new Internet(dns);
  }

  async scripted(address: string, script: Script = {}): Promise<ScriptedServer> {
    const server = await startScriptedServer(script, { address, port: this.port });
    this.port ||= server.port;
    cleanups.push(() => server.close());
    return server;
  }

  async inbox(address: string, options: Parameters<typeof startInbox>[0] = {}): Promise<Inbox> {
    const inbox = await startInbox(options, { address, port: this.port });
    this.port ||= inbox.port;
    cleanups.push(() => inbox.close());
    return inbox;
  }

  /** Call it when at least one server is there. */
  transport(over: Record<string, unknown> = {}, deps: Partial<MxDeps> = {}): Transport {
    const config = mxTransportSchema.parse({
      type: 'mx',
      port: this.port,
      resolver: [this.dns.server],
      allowPrivate: true,
      mtaSts: false,
      timeouts: { connect: 2000, greeting: 2000, socket: 2000 },
      ...over,
    });
    const transport = createMxTransport('direct', config, {
      limits: () => ({ connections: 5, messagesPerConnection: 100 }),
      missing: neverGone,
      policies: neverSeen,
      log: { warn: vi.fn() },
      ...deps,
    });
    cleanups.push(() => transport.close());
    return transport;
  }
}

const neverGone: MissingDomains = { isGone: () => Promise.resolve(false), found() {} };

/** Of a transport that is the first to look. */
const neverSeen: SeenPolicies = { read: () => Promise.resolve(null), write: () => Promise.resolve() };

/** A message to somebody, which can be told from others. */
export const mailTo = (to: string, id: number | string = 0): OutgoingMessage => ({
  envelope: { from: 'editor@example.com', to },
  raw: Buffer.from(`Subject: no ${id};\r\n\r\nhello\r\n`),
});

/** The numbers of the messages that a server has, in their order. */
export const numbersOf = (received: readonly string[]): number[] =>
  received.map((text) => Number(/no (\d+);/.exec(text)?.[1]));
