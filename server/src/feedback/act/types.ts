import type {
  FeedbackKind,
  FeedbackOutcome,
  FeedbackWay,
  Reason,
  ReplyClass,
  Severity,
} from '../../../../shared/contracts';

/**
 * How an item was tied to a mail of ours. `verp`, `message-id` and `feedback-id` are MACs of ours that were verified;
 * `list-unsubscribe`: a token of ours; `provider`: a signed webhook names an address. Null: nothing could be verified.
 */
export type FeedbackProof = 'verp' | 'message-id' | 'list-unsubscribe' | 'feedback-id' | 'provider';

/** One recipient's share of something that came back, already understood and verified. */
export interface FeedbackItem {
  /** `name`: of the mailbox, the listener or the webhook's provider. */
  source: { way: FeedbackWay; name: string };
  /** Unique per source: the provider's id, or a hash of the mail and recipient. The same id twice counts once. */
  eventId: string;
  kind: FeedbackKind;
  deliveryId: number | null;
  proof: FeedbackProof | null;
  /** Of a verified unsubscribe address: it counts even when the delivery is gone. */
  addressHash?: string | null;
  /** The address as the report has it. */
  recipient: string | null;
  reason: Reason;
  class: ReplyClass;
  severity: Severity;
  replyCode: number | null;
  /** RFC 3463. */
  status: string | null;
  /** One line, at most 500 characters. */
  text: string | null;
  /** The reporting server: floods are counted by it. */
  reporter: string | null;
  /** RFC 5965: abuse, fraud, not-spam, … */
  feedbackType: string | null;
  /** When it happened, milliseconds since 1970. */
  at: number;
  /** Trimmed report without personal data. */
  evidence: string | null;
}

/** What an item did, committed. */
export interface FeedbackResult {
  result: Exclude<FeedbackOutcome, 'discarded'>;
  /** Stable id: hard, complaint, soft-counted, soft-threshold, no-proof, unknown-delivery, erased, flood, … */
  why: string;
  /** Row in `newsletter_feedback`; null: the same event was recorded before, or it leaves no row. */
  id: number | null;
}
