import type net from 'node:net';
import { oneLine, parseReply } from '../replies-parse';
import type { OutgoingMessage, SmtpReply } from '../types';
import { Flight, stageOf, type FlightResult, type Step } from './flight';
import type { OpenSession } from './handshake';
import { ReplyReader } from './reply-reader';
import { chunkCommand, dataOctets, mailCommand, rcptCommand } from './wire';

/**
 * How messages follow each other on a connection.
 * `serial`: each command waits for the reply to the one before.
 * `pipelining` (RFC 2920): an envelope in one go, right behind the final dot of the message before.
 * `chunking` (RFC 3030): whole messages right behind each other, since BDAT waits for nothing.
 */
export type Mode = 'serial' | 'pipelining' | 'chunking';

const STOPPED = 'This process was stopped before the server had answered';

/** Messages on the wire at once, by mode. With chunking each of them is in doubt when the connection breaks. */
const DEPTH: Record<Mode, number> = { serial: 1, pipelining: 2, chunking: 4 };

/** RFC 5321 §4.5.3.2, milliseconds. */
const PATIENCE: Record<Step | 'body', number> = {
  rset: 300_000,
  mail: 300_000,
  rcpt: 300_000,
  data: 120_000,
  body: 180_000,
  dot: 600_000,
};

const GOODBYE_MS = 5_000;

/** Octets of a message that are handed to the socket at once. */
const PIECE = 65_536;

export interface SessionOptions {
  mode: Mode;
  /** Messages before the connection is replaced. */
  maxMessages: number;
  /** Milliseconds of silence at most, whatever RFC 5321 would allow. */
  patienceMs: number;
  /** It can take another message, or has come to its end. */
  onChange(): void;
}

/**
 * One connection, and which reply belongs to what. It knows at each moment whether the last octet of a message can have
 * left: a message is written only when nothing else waits in the socket, in calls of its own, and the socket tells when
 * the last of them is with the system.
 */
export class Session {
  private readonly socket: net.Socket;
  private readonly reader = new ReplyReader();
  private readonly waiting: Flight[] = [];
  private readonly expected: { step: Step; flight: Flight | null }[] = [];
  private timer: NodeJS.Timeout | null = null;
  private timerMs = 0;
  private taken = 0;
  private inFlight = 0;
  private writing = false;
  /** The last transaction was refused half-way: RSET before the next one. */
  private dirty = false;
  private ended = false;
  /** Set when the server answered in a way that pipelining cannot cope with: no further message goes over it. */
  odd = false;
  /** When it last did something; milliseconds since 1970. */
  lastUsed = Date.now();

  constructor(
    private readonly open: OpenSession,
    private readonly options: SessionOptions,
  ) {
    this.socket = open.socket;
    this.socket.on('data', (chunk: Buffer) => this.read(chunk));
    this.socket.on('error', (error) => this.fail(error.message));
    this.socket.once('close', () => this.fail('The server closed the connection'));
    this.socket.once('end', () => this.fail('The server closed the connection'));
    this.socket.resume();
  }

  get isOver(): boolean {
    return this.ended;
  }

  get isIdle(): boolean {
    return this.inFlight === 0;
  }

  get load(): number {
    return this.inFlight;
  }

  get takesUtf8(): boolean {
    return this.open.extensions.has('SMTPUTF8');
  }

  /** How many further messages it would take now. */
  get free(): number {
    if (this.ended || this.isSpent) return 0;
    return DEPTH[this.options.mode] - this.inFlight;
  }

  /** Call it only when `free` is above 0. */
  send(message: OutgoingMessage): Promise<FlightResult> {
    this.taken += 1;
    this.inFlight += 1;
    this.lastUsed = Date.now();
    return new Promise<FlightResult>((resolve) => {
      this.waiting.push(new Flight(message, resolve));
      this.advance();
    }).finally(() => this.landed());
  }

  private landed(): void {
    this.inFlight -= 1;
    this.lastUsed = Date.now();
    if (this.inFlight === 0 && this.isSpent) this.quit();
    this.options.onChange();
  }

  private get isSpent(): boolean {
    return this.odd || this.taken >= this.options.maxMessages;
  }

  /** Says goodbye without waiting for the answer; for a connection that is idle. */
  quit(): void {
    if (this.ended) return;
    this.socket.end('QUIT\r\n');
    this.socket.setTimeout(GOODBYE_MS, () => this.socket.destroy());
    this.end();
  }

  /** Ends it in the middle: each message on it learns whether it was handed over. */
  abort(): void {
    this.fail(STOPPED, false, true);
  }

  private advance(): void {
    if (this.ended || this.writing) return;
    const { mode } = this.options;
    while (this.waiting.length > 0) {
      if (this.writing || this.ended) return;
      if (mode === 'chunking' ? this.socket.writableLength > 0 : !this.mayBegin()) break;
      if (mode === 'serial' && this.dirty) {
        this.socket.write(this.reset());
        break;
      }
      this.begin(this.waiting.shift()!);
    }
    this.watch();
  }

