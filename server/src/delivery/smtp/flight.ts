import type { OutgoingMessage, SendOutcome, SmtpStage } from '../types';

/** What became of a message on one connection. */
export interface FlightResult {
  outcome: SendOutcome;
  /** Nothing was said about this message before the connection went away: another connection may try at once. */
  again: boolean;
}

/** The command whose reply is awaited. */
export type Step = 'rset' | 'mail' | 'rcpt' | 'data' | 'dot';

const STAGES: Record<Step, SmtpStage> = {
  rset: 'mail',
  mail: 'mail',
  rcpt: 'rcpt',
  data: 'data',
  dot: 'dot',
};
export const stageOf = (step: Step): SmtpStage => STAGES[step];

/** A message on its way over one connection. */
export class Flight {
  /** The refusal of its envelope, while replies to the commands behind it are still to come. */
  refusal: SendOutcome | null = null;
  /** The refusal was about the way in which it was asked. */
  mayTryAgain = false;
  /** Something was answered about it. */
  answered = false;
  private writing = false;
  /** The final octet was given to the socket, and the socket did not say yet that it could not send it. */
  handed = false;
  settled = false;
  private written = false;
  private accepted = false;

  constructor(
    readonly message: OutgoingMessage,
    private readonly resolve: (result: FlightResult) => void,
  ) {}

  /** The message itself begins to go out. */
  beginBody(): void {
    this.writing = true;
  }

  /** The server said that it looks at nothing more: what was written behind that does not count. */
  unwrite(): void {
    this.writing = false;
    this.handed = false;
  }

  /** The socket has done with all of its octets: the system has them. */
  left(): void {
    this.written = true;
    this.freeWhenDone();
  }

  /** A reply can be read before it is told that the last write has ended. */
  private freeWhenDone(): void {
    if (this.written && this.accepted) this.message.free?.();
  }

  settle(outcome: SendOutcome, again = false): void {
    if (this.settled) return;
    this.settled = true;
    this.accepted = outcome.kind === 'accepted';
    this.freeWhenDone();
    this.resolve({ outcome, again });
  }

  /** The connection is gone, or cannot be trusted any more. */
  abandon(step: Step, message: string, again: boolean, isStopped = false): void {
    if (this.refusal) return this.settle(this.refusal, this.mayTryAgain);
    if (this.handed) return this.settle({ kind: 'unknown', message });
    const stage = this.writing ? 'data' : stageOf(step);
    const stopped = isStopped ? { stopped: true as const } : {};
    this.settle({ kind: 'lost', stage, message, ...stopped }, again && !this.answered && !this.writing);
  }
}
