import { connect as tcp, type Socket } from 'node:net';
import { connect as tls } from 'node:tls';

/** A client that says each line itself, so that a test sees each reply. */
export class SmtpClient {
  private text = '';
  private ended = false;
  private wake: () => void = () => {};

  private constructor(private socket: Socket) {
    this.listen();
  }

  static async open(port: number): Promise<SmtpClient> {
    const client = new SmtpClient(tcp(port, '127.0.0.1'));
    await client.reply();
    await client.say('EHLO test.example');
    return client;
  }

  /** Whether an SMTP server greets there. */
  static answers(port: number): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = tcp(port, '127.0.0.1');
      const done = (there: boolean) => {
        socket.destroy();
        resolve(there);
      };
      socket.once('data', (greeting) => done(String(greeting).startsWith('220')));
      socket.once('error', () => done(false)).once('close', () => done(false));
    });
  }

  /** @returns the reply, its lines joined; '' when the server hung up */
  async say(line: string): Promise<string> {
    this.write(`${line}\r\n`);
    return this.reply();
  }

  write(text: string): void {
    this.socket.write(text);
  }

  /** The next whole reply. */
  async reply(): Promise<string> {
    for (;;) {
      const whole = /^(?:\d{3}-.*\r\n)*\d{3}(?: .*)?\r\n/.exec(this.text);
      if (whole) {
        this.text = this.text.slice(whole[0].length);
        return whole[0].trimEnd();
      }
      if (this.ended) return '';
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  async startTls(): Promise<string> {
    const ready = await this.say('STARTTLS');
    if (!ready.startsWith('220')) return ready;
    this.socket.removeAllListeners();
    const secure = tls({ socket: this.socket, rejectUnauthorized: false });
    await new Promise<void>((resolve, reject) => {
      secure.once('secureConnect', resolve).once('error', reject);
    });
    this.socket = secure;
    this.listen();
    return this.say('EHLO test.example');
  }

  /** A whole mail; the first reply that is no success, else the one to its end. */
  async mail(from: string, to: string, content: string): Promise<string> {
    for (const line of [`MAIL FROM:<${from}>`, `RCPT TO:<${to}>`, 'DATA']) {
      const reply = await this.say(line);
      if (!/^[23]/.test(reply)) return reply;
    }
    return this.say(`${content.replace(/\r?\n/g, '\r\n').replace(/^\./gm, '..')}\r\n.`);
  }

  close(): void {
    this.socket.destroy();
  }

  private listen(): void {
    const done = () => {
      this.ended = true;
      this.wake();
    };
    this.socket.on('data', (chunk: Buffer) => {
      this.text += chunk.toString('latin1');
      this.wake();
    });
    this.socket.on('close', done).on('error', done);
  }
}