  /** Whether all that is awaited is the reply to a final dot: an envelope may go behind it. */
  private mayBegin(): boolean {
    if (this.options.mode === 'serial') return this.expected.length === 0;
    return this.expected.every(({ step }) => step === 'dot');
  }

  private begin(flight: Flight): void {
    const { message } = flight;
    const { mode } = this.options;
    const mail = mailCommand(message, this.open.extensions);
    let head = '';
    // With messages behind each other nobody knows yet whether one will be refused.
    if (this.dirty || (mode === 'chunking' && this.taken > 1)) head = this.reset();
    this.expected.push({ step: 'mail', flight });
    if (mode === 'serial') {
      this.socket.write(mail);
      return;
    }
    head += mail + rcptCommand(message);
    this.expected.push({ step: 'rcpt', flight });
    if (mode === 'pipelining') {
      this.expected.push({ step: 'data', flight });
      this.socket.write(`${head}DATA\r\n`);
    } else {
      this.expected.push({ step: 'dot', flight });
      // One write to the system, as if they were one piece of memory.
      this.socket.cork();
      this.socket.write(head + chunkCommand(message.raw));
      this.write(flight, message.raw);
      this.socket.uncork();
    }
  }

  private reset(): string {
    this.dirty = false;
    this.expected.push({ step: 'rset', flight: null });
    return 'RSET\r\n';
  }

  /** Hands a message over; nothing else is in the socket, and nothing else goes into it meanwhile. */
  private write(flight: Flight, octets: Buffer): void {
    flight.beginBody();
    if (octets.length > PIECE) {
      this.writing = true;
      this.watch();
      return this.writePieces(flight, octets, 0);
    }
    this.writeLast(flight, octets);
  }

  private writePieces(flight: Flight, octets: Buffer, at: number): void {
    if (this.ended) return;
    if (octets.length - at <= PIECE) {
      this.writing = false;
      this.writeLast(flight, octets.subarray(at));
      return this.advance();
    }
    this.socket.write(octets.subarray(at, at + PIECE), (error) => {
      if (error) return; // `fail` is told by the socket
      this.watch();
      this.writePieces(flight, octets, at + PIECE);
    });
  }

  private writeLast(flight: Flight, octets: Buffer): void {
    const { hold } = flight.message;
    if (!hold) return this.writeNow(flight, octets);
    this.writing = true;
    this.socket.cork();
    hold((mayLeave) => {
      if (this.ended) return;
      this.writing = false;
      if (!mayLeave) return this.fail('Not sent: it could not be written down before');
      this.writeNow(flight, octets);
      this.socket.uncork();
      this.advance();
    });
  }

  private writeNow(flight: Flight, octets: Buffer): void {
    flight.handed = true;
    this.socket.write(octets, (error) => {
      // A write of its own that the system refused: its last octet has not left. (After `destroy` there is no error.)
      if (error) return void (flight.handed = false);
      if (this.ended) return;
      flight.left();
      this.advance();
    });
  }

  private read(chunk: Buffer): void {
    const replies = this.reader.feed(chunk);
    if (!replies) return this.fail('The server sends an endless reply', true);
    for (const reply of replies) {
      if (this.ended) return;
      if (reply.trim() !== '') this.answer(reply);
    }
    if (!this.ended) this.advance();
  }

  private answer(text: string): void {
    const awaited = this.expected.shift();
    const reply = isWhole(text) ? parseReply(text) : null;
    if (reply?.code === 421) return this.closing(reply, awaited);
    if (!awaited) {
      // Many a server says 451 or 554 where RFC 5321 wants 421, before it closes an idle connection.
      const isGoodbye = reply !== null && reply.code >= 400;
      return this.fail(`The server said what nobody asked for: ${oneLine(text)}`, !isGoodbye);
    }
    const { step, flight } = awaited;
    if (!reply || reply.code < 200 || reply.code >= 600) {
      this.expected.unshift(awaited);
      return this.fail(`The server's answer makes no sense: ${oneLine(text)}`, true);
    }
    if (!flight) return this.answerToReset(reply);
    flight.answered = true;
    if (step === 'dot') this.answerToMessage(flight, reply);
    else this.answerToEnvelope(flight, step, reply);
  }

  private answerToReset(reply: SmtpReply): void {
    if (reply.code >= 300) this.fail(`The server refused to begin anew: ${reply.code} ${reply.text}`, true);
  }

  private answerToEnvelope(flight: Flight, step: Step, reply: SmtpReply): void {
    const isRefused = reply.code >= 400;
    if (isRefused && !flight.refusal) this.refused(flight, step, reply);
    const isFine = step === 'data' ? reply.code === 354 : reply.code < 300;
    if (!isRefused && !isFine) {
      this.expected.unshift({ step, flight });
      return this.fail(`The server's answer makes no sense: ${reply.code} ${reply.text}`, true);
    }
    const { mode } = this.options;
    if (step !== 'data') {
      if (mode !== 'serial') return; // the replies to the rest of the envelope are on their way
      if (flight.refusal) return this.refuse(flight);
      const next = step === 'mail' ? 'rcpt' : 'data';
      this.expected.push({ step: next, flight });
      this.socket.write(step === 'mail' ? rcptCommand(flight.message) : 'DATA\r\n');
      return;
    }
    if (!flight.refusal) {
      this.expected.push({ step: 'dot', flight });
      return this.write(flight, dataOctets(flight.message.raw));
    }
    // It wants a message for nobody: leaving without a final dot is the one thing that cannot be misread.
    this.refuse(flight);
    if (!isRefused) this.fail('The server takes messages without recipients', true);
  }

