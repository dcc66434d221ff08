import { withoutSession, type SmtpError } from '../transport-outcome';
import type { OutgoingMessage, SendOutcome, SiteLimits } from '../types';
import type { OpenSession } from './handshake';
import { Session, type Mode } from './session';
import { needsUtf8 } from './wire';

const IDLE_MS = 30_000;
/** After a refused connection beside others, none is tried beside them for so long; then for twice as long, … */
const REST_MS = 5_000;
const LONGEST_REST_MS = 300_000;
/** After so long without any answer, messages that wait behind others are given up for now. */
const STUCK_MS = 60_000;
/** How long a server that answered oddly gets one command at a time. */
const SERIAL_MS = 3_600_000;

interface Waiting {
  message: OutgoingMessage;
  resolve: (outcome: SendOutcome) => void;
  /** It was on a connection that went away before anything was said about it. */
  isSecondTry: boolean;
}

export interface PoolOptions {
  /** Makes a connection that is ready for a first message. @throws SmtpError */
  open: () => Promise<OpenSession>;
  /** Asked again before each connection. */
  limits: () => SiteLimits;
  /** Milliseconds of silence at most, whatever RFC 5321 would allow. */
  patienceMs: number;
  /** Milliseconds without an answer on any connection after which those that wait for one have failed; a minute by default. */
  stuckMs?: number;
  /** A connection has ended, or could not be made: once for each call of `open`. */
  onClosed?: () => void;
  /** A connection has nothing to do, and nothing waits for it. */
  onIdle?: () => void;
}

/** Connections of one kind, and the messages that wait for one. Messages follow each other on them without a pause. */
export class ConnectionPool {
  private readonly sessions = new Set<Session>();
  private readonly queue: Waiting[] = [];
  private opening = 0;
  private restUntil = 0;
  private rests = 0;
  private serialUntil = 0;
  private closed = false;
  /** When there was an answer last, or something new to wait for. */
  private movedAt = 0;
  private stuckTimer: NodeJS.Timeout | null = null;
  private idleTimer: NodeJS.Timeout | null = null;
  private idleWaiters: (() => void)[] = [];

  constructor(private readonly options: PoolOptions) {}

  /** Messages that are on no connection yet. */
  get waiting(): number {
    return this.queue.length;
  }

  /** Connections, those that are being opened too. */
  get connections(): number {
    return this.sessions.size + this.opening;
  }

  send(message: OutgoingMessage): Promise<SendOutcome> {
    if (this.closed) return Promise.resolve(CLOSED);
    return new Promise((resolve) => {
      this.enqueue({ message, resolve, isSecondTry: false });
      this.dispatch();
    });
  }

  /** Mail that somebody waits for goes before the rest. */
  private enqueue(entry: Waiting): void {
    const at = entry.message.urgent ? this.queue.findIndex(({ message }) => !message.urgent) : -1;
    if (at < 0) this.queue.push(entry);
    else this.queue.splice(at, 0, entry);
  }

  /** Ends a connection on which nothing happens. @returns false when there is none */
  endIdle(): boolean {
    for (const session of this.sessions) {
      if (!session.isIdle) continue;
      session.quit();
      return true;
    }
    return false;
  }

  /** Looks again whether a connection may be opened: what `limits` says has changed. */
  wake(): void {
    this.dispatch();
  }

  /** Ends all connections now; see `Transport`. */
  abort(): void {
    this.refuseAll();
    for (const session of [...this.sessions]) session.abort();
  }

  private refuseAll(): void {
    this.closed = true;
    for (const { resolve } of this.queue.splice(0)) resolve(CLOSED);
  }

  async close(): Promise<void> {
    this.refuseAll();
    this.tidy();
    while (this.sessions.size > 0 || this.opening > 0) {
      await new Promise<void>((resolve) => this.idleWaiters.push(resolve));
    }
  }

  /** Gives waiting messages to connections: to idle ones, then to new ones, then behind others. */
  private dispatch(): void {
    while (this.queue.length > 0) {
      const session = this.best();
      // Each opening connection will take one of those that wait.
      const isWanted = !this.mayOpen() && this.queue.length > this.opening;
      if (session && (session.isIdle || isWanted)) {
        this.hand(session, this.queue.shift()!);
        continue;
      }
      if (this.mayOpen() && this.opening < this.queue.length) {
        void this.connect();
        continue;
      }
      return this.watchQueue();
    }
    this.watchIdle();
  }

  private best(): Session | null {
    let best: Session | null = null;
    for (const session of this.sessions) {
      if (session.free > 0 && (!best || session.load < best.load)) best = session;
    }
    return best;
  }

  private mayOpen(): boolean {
    if (this.closed || this.connections >= this.options.limits().connections) return false;
    const isOnly = this.connections === 0;
    return isOnly || Date.now() >= this.restUntil;
  }

