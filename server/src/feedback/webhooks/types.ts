import type { FeedbackKind, Reason, ReplyClass, Severity } from '../../../../shared/contracts';
import type { NewsletterConfig } from '../../config';

/** A POST as it arrived. */
export interface WebhookRequest {
  /** Octets of the body: signatures are over them. */
  body: Buffer;
  /** Header by name in lower case; '' when it is missing. */
  header(name: string): string;
}

/** What a provider says of one recipient. */
export interface ProviderEvent {
  /** Unique at the provider. */
  id: string;
  kind: FeedbackKind;
  recipient: string | null;
  /** In which a mark of ours may be: Message-IDs as the provider returns them, and values of headers that we added. */
  marks: (string | null)[];
  reason: Reason;
  class: ReplyClass;
  severity: Severity;
  replyCode: number | null;
  status: string | null;
  text: string | null;
  /** The server that said so: the receiver's, as far as known. */
  reporter: string | null;
  feedbackType: string | null;
  /** Milliseconds since 1970. */
  at: number;
  /** What the provider said, as far as it explains the event. */
  evidence: unknown;
}

/** What a genuine request holds. */
export interface Reading {
  events: ProviderEvent[];
  /** Something that an operator should know. */
  warning?: string;
  /** The signature does not cover the body: its token may come with this content alone. */
  bound?: { token: string; content: string };
}

export interface Outside {
  /** Node's, or a test's. */
  fetch: typeof fetch;
  now: () => number;
}

export type ProviderName = keyof NewsletterConfig['feedback'];

/**
 * Verifies a request and reads it. Gives only events that say something; opens, clicks and the like are left out.
 * @throws WebhookRefusal
 */
export type ReadWebhook<N extends ProviderName> = (
  request: WebhookRequest,
  config: NonNullable<NewsletterConfig['feedback'][N]>,
  outside: Outside,
) => Reading | Promise<Reading>;

/**
 * 400: genuine or not, it cannot be read. 401: not signed by whom it should be. 503: not to be decided now; the provider
 * tries again.
 */
export class WebhookRefusal extends Error {
  override readonly name = 'WebhookRefusal';

  constructor(
    readonly status: 400 | 401 | 503,
    message: string,
  ) {
    super(message);
  }
}