  /** Its envelope is refused; replies to the commands behind that one are still to come. */
  private refused(flight: Flight, step: Step, reply: SmtpReply): void {
    const stage = stageOf(step);
    flight.refusal = { kind: 'refused', stage, reply };
    if (this.options.mode === 'serial' || !isMisunderstood(reply)) return;
    this.odd = true;
    const message = oneLine(`${reply.code} ${reply.text}`);
    for (const next of this.waiting.splice(0)) next.abandon('mail', message, true);
    // Asked one by one it may say something else. With BDAT the message itself is on its way already.
    if (this.options.mode === 'pipelining') {
      flight.refusal = { kind: 'lost', stage, message };
      flight.mayTryAgain = true;
    }
  }

  private refuse(flight: Flight): void {
    this.dirty = true;
    flight.settle(flight.refusal!, flight.mayTryAgain);
  }

  private answerToMessage(flight: Flight, reply: SmtpReply): void {
    if (flight.refusal) {
      // Of BDAT after a refused envelope; a success would have been for nobody.
      return flight.settle(flight.refusal);
    }
    if (!flight.handed && reply.code >= 400) {
      // In mid-message: the rest of it would be read as commands.
      flight.settle({ kind: 'refused', stage: 'data', reply });
      return this.fail(`${reply.code} ${reply.text}`);
    }
    if (flight.handed && reply.code < 300) flight.settle({ kind: 'accepted', reply });
    else if (reply.code >= 400) {
      flight.settle({ kind: 'refused', stage: 'dot', reply });
      // It offers BDAT and does not know it: it reads the message as commands, and its answers belong to no message.
      if (this.options.mode === 'chunking' && isMisunderstood(reply))
        this.fail(oneLine(`${reply.code} ${reply.text}`), true);
    } else {
      this.expected.unshift({ step: 'dot', flight });
      this.fail(`The server's answer to the message makes no sense: ${reply.code} ${reply.text}`, true);
    }
  }

  /** 421 closes the connection (RFC 5321 §4.2.1); what stands behind the command it answers was not looked at. */
  private closing(reply: SmtpReply, awaited: { step: Step; flight: Flight | null } | undefined): void {
    const flight = awaited?.flight ?? this.expected.find((entry) => entry.flight)?.flight;
    const step = awaited?.flight ? awaited.step : 'mail';
    flight?.settle(flight.refusal ?? { kind: 'refused', stage: stageOf(step), reply });
    for (const entry of this.expected) entry.flight?.unwrite();
    this.fail(oneLine(`${reply.code} ${reply.text}`));
  }

  /**
   * The end of this connection, for each message on it.
   * @param isOdd the server's answers cannot be matched to commands any more
   * @param isStopped it is we who end it
   */
  private fail(message: string, isOdd = false, isStopped = false): void {
    if (this.ended) return;
    if (isOdd) this.odd = true;
    const { expected, waiting } = this;
    this.end();
    this.socket.destroy();
    for (const { step, flight } of expected) flight?.abandon(step, message, !isOdd, isStopped);
    for (const flight of waiting) flight.abandon('mail', message, true, isStopped);
  }

  private end(): void {
    this.ended = true;
    this.stopWatching();
    this.options.onChange();
  }

  /** Starts waiting anew for what is awaited first. */
  private watch(): void {
    const first = this.expected[0];
    if (this.ended || (!first && !this.writing)) return this.stopWatching();
    const ms = Math.min(PATIENCE[this.writing ? 'body' : first!.step], this.options.patienceMs);
    if (this.timer && this.timerMs === ms) return void this.timer.refresh();
    this.stopWatching();
    this.timerMs = ms;
    this.timer = setTimeout(() => {
      // Silence behind a refusal: it threw away what was pipelined behind the command that it refused.
      const isOdd = Boolean(this.expected[0]?.flight?.refusal);
      this.fail(`The server said nothing for ${ms} ms`, isOdd);
    }, ms);
  }

  private stopWatching(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
  }
}

/**
 * RFC 5321 §4.2.2: an unknown command, or one at the wrong time. We make no such mistakes: the server has lost its place among
 * commands that it did not expect to come together.
 */
const isMisunderstood = ({ code }: SmtpReply) => code === 500 || code === 502 || code === 503;

/** A complete reply: its last line has no hyphen after the code, and all of its lines have the same code. */
function isWhole(text: string): boolean {
  const lines = text.split('\n');
  const code = text.slice(0, 3);
  return /^\d{3}(?: |$)/.test(lines.at(-1)!) && lines.every((line) => line.startsWith(code));
}
