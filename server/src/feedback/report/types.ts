import type { Reason, ReplyClass, Severity } from '../../../../shared/contracts';

/**
 * What a mail is. `bounce`: at least one recipient failed. `complaint`: RFC 5965, a provider's own form, or CFBL.
 * `auto-reply`: vacation notices, challenges, receipts; no effect. `delivered`: only recipients that got it (also relayed,
 * expanded). `delayed`: not given up yet; no effect. `unsubscribe`: subject or text asks to be taken off. `other`: none of these.
 */
export type ReportKind =
  | 'bounce'
  | 'complaint'
  | 'auto-reply'
  | 'delivered'
  | 'delayed'
  | 'unsubscribe'
  | 'other';

/** RFC 3464 §2.3.3. */
export type ReportAction = 'failed' | 'delayed' | 'relayed' | 'expanded' | 'delivered';

/** What the report says of one recipient. Nothing of it is verified. */
export interface ReportRecipient {
  /** The address that was mailed, as far as the report shows it; may be redacted by the reporter. */
  recipient: string | null;
  action: ReportAction | null;
  reason: Reason;
  class: ReplyClass;
  severity: Severity;
  /** The address is dead: `severity` is hard. */
  hard: boolean;
  /** RFC 3463 status such as 5.1.1, '' where the report has none. */
  status: string;
  /** SMTP reply code such as 550, '' where the report has none. */
  replyCode: string;
  /** What the receiving server said: one line, at most 500 characters. */
  text: string;
}

/** Strings of the mail in which something of ours may be. As found: the reader checks their signatures. */
export interface OurMarks {
  /** Addresses that may be a VERP return path of ours: Return-Path, To, Delivered-To, Original-Mail-From, From of the copy… */
  addresses: string[];
  /** Message-IDs of the returned copy, References and In-Reply-To, without angle brackets. */
  messageIds: string[];
  /** URIs of List-Unsubscribe fields of the returned copy, without angle brackets. */
  listUnsubscribe: string[];
  /** Values of Feedback-ID and CFBL-Feedback-ID fields. */
  feedbackIds: string[];
}

/** What a mail that came back says. */
export interface ParsedReport {
  kind: ReportKind;
  /** RFC 5965 feedback type in lower case (abuse, fraud, not-spam, opt-out, …); null for what is no complaint. */
  feedbackType: string | null;
  recipients: ReportRecipient[];
  /** Reporting-MTA, else the domain of From, in lower case. */
  reporter: string | null;
  subject: string;
  ours: OurMarks;
  /** Auto-Submitted other than "no", or another mark of a program (RFC 3834). */
  autoSubmitted: boolean;
  /** Number of Received fields: a mail that has seen very many servers is in a loop. */
  received: number;
  /** Address of From. */
  from: string | null;
}
