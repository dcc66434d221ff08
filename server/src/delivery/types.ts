/** Where in an SMTP session a refusal or a loss happened: RCPT is about the recipient, MAIL and DATA about us. */
export type SmtpStage = 'connect' | 'tls' | 'auth' | 'mail' | 'rcpt' | 'data' | 'dot';

export interface SmtpReply {
  code: number;
  /** RFC 3463 enhanced status such as 5.1.1, when the server gave one. */
  status: string | null;
  /** Text of the reply without code and status, one line, at most 500 characters. */
  text: string;
}

export interface OutgoingMessage {
  envelope: { from: string; to: string };
  /** The complete signed message with CRLF line ends, not dot-stuffed. */
  raw: Buffer;
}

/** What became of one attempt. Every attempt ends as exactly one of these; `send` does not throw. */
export type SendOutcome =
  /** The next mail server said 2xx to the final dot. */
  | { kind: 'accepted'; reply: SmtpReply }
  /** The server said 4xx or 5xx. */
  | { kind: 'refused'; stage: SmtpStage; reply: SmtpReply }
  /** Connection lost before the final chunk of the message was written: it cannot have been accepted. */
  | { kind: 'lost'; stage: SmtpStage; message: string }
  /** Connection lost after the message was written and before a reply: nobody knows. */
  | { kind: 'unknown'; message: string };

/** One way to send. */
export interface Transport {
  readonly name: string;
  /** Its connections at most. */
  readonly capacity: number;
  send(message: OutgoingMessage): Promise<SendOutcome>;
  /** Connects and logs in. @throws Error with a sentence for the operator */
  verify(): Promise<void>;
  /** Closes idle connections at once and the others when their reply is in. */
  close(): Promise<void>;
}
