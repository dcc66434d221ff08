import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export interface Inbox {
  port: number;
  readonly messages: { from: string; to: string; raw: Buffer; secure: boolean; user: string | null }[];
  close(): Promise<void>;
}

/** A real SMTP server that keeps what it gets. */
export async function startInbox(
  options: SMTPServerOptions = {},
  at: { port?: number; address?: string } = {},
): Promise<Inbox> {
  const messages: Inbox['messages'] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    lenientAddressParsing: true,
    logger: false,
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        messages.push({
          from: session.envelope.mailFrom ? session.envelope.mailFrom.address : '',
          to: session.envelope.rcptTo.map(({ address }) => address).join(),
          raw: Buffer.concat(chunks),
          secure: session.secure,
          user: session.user ?? null,
        });
        done();
      });
    },
    ...options,
  });
  server.on('error', () => {}); // clients that hang up during a handshake
  await new Promise<void>((resolve) => server.listen(at.port ?? 0, at.address ?? '127.0.0.1', resolve));
  return {
    port: (server.server.address() as AddressInfo).port,
    messages,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
