import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Between a client and a server, to break their connections. */
export interface Cable {
  port: number;
  /** Connections since the start. */
  made(): number;
  cut(): void;
  /** Nothing passes until `mend`. */
  break(): void;
  mend(): void;
  close(): Promise<void>;
}

export async function layCable(to: number): Promise<Cable> {
  const sockets = new Set<Socket>();
  let broken = false;
  let made = 0;
  const server = createServer((near) => {
    if (broken) return void near.destroy();
    made += 1;
    const far = connect(to, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    made: () => made,
    cut,
    break() {
      broken = true;
      cut();
    },
    mend() {
      broken = false;
    },
    close: () =>
      new Promise((resolve) => {
        cut();
        server.close(() => resolve());
      }),
  };
}
