import net from 'node:net';

/** What a misbehaving mail server does when it gets a line; `\n` ends each reply line. */
export interface Script {
  /** Replies by command: EHLO, STAR (STARTTLS), AUTH, MAIL, RCPT, DATA, DOT (the end of a message), RSET, QUIT; default: a proper server's. BDAT's is DOT's. */
  reply?: Partial<Record<Step, Action>>;
  greeting?: Action;
  /** Extensions offered after EHLO. */
  extensions?: string[];
  /** Bytes per write; default: all at once. */
  chunk?: number;
  /** Called when the first octets of a message arrive. */
  onBody?: (socket: net.Socket) => void;
}
type Step = 'EHLO' | 'STAR' | 'AUTH' | 'MAIL' | 'RCPT' | 'DATA' | 'DOT' | 'RSET' | 'QUIT';
/** A reply; `drop` closes, `reset` sends a RST, `stall` says nothing; a function chooses by the count of that step. */
type Action = string | Effect | ((count: number) => string | Effect);
export type Effect = { drop: true; say?: string } | { reset: true } | { stall: true };

export interface ScriptedServer {
  port: number;
  /** Messages whose last octet arrived, with stuffed dots. */
  readonly received: string[];
  /** Command lines in the order of their arrival. */
  readonly commands: string[];
  /** All that came, commands and messages. */
  heard(): string;
  /** Says this on every connection, which ends a stall. */
  say(text: string): void;
  readonly connections: number;
  /** Addresses that connected, in their order. */
  readonly peers: (string | undefined)[];
  /** Connections that are open now. */
  readonly open: number;
  close(): Promise<void>;
}

const STALLED = 'stalled';

const DEFAULTS: Record<Step, string> = {
  EHLO: '',
  STAR: '500 what',
  AUTH: '235 ok',
  MAIL: '250 ok',
  RCPT: '250 ok',
  DATA: '354 go',
  DOT: '250 2.0.0 queued',
  RSET: '250 ok',
  QUIT: '221 bye',
};

/** A server of plain sockets that answers by a script: what no proper server library would do. */
export async function startScriptedServer(
  script: Script,
  at: { port?: number; address?: string } = {},
): Promise<ScriptedServer> {
  const received: string[] = [];
  const commands: string[] = [];
  const peers: (string | undefined)[] = [];
  const stalled: (() => void)[] = [];
  let heard = '';
  const sockets = new Set<net.Socket>();
  const counts = new Map<string, number>();
  let connections = 0;
  // Replies leave when they are said, not when the one before was acknowledged.
  const server = net.createServer({ noDelay: true }, (socket) => {
    connections += 1;
    peers.push(socket.remoteAddress);
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    serve(socket);
  });

  function serve(socket: net.Socket): void {
    let buffer = '';
    let inBody = false;
    let isStalled = false;
    perform(socket, 'GREETING', script.greeting ?? '220 scripted');
    socket.on('data', (data) => {
      heard += data.toString('latin1');
      buffer += data.toString('latin1');
      work();
    });

    function work(): void {
      while (!socket.destroyed && !isStalled) {
        if (inBody) {
          if (script.onBody && buffer !== '') {
            script.onBody(socket);
            script.onBody = undefined;
          }
          const end = `\r\n${buffer}`.indexOf('\r\n.\r\n');
          if (end < 0) return;
          received.push(buffer.slice(0, end));
          buffer = buffer.slice(end + 3);
          inBody = false;
          act('DOT', script.reply?.DOT ?? DEFAULTS.DOT);
          continue;
        }
        const end = buffer.indexOf('\r\n');
        if (end < 0) return;
        const line = buffer.slice(0, end);
        const size = Number(/^BDAT (\d+)/i.exec(line)?.[1] ?? -1);
        if (size >= 0) {
          if (buffer.length < end + 2 + size) return;
          commands.push(line);
          received.push(buffer.slice(end + 2, end + 2 + size));
          buffer = buffer.slice(end + 2 + size);
          act('DOT', script.reply?.DOT ?? DEFAULTS.DOT);
          continue;
        }
        commands.push(line);
        buffer = buffer.slice(end + 2);
        const step = line.slice(0, 4).toUpperCase() as Step;
        const fallback = step === 'EHLO' ? ehlo(script.extensions ?? []) : (DEFAULTS[step] ?? '500 what');
        const said = act(step, script.reply?.[step] ?? fallback);
        if (step === 'DATA' && /^[23]/.test(said)) inBody = true;
      }
    }

    /** A server that says nothing does nothing either. */
    function act(step: string, action: Action): string {
      const said = perform(socket, step, action);
      if (said === STALLED) {
        isStalled = true;
        stalled.push(() => {
          isStalled = false;
          work();
        });
      }
      return said;
    }
  }

  function perform(socket: net.Socket, step: string, action: Action): string {
    const count = (counts.get(step) ?? 0) + 1;
    counts.set(step, count);
    const effect = typeof action === 'function' ? action(count) : action;
    if (typeof effect === 'string') {
      say(socket, effect);
      return effect;
    }
    if ('drop' in effect) {
      if (effect.say) say(socket, effect.say);
      socket.end();
    }
    if ('reset' in effect) socket.resetAndDestroy();
    return 'stall' in effect ? STALLED : '';
  }

  function say(socket: net.Socket, text: string): void {
    const wire = `${text.replace(/\n/g, '\r\n')}\r\n`;
    if (!script.chunk) return void socket.write(wire);
    for (let at = 0; at < wire.length; at += script.chunk) socket.write(wire.slice(at, at + script.chunk));
  }

  await new Promise<void>((resolve) => server.listen(at.port ?? 0, at.address ?? '127.0.0.1', resolve));
  return {
    port: (server.address() as net.AddressInfo).port,
    received,
    commands,
    peers,
    get open() {
      return sockets.size;
    },
    heard: () => heard,
    say(text) {
      for (const socket of sockets) say(socket, text);
      for (const resume of stalled.splice(0)) resume();
    },
    get connections() {
      return connections;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const ehlo = (extensions: string[]) =>
  ['scripted', ...extensions]
    .map((line, i, all) => `250${i === all.length - 1 ? ' ' : '-'}${line}`)
    .join('\n');