  private hand(session: Session, entry: Waiting): void {
    const { message } = entry;
    if (needsUtf8(message) && !session.takesUtf8) return entry.resolve(NO_UTF8);
    if (session.isIdle) this.movedAt = Date.now();
    void session.send(message).then(({ outcome, again }) => {
      if (!again || entry.isSecondTry || this.closed) return entry.resolve(outcome);
      this.queue.unshift({ ...entry, isSecondTry: true });
      this.dispatch();
    });
  }

  private async connect(): Promise<void> {
    this.opening += 1;
    let session: Session | null = null;
    try {
      session = this.sessionOver(await this.options.open());
      this.sessions.add(session);
      this.rests = 0;
    } catch (error) {
      this.notConnected(error as SmtpError);
    }
    this.opening -= 1;
    if (this.closed) this.tidy();
    this.dispatch();
    this.wakeClosers();
    if (!session) this.options.onClosed?.();
    else this.tellIdle(session);
  }

  private tellIdle(session: Session): void {
    if (!session.isOver && session.isIdle && this.queue.length === 0) this.options.onIdle?.();
  }

  /** Without any connection those that wait have failed; beside others, the server has had enough of us. */
  private notConnected(error: SmtpError): void {
    if (this.sessions.size > 0 || this.opening > 1) {
      // Of connections that were refused together, only the first one lengthens the rest.
      if (Date.now() < this.restUntil) return;
      this.restUntil = Date.now() + Math.min(LONGEST_REST_MS, REST_MS * 2 ** this.rests);
      this.rests += 1;
      return;
    }
    const outcome = withoutSession(error);
    for (const { resolve } of this.queue.splice(0)) resolve(outcome);
  }

  private sessionOver(open: OpenSession): Session {
    const session: Session = new Session(open, {
      mode: this.modeFor(open),
      maxMessages: this.options.limits().messagesPerConnection,
      patienceMs: this.options.patienceMs,
      onChange: () => this.changed(session),
    });
    return session;
  }

  private modeFor({ extensions }: OpenSession): Mode {
    if (!extensions.has('PIPELINING') || Date.now() < this.serialUntil) return 'serial';
    return extensions.has('CHUNKING') ? 'chunking' : 'pipelining';
  }

  private changed(session: Session): void {
    this.movedAt = Date.now();
    if (session.odd) this.serialUntil = Date.now() + SERIAL_MS;
    const isGone = session.isOver && this.sessions.delete(session);
    if (this.closed) this.tidy();
    this.dispatch();
    this.wakeClosers();
    if (isGone) this.options.onClosed?.();
    else this.tellIdle(session);
  }

  private tidy(): void {
    for (const session of [...this.sessions]) if (session.isIdle) session.quit();
  }

  private wakeClosers(): void {
    for (const wake of this.idleWaiters.splice(0)) wake();
  }

  /**
   * A server that takes messages and says nothing keeps its connections for the ten minutes of RFC 5321. Those that wait
   * behind them were never handed over: another transport may have them, and other campaigns their places.
   */
  private watchQueue(): void {
    if (this.stuckTimer) return;
    const { stuckMs = STUCK_MS } = this.options;
    const left = this.movedAt + stuckMs - Date.now();
    this.stuckTimer = setTimeout(
      () => {
        this.stuckTimer = null;
        if (this.queue.length === 0) return;
        const isStuck = this.sessions.size > 0 && Date.now() - this.movedAt >= stuckMs;
        if (!isStuck) return this.watchQueue();
        for (const { resolve } of this.queue.splice(0)) resolve(STUCK);
      },
      Math.max(left, stuckMs / 10),
    ).unref();
  }

  /** Servers close idle connections after some minutes; we say goodbye before that. */
  private watchIdle(): void {
    if (this.idleTimer || this.sessions.size === 0) return;
    this.idleTimer = setTimeout(() => {
      this.idleTimer = null;
      for (const session of [...this.sessions]) {
        if (session.isIdle && Date.now() - session.lastUsed >= IDLE_MS) session.quit();
      }
      this.watchIdle();
    }, IDLE_MS).unref();
  }
}

const CLOSED: SendOutcome = {
  kind: 'lost',
  stage: 'connect',
  message: 'The transport was closed',
  stopped: true,
};

const STUCK: SendOutcome = {
  kind: 'lost',
  stage: 'connect',
  message: 'The mail server takes messages, but has not answered any of them for a while',
};

/** RFC 6531 §3.5; what a server that knows SMTPUTF8, but not for this mailbox, answers. */
const NO_UTF8: SendOutcome = {
  kind: 'refused',
  stage: 'rcpt',
  reply: {
    code: 553,
    status: '5.6.7',
    text: 'The mail server cannot take addresses with characters outside ASCII (no SMTPUTF8)',
  },
};
