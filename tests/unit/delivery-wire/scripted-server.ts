import net from 'node:net';

/** What a misbehaving mail server does when it gets a line; `\n` ends each reply line. */
export interface Script {
  /** Replies by command: EHLO, AUTH, MAIL, RCPT, DATA, DOT (the end of a message), RSET, QUIT; default: a proper server's. */
  reply?: Partial<Record<Step, Action>>;
  greeting?: Action;
  /** Extensions offered after EHLO. */
  extensions?: string[];
  /** Bytes per write; default: all at once. */
  chunk?: number;
  /** Called when the first octets of a message arrive. */
  onBody?: (socket: net.Socket) => void;
}
type Step = 'EHLO' | 'AUTH' | 'MAIL' | 'RCPT' | 'DATA' | 'DOT' | 'RSET' | 'QUIT';
/** A reply; `drop` closes, `reset` sends a RST, `stall` says nothing; a function chooses by the count of that step. */
type Action = string | Effect | ((count: number) => string | Effect);
export type Effect = { drop: true; say?: string } | { reset: true } | { stall: true };

export interface ScriptedServer {
  port: number;
  /** Messages whose final dot arrived. */
  readonly received: string[];
  readonly connections: number;
  close(): Promise<void>;
}

const DEFAULTS: Record<Step, string> = {
  EHLO: '',
  AUTH: '235 ok',
  MAIL: '250 ok',
  RCPT: '250 ok',
  DATA: '354 go',
  DOT: '250 2.0.0 queued',
  RSET: '250 ok',
  QUIT: '221 bye',
};

/** A server of plain sockets that answers by a script: what no proper server library would do. */
export async function startScriptedServer(script: Script): Promise<ScriptedServer> {
  const received: string[] = [];
  const sockets = new Set<net.Socket>();
  const counts = new Map<string, number>();
  let connections = 0;
  const server = net.createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    serve(socket);
  });

  function serve(socket: net.Socket): void {
    let buffer = '';
    let inBody = false;
    perform(socket, 'GREETING', script.greeting ?? '220 scripted');
    socket.on('data', (data) => {
      buffer += data.toString('latin1');
      while (!socket.destroyed) {
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
          perform(socket, 'DOT', script.reply?.DOT ?? DEFAULTS.DOT);
          continue;
        }
        const end = buffer.indexOf('\r\n');
        if (end < 0) return;
        const line = buffer.slice(0, end);
        buffer = buffer.slice(end + 2);
        const step = line.slice(0, 4).toUpperCase() as Step;
        const fallback = step === 'EHLO' ? ehlo(script.extensions ?? []) : (DEFAULTS[step] ?? '500 what');
        const said = perform(socket, step, script.reply?.[step] ?? fallback);
        if (step === 'DATA' && /^[23]/.test(said)) inBody = true;
      }
    });
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
    return '';
  }

  function say(socket: net.Socket, text: string): void {
    const wire = `${text.replace(/\n/g, '\r\n')}\r\n`;
    if (!script.chunk) return void socket.write(wire);
    socket.setNoDelay(true);
    for (let at = 0; at < wire.length; at += script.chunk) socket.write(wire.slice(at, at + script.chunk));
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as net.AddressInfo).port,
    received,
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
