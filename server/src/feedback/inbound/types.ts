import type { FeedbackWay } from '../../../../shared/contracts';

/** A mail that came in by one of our ways, before anything in it was read. */
export interface InboundMail {
  /** As received; cut at the way's limit. */
  raw: Buffer;
  /** What the receiving server was told; null: a mailbox does not know it. `from` '' is the null sender. */
  envelope: { from: string; to: string } | null;
  source: { way: Extract<FeedbackWay, 'listener' | 'mailbox'>; name: string };
  /** Milliseconds since 1970. */
  receivedAt: number;
}

/**
 * What became of a mail; committed. `taken`: it had an effect, or it is kept for a person. `ignored`: it needs none.
 * `strange`: nothing in it is ours, or a person may have written it; a mailbox keeps it.
 */
export interface InboundResult {
  outcome: 'taken' | 'ignored' | 'strange';
  /** Stable id: what `takeFeedback` says, or loop, own-mail, auto-reply, no-report, too-old. */
  why: string;
}
